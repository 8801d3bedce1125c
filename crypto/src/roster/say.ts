import type { OperationId } from '../ids.ts'
import type { Views } from './majority.ts'
import type { RosterNode } from './node.ts'
import { isStrictlySenior, moreJunior } from './rank.ts'
import { mayInvite } from './roles.ts'
import type { Role } from './roles.ts'
import type { Device, Member, Rank } from './state.ts'

/** What somebody's word weighs where the place of others is contested ([ROS7]). */
export interface Say {
  readonly strength: Rank
  readonly role: Role
  /** Strengths of what gave them that role. */
  readonly grants: readonly Rank[]
}

/** Of an operation. */
export function sayOf({ after, member, strength, grants }: RosterNode): Say {
  const role = after.members.get(member)?.role ?? 'reader'
  return { strength, role, grants: grants.map((grant) => grant.strength) }
}

/** Of what a device of a member would say next. */
export function sayOfDevice(graph: Views, { since, rank, grant, lifts, role }: Member, device: Device): Say {
  const strengths = (ids: readonly (OperationId | null)[]): Rank[] =>
    ids.flatMap((id) => {
      const node = id === null ? undefined : graph.get(id)
      return node === undefined ? [] : [node.strength]
    })
  return {
    strength: strengths([since, device.since]).reduce(moreJunior, rank),
    role,
    grants: grant === null ? [] : strengths([grant, ...lifts]),
  }
}

/** Whether whoever says it might have let somebody of this rank in with this role, by nothing that is not above them. */
export function mightLetIn({ strength, role, grants }: Say, rank: Rank, invited: Role): boolean {
  return mayInvite(role, invited) && [strength, ...grants].every((one) => isStrictlySenior(one, rank))
}

/** The role that somebody came with. */
export function roleByLink({ after, member }: RosterNode): Role {
  return after.members.get(member)?.role ?? 'reader'
}
