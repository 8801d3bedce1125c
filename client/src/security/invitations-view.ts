import type { InviteId } from '@clique/crypto'

/** Days that an invitation may be made good for; the second is offered first. */
export const invitationDays = [1, 7, 30] as const
/** People that one link may let in; the first is offered first. */
export const invitationUses = [1, 5, 20, 150] as const

export interface InvitationWish {
  readonly days: number
  readonly uses: number
}

export interface InvitationRow {
  readonly id: InviteId
  readonly inviterName: string
  readonly mine: boolean
  readonly uses: number
  readonly used: number
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  /** The whole link; null while no relay has the invitation, and on devices that did not make it. */
  readonly link: string | null
  /** This device made it, and no relay has it yet. */
  readonly waiting: boolean
  readonly mayRevoke: boolean
}

/** `closed`: somebody who knew its link is out, its maker or a taker. */
export type InvitationEnd = 'used' | 'revoked' | 'run-out' | 'closed'

export interface EndedInvitation {
  readonly id: InviteId
  readonly how: InvitationEnd
  readonly uses: number
  /** Names of those who came by it, in the order in which this device lists them. */
  readonly joined: readonly string[]
}

/** The invitations of one clique. */
export interface InvitationsView {
  readonly ready: boolean
  /** Those that still let somebody in, newest first. */
  readonly open: readonly InvitationRow[]
  /** What became of the others, newest first: each is told of until a day after it would have run out. */
  readonly ended: readonly EndedInvitation[]
  /**
   * Resolves when the invitation is kept on this device; its row then waits for the relay and gets its link. One that
   * waits already and is what was wished for is taken up instead of making another. @throws with a `code`.
   */
  create(wish: InvitationWish): Promise<InviteId>
  /** @throws with a `code`. */
  revoke(id: InviteId): Promise<void>
}
