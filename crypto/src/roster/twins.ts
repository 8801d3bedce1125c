import { sortedIds } from './sorted-ids.ts'
import type { EpochInfo } from './state.ts'

/**
 * Somebody repeated another's commitments beside it: whoever may hold either holds both. Nobody is handed the key for it
 * who was not named in both, as it takes no key to repeat what everybody reads.
 */
export function joinTwins(epoch: EpochInfo, twin: EpochInfo | undefined): EpochInfo {
  if (twin === undefined) return epoch
  return {
    ...twin,
    holders: new Set([...twin.holders, ...epoch.holders]),
    named: new Set([...twin.named].filter((holder) => epoch.named.has(holder))),
    depth: Math.min(twin.depth, epoch.depth),
    parents: sortedIds(new Set([...twin.parents, ...epoch.parents])),
    counts: twin.counts || epoch.counts,
    views: [...twin.views, ...epoch.views],
    archiveViews: [...twin.archiveViews, ...epoch.archiveViews],
  }
}
