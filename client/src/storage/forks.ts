import type { CliqueId, DeviceId } from '@clique/crypto'
import type { AsideRow, ForkRow, HeadRow, RecordRow } from './database.ts'
import type { Place } from './place.ts'
import { guarded, transact } from './store.ts'
import type { Store } from './store.ts'

/** What is known of the forks of a place's chains. */
export interface Forks {
  /** Device -> first sequence at which it said two things. */
  readonly first: ReadonlyMap<DeviceId, number>
  /** How often one branch has taken the place of another, in all: what was read of documents before is void. */
  readonly swaps: number
}

export async function readForks({ db }: Store, place: Place): Promise<Forks> {
  const rows = await guarded(
    db.forks.where('[place+device]').between([place, ''], [place, '\uffff']).toArray(),
  )
  return {
    first: new Map(rows.map(({ device, sequence }) => [device, sequence])),
    swaps: rows.reduce((sum, { swaps = 0 }) => sum + swaps, 0),
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

export type NewAside = Omit<AsideRow, 'order' | 'place'>

/** Keeps records of branches that do not stand; those that are there already once. */
export async function addAside(store: Store, place: Place, added: readonly NewAside[]): Promise<void> {
  if (added.length === 0) return
  const { aside } = store.db
  await transact(store, [aside], () => putAside(store, place, added))
}

async function putAside({ db }: Store, place: Place, added: readonly NewAside[]): Promise<void> {
  const byId = new Map(added.map((one) => [one.id, one]))
  const known = await db.aside
    .where('[place+id]')
    .anyOf([...byId.keys()].map((id) => [place, id]))
    .toArray()
  for (const { id } of known) byId.delete(id)
  await db.aside.bulkAdd([...byId.values()].map((one) => ({ ...one, place })))
}

/** What lies aside of one device's chain, ascending. */
export async function readAside({ db }: Store, place: Place, device: DeviceId): Promise<AsideRow[]> {
  return guarded(
    db.aside
      .where('[place+device+sequence]')
      .between([place, device, 0], [place, device, Infinity])
      .toArray(),
  )
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
): Promise<void> {
  const { db } = store
  const last = head?.sequence ?? 0
  const tables = [db.records, db.heads, db.forks, db.aside, db.outbox, db.heldByRelay, db.aheadAtRelay]
  await transact(store, tables, async () => {
    await putAside(store, place, moved)
    const keys = moved.map(({ sequence }): [Place, DeviceId, number] => [place, device, sequence])
    await db.records.where('[place+device+sequence]').anyOf(keys).delete()
    await db.outbox.bulkDelete(keys)
    if (head === null) await db.heads.delete([place, device])
    else await db.heads.put(headOf(head))
    await forgetAtRelays(store, place, device, last)
    const fork = await db.forks.get([place, device])
    if (fork !== undefined) await db.forks.put({ ...fork, swaps: (fork.swaps ?? 0) + 1 })
  })
  store.changes.announce({ kind: 'records', clique, place })
}

function headOf({ place, device, sequence, id, keyId }: RecordRow): HeadRow {
  return { place, device, sequence, id, keyId }
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
