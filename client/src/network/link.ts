import { CliqueError } from '@clique/crypto'
import { Auth } from './auth.ts'
import type { AuthSide, Authenticated } from './auth.ts'
import type { FrameChannel } from './frame-channel.ts'

/** Milliseconds for one answer: a circuit over two slow mobile links, and a busy phone in between. */
const answerMs = 10_000
/** Messages that one side receives in a run; more is not the protocol. */
const maxMessages = 3

/**
 * Runs `/clique/auth/1` over a stream and closes it. Fails with the code of what was wrong, for this side's own
 * eyes; the other side sees a stream that ends.
 *
 * @throws CliqueError `auth-...`, `frame-...`, `peer-silent`
 */
export async function runAuth(channel: FrameChannel, side: AuthSide): Promise<Authenticated> {
  const auth = new Auth(side)
  try {
    const opening = auth.open()
    if (opening !== null) await channel.send(opening)
    for (let received = 0; received < maxMessages; received++) {
      const frame = await channel.receive(answerMs)
      if (frame === null) throw new CliqueError('auth-not-a-member')
      const { send, done } = await auth.receive(frame)
      if (send !== null) await channel.send(send)
      if (done !== null) {
        await channel.close()
        return done
      }
    }
    throw new CliqueError('auth-message')
  } catch (error) {
    channel.abort()
    throw error
  }
}
