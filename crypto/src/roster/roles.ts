/** In order of rights; the place in the list is the number on the wire. */
export const roles = ['owner', 'admin', 'moderator', 'member', 'reader'] as const
export type Role = (typeof roles)[number]

/** Only the founder begins as owner; an invitation hands out what its author has, or less, and never ownership. */
export function mayInvite(role: Role, invited: Role): boolean {
  if (role === 'reader' || invited === 'owner') return false
  return roles.indexOf(invited) >= roles.indexOf(role)
}

/** One's own invitation may always be taken back, whatever the role. */
export function mayRevokeInvitationsOfOthers(role: Role): boolean {
  return role === 'owner' || role === 'admin' || role === 'moderator'
}

export function mayChangeSettings(role: Role): boolean {
  return role === 'owner' || role === 'admin'
}
