import type { InviteId } from '../ids.ts'
import type { CliqueLog } from '../roster/log.ts'
import type { RosterState } from '../roster/state.ts'
import type { InvitationPreview } from './invitation-package.ts'

/** What a roster says of an invitation to whoever has its link; null where it is not in it. */
export function previewOf(state: RosterState, invite: InviteId): InvitationPreview | null {
  const invitation = state.invitations.get(invite)
  const inviter = invitation === undefined ? undefined : state.members.get(invitation.inviter)
  if (invitation === undefined || inviter === undefined) return null
  const { name, accent, history } = state.policy
  const { role, expiresAt } = invitation
  return { cliqueName: name, accent, history, inviterName: inviter.name, role, expiresAt }
}

/** What it said when the invitation was made, by what its author built on: nothing that came later changes it. */
export function previewAtStart(log: CliqueLog, invite: InviteId): InvitationPreview | null {
  const operation = log.state.invitations.get(invite)?.operation
  const node = operation === undefined ? undefined : log.graph.get(operation)
  return node === undefined ? null : previewOf(node.after, invite)
}

export function isSamePreview(a: InvitationPreview, b: InvitationPreview): boolean {
  return (
    a.cliqueName === b.cliqueName &&
    a.accent === b.accent &&
    a.history === b.history &&
    a.inviterName === b.inviterName &&
    a.role === b.role &&
    a.expiresAt === b.expiresAt
  )
}
