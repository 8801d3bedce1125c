import { decodeKeyring } from '@clique/crypto'
import type { CliqueId, Keyring, SpaceId } from '@clique/crypto'
import { expect } from 'vitest'
import { CliqueSession } from '../../../documents/clique-session.ts'
import { ConversationWindow } from '../../../documents/conversation-window.ts'
import { recordsIn } from '../../../documents/standing.ts'
import { readItems, readKeyring } from '../../../storage/items.ts'
import { placeOf } from '../../../storage/place.ts'
import { readRecordsAfter } from '../../../storage/records.ts'
import { deleteStore, openStore } from '../../../storage/store.ts'
import type { Store } from '../../../storage/store.ts'
import { startTestWriter } from '../../../storage/testing/start-writer.ts'
import { readWaiting } from '../../../storage/waiting.ts'
import { layOut } from './store-image.ts'
import type { StoreImage } from './store-image.ts'

/** What others took while a path was walked, or take now. */
export interface Given {
  readonly items: readonly Uint8Array[]
  readonly records: readonly Uint8Array[]
}

export async function keyringOf(store: Store, clique: CliqueId): Promise<Keyring> {
  const bytes = await readKeyring(store, clique)
  if (bytes === null) throw new Error('no keyring')
  return decodeKeyring(bytes)
}

/** All that this profile holds of a clique, as peers and mailboxes would be given it. */
export async function givenBy(store: Store, clique: CliqueId, space: SpaceId): Promise<Given> {
  const { items } = await readItems(store, clique)
  const records = await readRecordsAfter(store, placeOf(clique, space), 0)
  return { items: items.map(({ bytes }) => bytes), records: records.map(({ bytes }) => bytes) }
}

export async function textsIn(session: CliqueSession, space: SpaceId): Promise<string[]> {
  const window = new ConversationWindow(await session.documents(space))
  const { messages } = await window.read()
  window.close()
  return messages.map(({ entry }) => entry.text)
}

/** Everything in storage agrees with everything else, and nothing is lost of what the keyring held before. */
export async function expectSound(session: CliqueSession, space: SpaceId, before: Keyring): Promise<void> {
  const { store, clique, log } = session
  const { items } = await readItems(store, clique)
  expect(items.filter(({ id }) => !log.operations.has(id as never))).toEqual([])
  const now = await keyringOf(store, clique)
  for (const [epoch, { secret }] of before.epochs) {
    expect(now.epochs.get(epoch)?.secret).toEqual(secret)
  }
  for (const id of before.archives.keys()) expect(now.archives.has(id)).toBe(true)
  // A key that is in memory is on the disk.
  expect(new Set(now.epochs.keys())).toEqual(new Set(log.keyring.epochs.keys()))

  const documents = await session.documents(space)
  expect([...documents.forks]).toEqual([])
  const rows = await readRecordsAfter(store, documents.place, 0)
  const ends = new Map<string, { sequence: number; id: string }>()
  for (const row of rows.toSorted((a, b) => a.sequence - b.sequence)) {
    const end = ends.get(row.device)
    const records = recordsIn(documents, row)
    const [first] = records
    expect([first?.body.sequence, first?.body.previous]).toEqual([(end?.sequence ?? 0) + 1, end?.id ?? null])
    expect(records.at(-1)).toMatchObject({ id: row.id, body: { sequence: row.sequence } })
    ends.set(row.device, row)
  }
  const heads = [...documents.heads].map(([device, { sequence, id }]) => ({ device, sequence, id }))
  expect(new Set(heads)).toEqual(
    new Set([...ends].map(([device, { sequence, id }]) => ({ device, sequence, id }))),
  )
  await expectErrands(store, documents.place, rows)
  await expectMarks(store, documents.place, session, space)
}

type Documents = Awaited<ReturnType<CliqueSession['documents']>>

/** Every record has either come from a relay or is on its way to one. */
async function expectErrands(
  { db }: Store,
  place: Documents['place'],
  rows: Awaited<ReturnType<typeof readRecordsAfter>>,
): Promise<void> {
  const waiting = new Set((await db.outbox.toArray()).map(({ device, sequence }) => `${device} ${sequence}`))
  const held = (await db.heldByRelay.toArray()).filter((row) => row.place === place)
  const ahead = new Set(
    (await db.aheadAtRelay.toArray()).map(({ device, sequence }) => `${device} ${sequence}`),
  )
  const orphans = rows.filter(
    ({ device, sequence }) =>
      !waiting.has(`${device} ${sequence}`) &&
      !ahead.has(`${device} ${sequence}`) &&
      !held.some((row) => (row.held[device] ?? 0) >= sequence),
  )
  expect(orphans).toEqual([])
}

async function expectMarks(
  { db }: Store,
  place: Documents['place'],
  session: CliqueSession,
  space: SpaceId,
): Promise<void> {
  const documents = await session.documents(space)
  const rows = (await db.documents.toArray()).filter((row) => row.place === place)
  for (const { document, count, mark, newest } of rows) {
    const entries = (await documents.chapter(document)).entries()
    expect(entries).toHaveLength(count)
    expect(Math.max(...entries.map(({ entry }) => entry.time))).toBe(newest)
    const snapshot = await db.snapshots.get([place, document])
    expect(snapshot?.mark ?? 0).toBeLessThanOrEqual(mark)
  }
}

/** Somebody else takes what they were given before the stop, then all that there is after it: one sound chain. */
export async function expectTaken(
  image: StoreImage,
  clique: CliqueId,
  space: SpaceId,
  given: readonly Given[],
): Promise<string[]> {
  const name = `test-peer-${crypto.randomUUID()}`
  await layOut(image, name)
  const store = await openStore(name)
  try {
    const peer = await CliqueSession.open(store, clique)
    for (const { items, records } of given) {
      expect((await peer.receiveItems(items, null)).refused).toEqual([])
      expect((await peer.receiveRecords(space, records, null)).refused).toEqual([])
    }
    const { forks, place } = await peer.documents(space)
    expect([...forks]).toEqual([])
    expect(await readWaiting(store, place)).toEqual([])
    expect(peer.log.waiting).toEqual([])
    const texts = await textsIn(peer, space)
    await peer.close()
    return texts
  } finally {
    store.close()
    await deleteStore(name)
  }
}

/** The profile, opened anew as the next start would. */
export async function reopened<T>(name: string, use: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(name, startTestWriter)
  try {
    return await use(store)
  } finally {
    store.close()
    await deleteStore(name)
  }
}
