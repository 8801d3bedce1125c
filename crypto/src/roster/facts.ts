import type { ErrorCode } from '../errors.ts'
import type { OperationId } from '../ids.ts'
import { judge } from './judge.ts'
import type { Views } from './majority.ts'
import type { RosterNode } from './node.ts'
import type { RosterChange } from './operation.ts'
import { isStrictlySenior, moreJunior, rankOf } from './rank.ts'
import { reaches } from './roles.ts'
import type { RosterState } from './state.ts'

/** What the past of an operation decides about it. */
export type Facts = Pick<
  RosterNode,
  | 'member'
  | 'device'
  | 'rank'
  | 'rests'
  | 'signatures'
  | 'chain'
  | 'strength'
  | 'needs'
  | 'isCountersigned'
  | 'isSenior'
  | 'demotesTo'
  | 'grants'
>

/** Judges an operation and finds out how strong it is. `graph`: what it builds on. */
export function establish(operation: RosterChange, past: RosterState, graph: Views): Facts | ErrorCode {
  const voice = judge(operation, past, graph)
  if (typeof voice === 'string') return voice
  const resolve = (id: OperationId): RosterNode => {
    const node = graph.get(id)
    if (node === undefined) throw new Error('what an operation rests on is in its past')
    return node
  }
  const rests = voice.rests.map(resolve)
  const { grant = null, lifts = [] } = past.members.get(voice.member) ?? {}
  const { body } = operation
  const rank = rankOf(voice.member, past, body.type === 'join' ? (rests[0] ?? null) : null)
  const strength = rests.reduce((most, rest) => moreJunior(most, rest.strength), rank)
  const target = targetOf(operation, past)
  return {
    member: voice.member,
    device: voice.device,
    rank,
    rests,
    grants: grant === null ? [] : [grant, ...lifts].map(resolve),
    signatures: 'countersigns' in body ? body.countersigns.map(resolve) : [],
    chain: chainOf(rests),
    strength,
    needs: voice.needs,
    isCountersigned: voice.isCountersigned,
    isSenior: target !== undefined && isStrictlySenior(strength, target.rankByLink),
    demotesTo:
      body.type === 'set-role' && target !== undefined && reaches(target.role, body.role) ? body.role : null,
  }
}

/** The member from whom an operation takes something. */
function targetOf({ body }: RosterChange, past: RosterState) {
  return body.type === 'remove-member' || body.type === 'set-role' ? past.members.get(body.member) : undefined
}

function chainOf(rests: readonly RosterNode[]): ReadonlySet<number> {
  const chain = new Set<number>()
  for (const rest of rests) {
    chain.add(rest.index)
    for (const index of rest.chain) chain.add(index)
  }
  return chain
}
