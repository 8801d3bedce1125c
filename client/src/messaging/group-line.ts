import type { Role } from '@clique/crypto'
import type { LineKind as RosterLineKind } from '../documents/roster-lines.ts'
import type { Named } from '../security/person-view.ts'

export type LineKind = RosterLineKind | 'named'

/** What one line says: one thing that happened, to one or several. */
export interface GroupLine {
  readonly kind: LineKind
  /** Who did it; null where several did, each to others, or nobody. */
  readonly by: Named | null
  /** In the order in which it happened; where I am meant, nobody else. */
  readonly whom: readonly Named[]
  readonly role: Role | null
  /** Of `named`: what the conversation is called since. */
  readonly title?: string
}

/** Key of the message below -> lines; '' for those at the end. */
export type GroupLines = ReadonlyMap<string, readonly GroupLine[]>
