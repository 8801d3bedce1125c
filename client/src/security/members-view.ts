import type { MemberId } from '@clique/crypto'

export type Role = 'owner' | 'admin' | 'moderator' | 'member' | 'reader'

/** This device's own person, or how one of the person's devices is linked to this one now, if any is. */
export type Presence = 'here' | 'direct' | 'relayed' | 'away'

export interface MemberRow {
  readonly id: MemberId
  readonly name: string
  readonly role: Role
  readonly me: boolean
  readonly presence: Presence
  readonly devices: number
}

/** The people of one clique: me first, then by name. */
export interface MembersView {
  readonly ready: boolean
  readonly rows: readonly MemberRow[]
}
