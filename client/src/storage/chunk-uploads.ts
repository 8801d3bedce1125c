import type { ChunkId, CliqueId, SpaceId } from '@clique/crypto'
import { keysOf, rowsOfChunks } from './chunk-keys.ts'
import { guarded, transact } from './store.ts'
import type { AlsoWritten, Store } from './store.ts'

/**
 * Own chunks that are to be brought to relays. Whoever sends a file writes it here; whoever owns the network reads it.
 * What was sent is remembered for as long as relays keep files, so that a relay that is added later gets it too.
 */
export interface Upload {
  readonly space: SpaceId
  readonly chunk: ChunkId
}

/** Inside a transaction. `relay`: its PeerId. What is to go there already stays once. */
async function writeUploads(
  { db: { uploads } }: Store,
  clique: CliqueId,
  relay: string,
  added: readonly Upload[],
): Promise<void> {
  const rows = await uploads
    .where('[clique+relay+chunk]')
    .anyOf(added.map(({ chunk }) => [clique, relay, chunk]))
    .toArray()
  const known = new Set(rows.map(({ chunk }) => chunk))
  const fresh = added.filter(({ chunk }) => !known.has(chunk) && known.add(chunk))
  await uploads.bulkAdd(fresh.map(({ space, chunk }) => ({ clique, relay, space, chunk })))
}

/** What is to go to a relay, oldest first. */
export async function readUploads(
  store: Store,
  clique: CliqueId,
  relay: string,
  limit: number,
): Promise<Upload[]> {
  const rows = await guarded(
    store.db.uploads
      .where('[clique+relay+order]')
      .between([clique, relay, 0], [clique, relay, Infinity])
      .limit(limit)
      .toArray(),
  )
  return rows.map(({ space, chunk }) => ({ space, chunk }))
}

/** Which of these have yet to reach a relay that was there when they were sent. */
export async function readUnuploaded(
  store: Store,
  clique: CliqueId,
  asked: readonly ChunkId[],
): Promise<Set<ChunkId>> {
  const rows = await rowsOfChunks(store.db.uploads, clique, asked)
  return new Set(rows.flatMap(({ chunk, isLate }) => (isLate === true ? [] : [chunk])))
}

/** The relay has them, or will never take them. */
export async function markUploaded(
  store: Store,
  clique: CliqueId,
  relay: string,
  chunks: readonly ChunkId[],
): Promise<void> {
  if (chunks.length === 0) return
  await guarded(
    store.db.uploads
      .where('[clique+relay+chunk]')
      .anyOf(chunks.map((chunk) => [clique, relay, chunk]))
      .delete(),
  )
  store.changes.announce({ kind: 'uploads', clique })
}

/** Chunks of a file that is to be sent are not here any more: another tab took it out of the same draft. */
export class ChunksGone extends Error {
  override readonly name = 'ChunksGone'
  /** Screens have a sentence for it: it is to be chosen again. */
  readonly code = 'file-unreadable'

  constructor() {
    super('chunks that are to be sent are not held')
  }
}

/** What `sendChunks` does, for the commit of the message. */
export interface Sending extends AlsoWritten {
  /** Why it failed: some chunks are not held. */
  areGone(): boolean
}

/**
 * These go to a message now, and to these relays and those that were supplied meanwhile: they belong to a draft no
 * more. One commit: before it another tab can forget them, or a relay be added; after it neither misses them. `now`:
 * milliseconds since 1970.
 */
export function sendingChunks(
  store: Store,
  clique: CliqueId,
  relays: readonly string[],
  sent: readonly Upload[],
  now: number,
): Sending {
  const { chunks, drafted, sentChunks, suppliedRelays, uploads } = store.db
  const ids = sent.map(({ chunk }) => chunk)
  const keys = keysOf(clique, ids)
  let areGone = false
  const write = async (): Promise<void> => {
    if (sent.length === 0) return
    const held = await chunks.bulkGet(keys)
    areGone = held.includes(undefined)
    if (areGone) throw new ChunksGone()
    await drafted.bulkDelete(keys)
    const known = new Set((await rowsOfChunks(sentChunks, clique, ids)).map(({ chunk }) => chunk))
    const fresh = sent.filter(({ chunk }) => !known.has(chunk) && known.add(chunk))
    await sentChunks.bulkAdd(fresh.map(({ space, chunk }) => ({ clique, space, chunk, sentAt: now })))
    const supplied = await suppliedOf(store, clique)
    for (const relay of new Set([...relays, ...supplied])) await writeUploads(store, clique, relay, sent)
  }
  const tables = [chunks, drafted, sentChunks, suppliedRelays, uploads]
  return { tables, write, areGone: () => areGone }
}

/**
 * As `sendingChunks`, in a commit of its own or of `commit`. @throws ChunksGone, and then nothing has changed; whatever
 * `commit` throws
 */
export async function sendChunks(
  store: Store,
  clique: CliqueId,
  relays: readonly string[],
  sent: readonly Upload[],
  now: number,
  commit = (sending: AlsoWritten): Promise<void> => transact(store, sending.tables, sending.write),
): Promise<void> {
  const sending = sendingChunks(store, clique, relays, sent, now)
  try {
    await commit(sending)
  } catch (error) {
    // The transaction that it ended knows no more than that it was ended.
    throw sending.areGone() ? new ChunksGone() : error
  }
  if (sent.length > 0) store.changes.announce({ kind: 'uploads', clique })
}

/** Inside a transaction. */
async function suppliedOf({ db }: Store, clique: CliqueId): Promise<string[]> {
  const rows = await db.suppliedRelays
    .where('[clique+relay]')
    .between([clique, ''], [clique, '\uffff'])
    .toArray()
  return rows.map(({ relay }) => relay)
}

/**
 * The clique uses these relays, and no others: what was to go to another is called off, and one that is new gets what
 * was sent since then. `since`: milliseconds since 1970, before which relays keep nothing.
 */
export async function supplyRelays(
  store: Store,
  clique: CliqueId,
  relays: readonly string[],
  since: number,
): Promise<void> {
  const { sentChunks, suppliedRelays, uploads } = store.db
  const changed = await transact(store, [sentChunks, suppliedRelays, uploads], async () => {
    await sentChunks.where('[clique+sentAt]').between([clique, 0], [clique, since]).delete()
    const supplied = await suppliedOf(store, clique)
    const dropped = supplied.filter((relay) => !relays.includes(relay))
    await suppliedRelays.bulkDelete(dropped.map((relay): [CliqueId, string] => [clique, relay]))
    const calledOff = await uploads
      .where('[clique+relay+order]')
      .between([clique, '', 0], [clique, '\uffff', Infinity])
      .filter(({ relay }) => !relays.includes(relay))
      .delete()
    const fresh = relays.filter((relay) => !supplied.includes(relay))
    if (fresh.length === 0) return calledOff > 0
    const sent = await sentChunks
      .where('[clique+sentAt]')
      .between([clique, since], [clique, Infinity])
      .toArray()
    for (const relay of fresh) {
      const known = new Set(
        (
          await uploads
            .where('[clique+relay+order]')
            .between([clique, relay, 0], [clique, relay, Infinity])
            .toArray()
        ).map(({ chunk }) => chunk),
      )
      await uploads.bulkAdd(
        sent
          .filter(({ chunk }) => !known.has(chunk))
          .map(({ space, chunk }) => ({ clique, relay, space, chunk, isLate: true as const })),
      )
      await suppliedRelays.put({ clique, relay })
    }
    return true
  })
  if (changed) store.changes.announce({ kind: 'uploads', clique })
}
