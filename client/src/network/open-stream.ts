import type { Connection, Stream } from '@libp2p/interface'

/** Milliseconds for the other side to take up a stream: two slow mobile links, and a busy phone. */
const openMs = 10_000
/** Milliseconds for the first try over a direct connection, on which another one follows. */
const firstMs = 4_000

/**
 * A stream of a protocol. Over a direct connection one can be lost: the library's dialler opens a channel and closes it
 * at once, and Firefox, which hears of both together, is not done with its number yet when the first stream takes it up
 * again. The next one has another number, as that of the lost one is still taken.
 *
 * @throws the library's error, or that of a signal whose time is over
 */
export async function openStream(
  connection: Pick<Connection, 'newStream' | 'status'>,
  protocol: string,
  isDirect: boolean,
): Promise<Stream> {
  const open = (ms: number): Promise<Stream> =>
    connection.newStream(protocol, {
      signal: AbortSignal.timeout(ms),
      // A relay that names limits still serves us; without this the library opens nothing over it.
      runOnLimitedConnection: true,
    })
  if (!isDirect) return open(openMs)
  return open(firstMs).catch((error: unknown) => {
    if (connection.status !== 'open') throw error
    return open(openMs)
  })
}
