import type { MembershipWords } from '../words/words.ts'
import type { End } from './ended-view.ts'
import { listNames } from './name-list.ts'

/** What ended it, in one sentence. */
export function endSentence(
  { ended: w }: Pick<MembershipWords, 'ended'>,
  { kind, by, madeHere }: End,
): string {
  switch (kind) {
    case 'removed':
      return by.length === 0 ? w.removedBySomebody : w.removed(listNames(by), by.length)
    case 'left':
      return w.left
    case 'device-removed':
      return madeHere ? w.deviceRemovedHere : w.deviceRemoved
    case 'forked':
      return w.forked
    case 'quarantined':
      return w.quarantined
  }
}

/** What stays, and what one can do. */
export function endMeaning({ ended: w }: Pick<MembershipWords, 'ended'>, { kind }: End): string {
  if (kind === 'forked') return w.forkedHow
  return kind === 'quarantined' ? w.quarantinedHow : w.stays
}
