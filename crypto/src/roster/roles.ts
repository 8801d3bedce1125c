/** In order of rights; the place in the list is the number on the wire. */
export const roles = ['owner', 'admin', 'moderator', 'member', 'reader'] as const
export type Role = (typeof roles)[number]

/** Whether somebody with the one role has the rights of the other. */
export function reaches(role: Role, other: Role): boolean {
  return roles.indexOf(role) <= roles.indexOf(other)
}

export function isAdmin(role: Role): boolean {
  return reaches(role, 'admin')
}

/** Only the founder begins as owner; an invitation hands out what its author has, or less, and never ownership. */
export function mayInvite(role: Role, invited: Role): boolean {
  if (role === 'reader' || invited === 'owner') return false
  return reaches(role, invited)
}

/** The least role that invites with another one. */
export function roleToInvite(invited: Role): Role {
  return invited === 'reader' ? 'member' : invited
}

/** One's own invitation may always be taken back, whatever the role. */
export function mayRevokeInvitationsOfOthers(role: Role): boolean {
  return reaches(role, 'moderator')
}

export function mayChangeSettings(role: Role): boolean {
  return isAdmin(role)
}
