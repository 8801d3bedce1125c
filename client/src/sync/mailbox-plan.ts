import type { SpaceId } from '@clique/crypto'
import { limits } from '@clique/relay/protocol'
import type { ContentMailbox, MailboxMark } from './ports.ts'

/** Newest epochs of a space whose mailboxes are followed: somebody may not have heard of the newest yet. */
export const followedEpochs = 8
/**
 * Mailboxes that are kept open and followed at one relay. The rest of what a session may hold is for the control
 * mailbox, for invitations, for the one that is just read through, and for a relay that allows fewer.
 */
export const maxFollowed = limits.mailboxesPerSession / 2
/**
 * Milliseconds for which a mailbox of an old epoch is left alone after it was read to its end. Nobody appends there
 * but a device that did not hear of the epochs since: what it says is found by then.
 */
export const restMs = 6 * 3_600_000

export interface MailboxPlan {
  /** Kept open, and told of by the relay when they grow. Newest first, in turns of the spaces. */
  readonly followed: readonly ContentMailbox[]
  /**
   * The others that were never read to their end yet, or not since something there found no room. Oldest first, in
   * turns of the spaces: a record is taken in behind all that its author said before, and would have to wait otherwise.
   */
  readonly unread: readonly ContentMailbox[]
  /** The others that were, and are to be looked at again: the one seen longest ago first. */
  readonly due: readonly ContentMailbox[]
}

/**
 * What to do with the content mailboxes of all spaces. No space waits for another one's history. `contents`: newest
 * first per space. `now`: by the relay's clock.
 */
export function planMailboxes(
  contents: readonly ContentMailbox[],
  markOf: (box: ContentMailbox) => MailboxMark | undefined,
  now: number,
): MailboxPlan {
  const counts = new Map<SpaceId, number>()
  const placed = contents.map((box) => {
    const place = counts.get(box.space) ?? 0
    counts.set(box.space, place + 1)
    // The one that is sent to comes first even where it is not the newest.
    return { box, place, age: box.isCurrent ? -1 : place }
  })
  const newestFirst = placed.toSorted((a, b) => a.age - b.age)
  const followed = newestFirst.filter(({ age }) => age < followedEpochs).slice(0, maxFollowed)
  const isFollowed = new Set(followed)
  const unread: { box: ContentMailbox; fromOldest: number }[] = []
  const settled: { box: ContentMailbox; at: number }[] = []
  for (const one of placed) {
    if (isFollowed.has(one)) continue
    const { box, place, age } = one
    const at = markOf(box)?.settledAt ?? null
    if (at === null) unread.push({ box, fromOldest: (counts.get(box.space) ?? 0) - place })
    // A time in the future is of a clock that has been put right since.
    else if (age < followedEpochs || Math.abs(now - at) >= restMs) settled.push({ box, at })
  }
  return {
    followed: followed.map(({ box }) => box),
    unread: unread.toSorted((a, b) => a.fromOldest - b.fromOldest).map(({ box }) => box),
    due: settled.toSorted((a, b) => a.at - b.at).map(({ box }) => box),
  }
}
