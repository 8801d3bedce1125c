import type { DeviceId } from '@clique/crypto'
import { shownOfFork } from './forked-chain.ts'
import { limitIn, weighRaises } from './raises.ts'
import type { SpaceDocuments } from './space-documents.ts'
import { readRecordsOf } from './standing.ts'
import { isWithin } from './visibility.ts'

/** Of each of these devices the first sequence that is hidden today: by a fork of its chain, or by the roster. */
export async function hiddenFrom(
  documents: SpaceDocuments,
  devices: Iterable<DeviceId>,
): Promise<ReadonlyMap<DeviceId, number>> {
  await weighRaises(documents)
  const limits = [...new Set(devices)].map((device) => ({ device, ...limitIn(documents, device) }))
  const named = limits.filter(({ records }) => records.size > 0)
  const rows = await readRecordsOf(documents, named)
  const ids = new Map(rows.map(({ device, id }) => [device, id]))
  const hidden = new Map<DeviceId, number>()
  for (const { device, ...limit } of limits) {
    const { sequence } = limit
    const isLastShown = isWithin(limit, { sequence, id: ids.get(device) ?? null })
    const shown = await shownOfFork(documents, device)
    hidden.set(device, Math.min(isLastShown ? sequence + 1 : sequence, shown + 1))
  }
  return hidden
}
