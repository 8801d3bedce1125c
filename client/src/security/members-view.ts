import type { MemberId } from '@clique/crypto'

export type Role = 'owner' | 'admin' | 'moderator' | 'member' | 'reader'

export interface MemberRow {
  readonly id: MemberId
  readonly name: string
  readonly role: Role
  readonly me: boolean
  /** One of the member's devices is linked to this one now, or this is that member's device. */
  readonly connected: boolean
  readonly devices: number
}

/** The people of one clique: me first, then by name. */
export interface MembersView {
  readonly ready: boolean
  readonly rows: readonly MemberRow[]
}
