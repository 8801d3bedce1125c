import type { MemberId } from '../ids.ts'
import type { RosterNode } from './node.ts'
import { reaches } from './roles.ts'

/** Whether the author of one operation had, when they wrote it, the role that another one takes. */
export function mightDo(author: RosterNode, { needs }: RosterNode): boolean {
  return needs === null || reaches(author.after.members.get(author.member)?.role ?? 'reader', needs)
}

/** Whether this member has a role, a confirmed place or a place in a space by an operation. */
export function gives({ operation: { body } }: RosterNode, member: MemberId): boolean {
  switch (body.type) {
    case 'set-role':
    case 'recover':
    case 'confirm':
      return body.member === member
    case 'set-audience':
      return body.add.includes(member)
    default:
      return false
  }
}
