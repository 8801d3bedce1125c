import type { ConnectionKind } from '../network/node.ts'

/** What is known of a link before and after it stands. */
export interface LinkFacts {
  /** PeerId of the side that dialled. */
  readonly dialer: string
  readonly kind: ConnectionKind
}

/**
 * - `take`: it is the only one, or takes the place of one that is dead
 * - `move`: both live; the old one is brought to its end and the new one goes on
 * - `refuse`: the old one stays
 */
export type LinkChoice = 'take' | 'move' | 'refuse'

/**
 * Two devices have one link, and both sides decide alike. A direct one follows one through a relay. Two that were
 * dialled at once: both sides keep the one of the lower PeerId (`lower`). A second one of the same side means that
 * the first is dead: that side would not have dialled.
 */
export function chooseLink(before: LinkFacts | null, next: LinkFacts, lower: string): LinkChoice {
  if (before === null) return 'take'
  if (before.kind === 'circuit' && next.kind === 'direct') return 'move'
  return before.dialer !== next.dialer && next.dialer !== lower ? 'refuse' : 'take'
}
