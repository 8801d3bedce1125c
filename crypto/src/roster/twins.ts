import { sortedIds } from './sorted-ids.ts'
import type { EpochInfo } from './state.ts'

/** Somebody who knows an epoch's secret began it once more, for the same recipients: whoever may hold either holds both. */
export function joinTwins(epoch: EpochInfo, twin: EpochInfo | undefined): EpochInfo {
  if (twin === undefined) return epoch
  const isNewer = epoch.capabilityGeneration > twin.capabilityGeneration
  return {
    ...(epoch.counts && (!twin.counts || isNewer) ? epoch : twin),
    holders: new Set([...twin.holders, ...epoch.holders]),
    depth: Math.min(twin.depth, epoch.depth),
    parents: sortedIds(new Set([...twin.parents, ...epoch.parents])),
    counts: twin.counts || epoch.counts,
    views: [...twin.views, ...epoch.views],
    archiveViews: [...twin.archiveViews, ...epoch.archiveViews],
  }
}
