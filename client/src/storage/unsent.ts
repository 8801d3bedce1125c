import type { DeviceId } from '@clique/crypto'
import type { Place } from './place.ts'
import { guarded } from './store.ts'
import type { Store } from './store.ts'

/** Sequences of one device's records that no relay has confirmed yet. */
export async function readUnrelayedSequences(
  store: Store,
  place: Place,
  device: DeviceId,
): Promise<Set<number>> {
  const rows = await guarded(
    store.db.outbox
      .where('[place+device+sequence]')
      .between([place, device, 0], [place, device, Infinity])
      .toArray(),
  )
  return new Set(rows.map(({ sequence }) => sequence))
}
