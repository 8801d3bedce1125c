import type { CliqueId, DeviceId, RecordId } from '@clique/crypto'
import type { AsideRow, CliqueDatabase, ForkRow, HeadRow, RecordRow } from './database.ts'
import type { Place } from './place.ts'
import { noteAsideAtRelay } from './at-relay.ts'
import { guarded, transact } from './store.ts'
import type { Store } from './store.ts'

/** What is known of the forks of a place's chains. */
export interface Forks {
  /** Device -> first sequence at which it said two things. */
  readonly first: ReadonlyMap<DeviceId, number>
  /** How often one branch has taken the place of another, in all: what was read of documents before is void. */
  readonly swaps: number
  /** How often something came to lie aside that names of conversations may be built on, in all. */
  readonly grounds: number
}

export async function readForks({ db }: Store, place: Place): Promise<Forks> {
  const rows = await guarded(
    db.forks.where('[place+device]').between([place, ''], [place, '\uffff']).toArray(),
  )
  return {
    first: new Map(rows.map(({ device, sequence }) => [device, sequence])),
    swaps: rows.reduce((sum, { swaps = 0 }) => sum + swaps, 0),
    grounds: rows.reduce((sum, { grounds = 0 }) => sum + grounds, 0),
  }
}

/** The record whose arrival showed the earliest fork of a device's chain, as it came; null where there is none. */
export async function readForkProof(
  store: Store,
  place: Place,
  device: DeviceId,
): Promise<Uint8Array | null> {
  return (await guarded(store.db.forks.get([place, device])))?.bytes ?? null
}

/** Keeps the proof of the earliest fork. */
export async function saveFork(
  store: Store,
  clique: CliqueId,
  place: Place,
  fork: Pick<ForkRow, 'device' | 'sequence' | 'bytes'>,
): Promise<void> {
  const { forks } = store.db
  await transact(store, [forks], async () => {
    const kept = await forks.get([place, fork.device])
    if (kept === undefined || kept.sequence > fork.sequence) await forks.put({ ...kept, place, ...fork })
  })
  store.changes.announce({ kind: 'records', clique, place })
}

/**
 * What may lie aside of one device's chain in one place: more than a device says on a branch before others tell it of the
 * other, little enough that somebody who has its key fills no disk. The oldest gives way. Whoever acknowledged a branch holds
 * it as what stands there, so what comes to count again is still to be had from them. What others build on is had from
 * nobody else and stays: the caller names it.
 */
export const maxAside = 2_000
export const maxAsideBytes = 16 * 1024 * 1024

export type NewAside = Omit<AsideRow, 'order' | 'place'>

/** Keeps records of branches that do not stand; those that are there already once. */
export async function addAside(
  store: Store,
  place: Place,
  added: readonly NewAside[],
  kept: ReadonlySet<RecordId>,
): Promise<void> {
  const { aside } = store.db
  await transact(store, [aside], () => putAside(store, place, added, kept))
}

/**
 * The same of what names of conversations may be built on: every tab has to look at these again. False where all of it was
 * there already.
 */
export async function addGround(
  store: Store,
  clique: CliqueId,
  place: Place,
  added: readonly NewAside[],
  kept: ReadonlySet<RecordId>,
): Promise<boolean> {
  const { aside, forks } = store.db
  const isMore = await transact(store, [aside, forks], async () => {
    if (!(await putAside(store, place, added, kept))) return false
    for (const device of new Set(added.map((one) => one.device))) {
      const fork = await forks.get([place, device])
      if (fork !== undefined) await forks.put({ ...fork, grounds: (fork.grounds ?? 0) + 1 })
    }
    return true
  })
  if (isMore) store.changes.announce({ kind: 'records', clique, place })
  return isMore
}

/** Whether something of it was not there. */
async function putAside(
  { db }: Store,
  place: Place,
  added: readonly NewAside[],
  kept: ReadonlySet<RecordId>,
): Promise<boolean> {
  const byId = new Map(added.map((one) => [one.id, one]))
  const known = await db.aside
    .where('[place+id]')
    .anyOf([...byId.keys()].map((id) => [place, id]))
    .toArray()
  for (const { id } of known) {
    for (const relay of byId.get(id)?.relays ?? []) await noteAsideAtRelay({ db }, place, relay, [id])
    byId.delete(id)
  }
  await db.aside.bulkAdd([...byId.values()].map((one) => ({ ...one, place })))
  for (const device of new Set([...byId.values()].map((one) => one.device))) {
    await letOldestGo(db.aside, await asideOf(db.aside, place, device).toArray(), kept)
  }
  return byId.size > 0
}

async function letOldestGo(
  aside: CliqueDatabase['aside'],
  rows: readonly AsideRow[],
  kept: ReadonlySet<RecordId>,
): Promise<void> {
  let [count, bytes] = [rows.length, rows.reduce((sum, row) => sum + row.bytes.length, 0)]
  const gone: number[] = []
  for (const row of rows.toSorted((a, b) => (a.order ?? 0) - (b.order ?? 0))) {
    if (count <= maxAside && bytes <= maxAsideBytes) break
    if (kept.has(row.id)) continue
    count--
    bytes -= row.bytes.length
    gone.push(row.order ?? 0)
  }
  await aside.bulkDelete(gone)
}

function asideOf(aside: CliqueDatabase['aside'], place: Place, device: DeviceId) {
  return aside.where('[place+device+sequence]').between([place, device, 0], [place, device, Infinity])
}

/** What lies aside of one device's chain, ascending. */
export async function readAside({ db }: Store, place: Place, device: DeviceId): Promise<AsideRow[]> {
  return guarded(asideOf(db.aside, place, device).toArray())
}

/** What lies aside of one document, of whatever device. */
export async function readAsideIn({ db }: Store, place: Place, document: string): Promise<AsideRow[]> {
  return guarded(db.aside.where('[place+document]').equals([place, document]).toArray())
}

/** Those of these records that lie aside, of whatever device. */
export async function readAsideById(
  { db }: Store,
  place: Place,
  ids: readonly RecordId[],
): Promise<AsideRow[]> {
  const keys = ids.map((id) => [place, id])
  return guarded(db.aside.where('[place+id]').anyOf(keys).toArray())
}

/** They are at that relay (by its PeerId), too. Unknown ones are passed over. */
export async function markAsideRelayed(
  store: Store,
  place: Place,
  relay: string,
  ids: readonly RecordId[],
): Promise<void> {
  if (ids.length > 0)
    await transact(store, [store.db.aside], () => noteAsideAtRelay(store, place, relay, ids))
}

export async function removeAside({ db }: Store, rows: readonly AsideRow[]): Promise<void> {
  const orders = rows.flatMap(({ order }) => order ?? [])
  if (orders.length > 0) await guarded(db.aside.bulkDelete(orders))
}

/**
 * Takes the end of a device's chain aside, so that another branch can stand there: `moved` is all that stands beyond
 * `head`. What relays are known to have of it counts no more, as it was of that branch.
 */
export async function takeAsideEnd(
  store: Store,
  clique: CliqueId,
  place: Place,
  device: DeviceId,
  head: RecordRow | null,
  moved: readonly NewAside[],
  kept: ReadonlySet<RecordId>,
): Promise<void> {
  const { db } = store
  const last = head?.sequence ?? 0
  const tables = [db.records, db.heads, db.forks, db.aside, db.outbox, db.heldByRelay, db.aheadAtRelay]
  await transact(store, tables, async () => {
    await putAside(store, place, moved, kept)
    const keys = moved.map(({ sequence }): [Place, DeviceId, number] => [place, device, sequence])
    await db.records.where('[place+device+sequence]').anyOf(keys).delete()
    // Of a compaction a part stands on.
    if (head?.first !== undefined) await db.records.put(head)
    await db.outbox.bulkDelete(keys)
    if (head === null) await db.heads.delete([place, device])
    else await db.heads.put(headOf(head))
    await forgetAtRelays(store, place, device, last)
    const fork = await db.forks.get([place, device])
    if (fork !== undefined) await db.forks.put({ ...fork, swaps: (fork.swaps ?? 0) + 1 })
  })
  store.changes.announce({ kind: 'records', clique, place })
}

function headOf({ place, device, sequence, id, keyId, stretch }: RecordRow): HeadRow {
  return { place, device, sequence, id, keyId, stretch }
}

async function forgetAtRelays({ db }: Store, place: Place, device: DeviceId, last: number): Promise<void> {
  const rows = await db.heldByRelay.where('[place+relay]').between([place, ''], [place, '\uffff']).toArray()
  for (const { relay, held } of rows) {
    if ((held[device] ?? 0) > last)
      await db.heldByRelay.put({ place, relay, held: { ...held, [device]: last } })
    await db.aheadAtRelay
      .where('[place+relay+device+sequence]')
      .between([place, relay, device, 0], [place, relay, device, Infinity])
      .delete()
  }
}
