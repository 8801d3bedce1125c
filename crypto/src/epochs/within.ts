import type { EpochId, OperationId } from '../ids.ts'
import type { CliqueLog } from '../roster/log.ts'
import { safeEpoch } from './sending.ts'

/**
 * Whether everybody who holds this epoch of the clique can open an operation and all before it: what came beside the epoch
 * is sealed for others, until a rotation leads to both. Null for an epoch that there is not.
 */
export function withinReachOf(
  { state, graph }: Pick<CliqueLog, 'state' | 'graph'>,
  epoch: EpochId,
): ((id: OperationId) => boolean) | null {
  const info = state.epochs.get(epoch)
  const reach = info === undefined ? undefined : graph.get(info.operation)?.after.epochs
  if (reach === undefined) return null
  return (id) => {
    const known = graph.get(id)?.after.epochs
    if (known === undefined) return false
    for (const [name, { space }] of known) if (space === null && !reach.has(name)) return false
    return true
  }
}

/**
 * Whether the clique's epoch that one sends under leads to everything that is known; false without a safe one. An epoch of
 * a space cannot build on what came beside before a rotation of the clique leads there.
 */
export function leadsToAll(log: CliqueLog): boolean {
  const epoch = safeEpoch(log)
  const isWithin = epoch === null ? null : withinReachOf(log, epoch)
  return isWithin !== null && log.state.heads.every(isWithin)
}
