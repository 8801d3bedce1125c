import type { CliqueId, DeviceId, OperationId } from '@clique/crypto'
import { guarded } from './store.ts'
import type { Store } from './store.ts'

/** The roster heads that each device of the others said last: it holds them and all that they build on. */
export async function readHeardHeads(
  store: Store,
  clique: CliqueId,
): Promise<Map<DeviceId, readonly OperationId[]>> {
  const rows = await guarded(
    store.db.heardHeads.where('[clique+device]').between([clique, ''], [clique, '\uffff']).toArray(),
  )
  return new Map(rows.map(({ device, heads }) => [device, heads]))
}

export async function saveHeardHeads(
  store: Store,
  clique: CliqueId,
  device: DeviceId,
  heads: readonly OperationId[],
): Promise<void> {
  const known = await guarded(store.db.heardHeads.get([clique, device]))
  if (known?.heads.join() === heads.join()) return
  await guarded(store.db.heardHeads.put({ clique, device, heads }))
  store.changes.announce({ kind: 'heard-heads', clique })
}
