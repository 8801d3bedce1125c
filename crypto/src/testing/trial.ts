import { findSafeEpochs } from '../epochs/sending.ts'
import { isSubset } from '../epochs/check-rotation.ts'
import { entitledRecipients } from '../epochs/recipients.ts'
import type { MemberId, OperationId } from '../ids.ts'
import { hasBit } from '../roster/bit-set.ts'
import { RosterGraph } from '../roster/graph.ts'
import type { RosterNode } from '../roster/node.ts'
import { isInSpace } from '../roster/spaces.ts'
import type { RosterState } from '../roster/state.ts'
import { Contest } from './contest.ts'
import { failuresOfUndoing } from './undoing.ts'
import { isCopied } from './copied.ts'
import { describe } from './describe.ts'
import { byArrival, byClaimedTime, foldNaively } from './naive.ts'
import { leaksOf } from './oracles.ts'
import { isSameState } from './same-state.ts'

export interface Outcome {
  /** What is wrong with the rules, in words. */
  readonly failures: readonly string[]
  readonly operations: number
  readonly people: number
  readonly sent: number
  /** Of these, in spaces with a smaller audience. */
  readonly sentInSpaces: number
  /** What was written and what was refused, by type and code. */
  readonly counts: ReadonlyMap<string, number>
  /** What goes wrong with rules that are known to be wrong. */
  readonly naive: {
    /** Messages that a removed device can open, sent under the newest epoch. */
    readonly leaks: number
    /** Of these, in spaces with a smaller audience. */
    readonly leaksInSpaces: number
    /** Operations dated back before a removal that had their way by claimed time. */
    readonly datedBack: number
    /** Whether two orders of arrival gave two lists of members. */
    readonly diverged: boolean
  }
}

const steps = 50

/** One random history, and everything that is asked of it. */
export function tryHistory(seed: string): Outcome {
  const contest = new Contest(
    seed,
    seed.endsWith('0') || seed.endsWith('5') ? 'since-join' : 'full',
    seed.endsWith('1') || seed.endsWith('6'),
  )
  for (let step = 0; step < steps; step++) contest.step()
  contest.settle()
  const arrival = byArrival(contest)
  const leaks = leaksOf(contest)
  const failures = [
    ...failuresOfOrder(contest, arrival),
    ...leaks.safe.map(
      ({ member, epoch, space }) => `leak: ${member} opens ${epoch} of ${space ?? 'the clique'}`,
    ),
    ...failuresOfSafety(contest),
    ...removedWithEffect(contest, contest.graph.countingAt(contest.operations.keys())).map(
      (id) => `dated back: ${id}`,
    ),
    ...failuresOfOwnEnds(contest),
    ...failuresOfSeniority(contest),
    ...failuresOfMajorities(contest),
    ...failuresOfAudiences(contest),
    ...failuresOfEnds(contest),
    ...failuresOfLife(contest),
    ...failuresOfUndoing(contest),
  ]
  const naive = foldNaively(contest, byClaimedTime(contest))
  const orders = [arrival, byArrival(contest)].map((order) => foldNaively(contest, order).members.join())
  return {
    failures,
    operations: contest.operations.size,
    people: contest.people,
    sent: contest.sent.safe.length,
    sentInSpaces: contest.sent.safe.filter(({ space }) => space !== null).length,
    counts: contest.counts,
    naive: {
      leaks: leaks.deepest.length,
      leaksInSpaces: leaks.deepest.filter(({ space }) => space !== null).length,
      datedBack: removedWithEffect(contest, naive.effective).length,
      diverged: orders[0] !== orders[1],
    },
  }
}

/** I1: one state for one set, whatever came when, and whatever was looked at on the way. */
function failuresOfOrder(contest: Contest, arrival: readonly OperationId[]): string[] {
  const { graph, operations, players } = contest
  const failures: string[] = []
  const other = new RosterGraph(graph.clique)
  let heads: readonly OperationId[] = []
  for (const id of arrival) {
    const operation = operations.get(id)
    if (operation === undefined || other.place(operation).kind !== 'placed') {
      failures.push(`order: ${id} is not accepted`)
      return failures
    }
    heads = other.stateAt([...heads, id]).heads
  }
  const all = [...operations.keys()]
  const views = [all, ...[...new Set(players.map(({ seen }) => seen))].map((seen) => [...seen])]
  // Most have heard of all there is in the end: what one set amounts to is folded and told once.
  const wholes = new Map<string, RosterState>()
  const told = new Map<RosterState, string>()
  const tell = (state: RosterState): string => {
    const words = told.get(state) ?? describe(state)
    told.set(state, words)
    return words
  }
  for (const [at, view] of views.entries()) {
    const name = view.toSorted().join()
    const whole = wholes.get(name) ?? graph.foldWhole(view)
    wholes.set(name, whole)
    if (tell(graph.stateAt(view)) !== tell(whole)) failures.push(`order: a part is not the whole, view ${at}`)
    if (tell(other.stateAt(view)) !== tell(whole)) failures.push(`order: another arrival, view ${at}`)
  }
  for (const id of all) {
    if (contest.choose(4) === 0 && !isSameState(graph.stateAt([id]), graph.foldWhole([id])))
      failures.push(`order: alone ${id}`)
  }
  return failures
}

/** I2 as it is stated: who may hold a safe epoch is entitled. */
function failuresOfSafety({ graph, players }: Contest): string[] {
  return players.flatMap(({ seen }) => {
    const state = graph.stateAt(seen)
    return [null, ...state.spaces.keys()].flatMap((owner) => {
      const { holders } = entitledRecipients(state, owner)
      return findSafeEpochs({ state }, owner)
        .filter((epoch) => !isSubset(epoch.holders, holders))
        .map(({ id }) => `unsafe: ${id}`)
    })
  })
}

/** Operations with an effect of people and devices that a counting and strong removal took out without knowing of them. */
function removedWithEffect(contest: Contest, effective: ReadonlySet<OperationId>): OperationId[] {
  const { graph, operations } = contest
  const state = graph.stateAt(operations.keys())
  // Nor is strong what a device did that one added which forked.
  const isForked = ({ device, rests }: RosterNode): boolean =>
    (device !== null && state.devices.get(device)?.status === 'forked') ||
    rests.some((rest) => rest.operation.type === 'add-device' && isForked(rest))
  const counting = [...graph.countingAt(operations.keys())].flatMap((id) => graph.get(id) ?? [])
  const removals = counting.filter(
    (node) => (node.isSenior || node.isCountersigned) && !isForked(node) && !node.signatures.some(isForked),
  )
  return [...effective].filter((id) => {
    const node = graph.get(id)
    if (node === undefined || node.rests.length === 0 || node.isCountersigned) return false
    return removals.some((removal) => {
      const { body } = removal.operation
      const isTarget = body.type === 'remove-member' && body.member === node.member
      return isTarget && removal !== node && !hasBit(removal.past, node.index)
    })
  })
}

/**
 * What somebody did beside their leaving, or with a device beside their root's taking it out, has its effect only where
 * somebody else had built on it by then; where that end has its own effect, and is of no copied key.
 */
function failuresOfOwnEnds({ graph, operations }: Contest): string[] {
  const state = graph.stateAt(operations.keys())
  const counting = [...graph.countingAt(operations.keys())]
  const nodes = [...operations.keys()].flatMap((id) => graph.get(id) ?? [])
  const isOfCopy = ({ device }: RosterNode): boolean => device !== null && isCopied(state, device)
  const ends = counting
    .flatMap((id) => graph.get(id) ?? [])
    .filter(
      (node) =>
        !isOfCopy(node) &&
        (node.operation.type === 'leave' ||
          (node.operation.type === 'remove-device' && node.operation.author.kind === 'root')),
    )
  return counting.flatMap((id) => {
    const node = graph.get(id)
    if (node === undefined || node.operation.type === 'leave' || node.isCountersigned) return []
    const own = ends.filter(({ operation: { body }, member, past, index }) => {
      const isOfDevice = body.type === 'remove-device' && body.last.device === node.device
      const isOfMember = body.type === 'leave' && member === node.member && node.operation.type !== 'join'
      // What knew of an end was done where that had no effect.
      const isBeside = index !== node.index && !hasBit(past, node.index) && !hasBit(node.past, index)
      return (isOfDevice || isOfMember) && isBeside
    })
    const isBuiltOn = own.every((end) =>
      nodes.some(
        (other) =>
          other.member !== node.member && hasBit(other.past, node.index) && !hasBit(other.past, end.index),
      ),
    )
    return isBuiltOn ? [] : [`given up with effect: ${id}`]
  })
}

/** Nobody below the founder takes anything from them, but a majority. */
function failuresOfSeniority(contest: Contest): string[] {
  const { graph, operations, players } = contest
  const [founder] = players
  if (founder === undefined || founder.isHostile) return []
  const member = graph.stateAt(operations.keys()).members.get(founder.member)
  if (member === undefined) return ['seniority: the founder is gone']
  const isOwnDoing = member.endedBy.every((id) => {
    const node = graph.get(id)
    return node?.isCountersigned === true || node?.member === founder.member
  })
  // Whoever stepped down may be made an admin again.
  const hasRole = member.grant === null || graph.get(member.grant)?.operation.type === 'recover'
  return isOwnDoing && hasRole && member.status !== 'quarantined' ? [] : ['seniority: the founder fell']
}

/** Whom nobody may remove alone, two at least remove whom they had built on; but not who had left or signs for it. */
function failuresOfMajorities({ graph, operations }: Contest): string[] {
  const nodes = [...operations.keys()].flatMap((id) => graph.get(id) ?? [])
  return nodes.flatMap((removal) => {
    const { body, id } = removal.operation
    if (!removal.isCountersigned || body.type !== 'remove-member') return []
    const own = nodes.filter((node) => node.member === body.member && hasBit(removal.past, node.index))
    const signers = new Set([removal, ...removal.signatures].map(({ member }) => member))
    if (signers.has(body.member) || own.some(({ operation }) => operation.type === 'leave')) return []
    const known = nodes.filter(
      (node) =>
        (node.operation.type === 'join' || node.operation.type === 'genesis') &&
        signers.has(node.member) &&
        own.some((one) => one === node || hasBit(one.past, node.index)),
    )
    return new Set(known.map(({ member }) => member)).size >= 2 ? [] : [`made-up majority: ${id}`]
  })
}

/** Whoever is in a space is so by something that counts and knew of all that counts and took them out. */
function failuresOfAudiences({ graph, operations }: Contest): string[] {
  const state = graph.stateAt(operations.keys())
  const counting = [...graph.countingAt(operations.keys())].flatMap((id) => graph.get(id) ?? [])
  return [...state.spaces.values()].flatMap(({ id: space, audience }) => {
    if (audience === 'everyone') return []
    const changes = counting.filter(({ operation: { body } }) => 'space' in body && body.space === space)
    const takesOut = (node: RosterNode, member: MemberId): boolean => {
      const { body } = node.operation
      return body.type === 'set-audience' && body.remove.includes(member)
    }
    const letsIn = (node: RosterNode, member: MemberId): boolean => {
      const { body } = node.operation
      if (body.type === 'set-audience') return body.add.includes(member)
      return body.type === 'create-space' && [node.member, ...(body.members ?? [])].includes(member)
    }
    return [...audience]
      .filter((member) => {
        const ends = changes.filter((node) => takesOut(node, member))
        return !changes.some(
          (node) => letsIn(node, member) && ends.every((end) => hasBit(node.past, end.index)),
        )
      })
      .map((member) => `audience: ${member} is in ${space}`)
  })
}

/** Whatever ends a membership or a device, and counts, is named there, and whoever left has left; and what undid something is known to have taken a role. */
function failuresOfEnds({ graph, operations }: Contest): string[] {
  const { members, devices } = graph.stateAt(operations.keys())
  const lost = [...graph.countingAt(operations.keys())].filter((id) => {
    const { operation, member = '' } = graph.get(id) ?? {}
    const body = operation?.body
    if (body?.type === 'remove-member') return !members.get(body.member)?.endedBy.includes(id)
    if (body?.type !== 'remove-device') return false
    const device = devices.get(body.last.device)
    return device?.member === member && !device.endedBy.includes(id)
  })
  const left = [...operations.values()].flatMap(({ id, type }) => {
    const node = graph.get(id)
    const member = type === 'leave' && node !== undefined ? members.get(node.member) : undefined
    if (member === undefined || member.endedBy.includes(id)) return []
    // Who came twice did so by one of the two.
    const ways = [...operations.values()].filter(
      ({ body }) => body.type === 'join' && body.newcomer.member === member.id,
    )
    return ways.length > 1 ? [] : [id]
  })
  const unheard = [...members.values()].filter(
    ({ undoneBy, demotedBy }) => !undoneBy.every((id) => demotedBy.includes(id)),
  )
  return [
    ...lost.map((id) => `ends nothing: ${id}`),
    ...left.map((id) => `leaves nothing: ${id}`),
    ...unheard.map(({ id }) => `undone by nothing: ${id}`),
  ]
}

/** Whoever is in can begin an epoch that everybody who is entitled can send under; in a space who is in it. */
function failuresOfLife(contest: Contest): string[] {
  const { graph, operations, players } = contest
  const state = graph.stateAt(operations.keys())
  return [null, ...state.spaces.keys()].flatMap((space) => {
    if (space !== null && state.spaces.get(space)?.audience === 'everyone') return []
    const isIn = ({ device, member }: (typeof players)[number]): boolean =>
      state.devices.get(device)?.status === 'in' &&
      state.members.get(member)?.status === 'in' &&
      (space === null || isInSpace(state, space, member))
    const speaker = players.find(isIn)
    if (speaker === undefined) return []
    const seen = new Set(operations.keys())
    const author = { kind: 'device', id: speaker.device } as const
    const rotation = contest.write(seen, author, { type: 'rotate-epoch', space })
    if (rotation === null) return ['life: nobody can rotate']
    const after = graph.stateAt([rotation.id])
    const { holders } = entitledRecipients(after, space)
    const isForAll = findSafeEpochs({ state: after }, space).some((epoch) => isSubset(holders, epoch.holders))
    return isForAll ? [] : [`life: no safe epoch after a rotation of ${space ?? 'the clique'}`]
  })
}
