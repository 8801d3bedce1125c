import type { DeviceId, MemberId } from '../ids.ts'
import type { RosterNode } from './node.ts'
import type { InviteBody } from './operation.ts'
import type { Rank } from './state.ts'

export interface Author {
  readonly member: MemberId
  readonly device: DeviceId | null
  readonly rank: Rank
  /** What a join rests on. */
  readonly invite: InviteBody | null
  readonly inviter: DeviceId | null
  readonly isStrong: boolean
}

/** What an operation's author was when it wrote. `isStrong`: of a removal (`ends.ts`). */
export function authorOf(
  { member, device, rank, rests }: Pick<RosterNode, 'member' | 'device' | 'rank' | 'rests'>,
  isStrong: boolean,
): Author {
  const [first] = rests
  const body = first?.operation.body
  const [invite, inviter] = body?.type === 'invite' ? [body, first?.device ?? null] : [null, null]
  return { member, device, rank, invite, inviter, isStrong }
}
