import { bytesToId } from '../ids.ts'
import type { MemberId, OperationId } from '../ids.ts'
import type { Operation, OperationAuthor, RosterBody } from '../roster/operation.ts'
import { hasBit } from '../roster/bit-set.ts'
import type { RosterGraph } from '../roster/graph.ts'
import type { RosterNode } from '../roster/node.ts'
import { isAdmin, reaches } from '../roster/roles.ts'
import type { Role } from '../roster/roles.ts'
import { isIn, lastOperationOf, lastOperationsOf } from '../roster/standing.ts'
import type { RosterState } from '../roster/state.ts'
import type { Contest } from './contest.ts'
import type { Player } from './players.ts'
import { bringAgain } from './again.ts'
import { isCopied } from './copied.ts'
import { smallerSpaces } from './space-moves.ts'
import { rootOf } from './told.ts'

const tries = 4

/**
 * Trap "used as a retroactive kill switch": when all has been told and others have built on it, somebody who is no admin, or
 * is out by their own word, ends something of their own or goes on as what they once were, as of long ago. Whatever that is,
 * nobody else's place, role or act may change by it. What goes wrong, in words.
 */
export function failuresOfUndoing(contest: Contest): string[] {
  const { graph, operations } = contest
  let all: ReadonlySet<OperationId> = new Set(operations.keys())
  for (const one of contest.players) {
    const body = { type: 'rotate-kem', kem: contest.random(40) } as const
    const operation = one.isHostile ? null : contest.write(all, voiceOf(one), body)
    if (operation !== null) all = new Set([...all, operation.id])
  }
  const before = graph.stateAt(all)
  const [founder] = contest.players
  // Without somebody above all who has built on it, whoever came by somebody's link waits for an admin when that one goes.
  if (founder === undefined || founder.isHostile || !isInAs(before, founder, 'owner')) return []
  const counting = graph.countingAt(all)
  return Array.from({ length: tries }).flatMap(() => {
    const player = contest.pick(
      contest.players.filter((one) => one.past.length > 0 && isBelow(contest, before, one)),
    )
    const view = player === undefined ? undefined : contest.pick(player.past)
    if (player === undefined || view === undefined) return []
    const made = attack(contest, before, player, view)
    if (made.length === 0) return []
    const whole = [...all, ...made.map(({ id }) => id)]
    const after = graph.stateAt(whole)
    const left = graph.countingAt(whole)
    const isVouching = vouches(graph, before, { counting, left }, player.member)
    if (before.members.get(player.member)?.status === 'in' && isVouching) return []
    const told = made.map(({ type }) => type).join(', ')
    return [
      ...[...before.members.values()]
        .filter(({ id }) => id !== player.member && isWronged(before, after, id))
        .filter(({ id }) => !joinsOf(contest, id).some((join) => isSettledBy(contest, join, player.member)))
        .map(({ id }) => `undone: ${told} changes ${id}`),
      ...[...counting]
        .filter((id) => !left.has(id) && !owesAPlace(contest, id, player.member))
        .filter((id) => !isTakenBack(contest, id, player.member) && !isSettledBy(contest, id, player.member))
        .map((id) => `undone: ${told} undoes ${operations.get(id)?.type} ${id}`),
    ]
  })
}

/** Somebody's own act, or one in a space that they put its author in: whom they put in is no witness of that. */
function owesAPlace({ graph }: Contest, id: OperationId, member: MemberId): boolean {
  const node = graph.get(id)
  if (node === undefined || node.member === member) return true
  return node.rests.some((rest) => rest.member === member && rest.operation.type === 'set-audience')
}

/**
 * Whether what somebody said beside their own leaving has come to count while they are out, or what a forked device of others did. Whoever is in vouches for anybody,
 * and for what follows from it.
 */
function vouches(
  graph: RosterGraph,
  before: RosterState,
  { counting, left }: Record<'counting' | 'left', ReadonlySet<OperationId>>,
  player: MemberId,
): boolean {
  const isLeaving = (end: OperationId) => left.has(end) && graph.get(end)?.operation.type === 'leave'
  return [...left].some((id) => {
    const node = graph.get(id)
    if (node === undefined || counting.has(id)) return false
    if (node.member !== player && node.device !== null && isCopied(before, node.device)) return true
    const author = before.members.get(node.member)
    return author?.status === 'out' && author.endedBy.length > 0 && author.endedBy.every(isLeaving)
  })
}

function joinsOf({ graph, operations }: Contest, member: MemberId): OperationId[] {
  return [...operations.values()]
    .filter(({ id, type }) => type === 'join' && graph.get(id)?.member === member)
    .map(({ id }) => id)
}

/** A join beside others by one link that this member's word alone had settled: it falls as they say something else ([ROS7]). */
function isSettledBy({ graph, operations }: Contest, id: OperationId, by: MemberId): boolean {
  const join = graph.get(id)
  if (join?.operation.type !== 'join') return false
  const nodes = [...operations.keys()].flatMap((one) => graph.get(one) ?? [])
  const rivals = nodes.filter(
    (one) => one !== join && one.operation.type === 'join' && one.rests[0] === join.rests[0],
  )
  const settles = ({ past, member }: RosterNode) =>
    ![by, join.member].includes(member) &&
    hasBit(past, join.index) &&
    !rivals.some(({ index }) => hasBit(past, index))
  return rivals.length > 0 && !nodes.some(settles)
}

/** What its own author has taken back beside it, and counts by the word of others, of whom this member is one. */
function isTakenBack({ graph, operations }: Contest, id: OperationId, by: MemberId): boolean {
  const node = graph.get(id)
  if (node === undefined) return false
  const nodes = [...operations.keys()].flatMap((one) => graph.get(one) ?? [])
  const isBeside = (one: RosterNode) => !hasBit(one.past, node.index) && !hasBit(node.past, one.index)
  return (
    nodes.some(
      (one) => one !== node && one.member === node.member && isBeside(one) && isOwnWord(one.operation),
    ) && nodes.some((one) => one.member === by && hasBit(one.past, node.index))
  )
}

/** Says that its author is out, or a device of theirs. */
function isOwnWord({ type, author }: Operation): boolean {
  return type === 'leave' || (type === 'remove-device' && author.kind === 'root')
}

function isInAs(state: RosterState, { member, device }: Player, role: Role): boolean {
  return isIn(state, device) && state.members.get(member)?.role === role
}

/** Who has ended their own place or role, or never had one that lets them end others’. */
function isBelow({ graph }: Contest, state: RosterState, { member: id }: Player): boolean {
  const member = state.members.get(id)
  if (member === undefined) return false
  // Known not to hold where they said so by a device of which there are two, or that one of these added (`known-weaknesses.test.ts`).
  const isSaid = (end: OperationId): boolean => {
    const { device = null, member: by } = graph.get(end) ?? {}
    return by === id && device !== null && !isCopied(state, device)
  }
  const hasLeft = member.endedBy.some((end) => graph.get(end)?.operation.type === 'leave' && isSaid(end))
  const isOwnRole = member.lessened === null ? member.grant === null : isSaid(member.lessened)
  return hasLeft || (member.status === 'in' && isOwnRole && !isAdmin(member.role))
}

/** By the device that was there, or one that the root adds. */
function attack(contest: Contest, before: RosterState, player: Player, view: ReadonlySet<OperationId>) {
  const { graph } = contest
  const known = graph.stateAt(view)
  const own = known.members.get(player.member)
  if (own === undefined) return []
  const dice = contest.choose(6)
  if (dice === 0) {
    const again = bringAgain(contest, player, view)
    return again === null ? [] : [again]
  }
  if (dice < 3) {
    const device = contest.pick(own.devices)
    const last = device === undefined ? null : lastOperationOf(known, device)
    const drop = last === null ? null : contest.write(view, rootOf(player), { type: 'remove-device', last })
    return drop === null ? [] : [drop]
  }
  const { device, kem, peer } = contest.makeNewcomer('device')
  const made: Operation[] = []
  let seen = view
  const write = (author: OperationAuthor, body: RosterBody): boolean => {
    const operation = contest.write(seen, author, body)
    if (operation === null) return false
    made.push(operation)
    seen = new Set([...seen, operation.id])
    return true
  }
  if (!write(rootOf(player), { type: 'add-device', device, kem, peer })) return []
  const author = { kind: 'device', id: device } as const
  const friend = contest.choose(2) === 0 ? null : makeUp(contest, author, write)
  write(author, bodyOf(contest, before, known, player))
  if (friend !== null) write(friend, { type: 'rotate-kem', kem: contest.random(40) })
  return made
}

type Write = (author: OperationAuthor, body: RosterBody) => boolean

/** Somebody who exists in one branch alone, to vouch for what is done there. */
function makeUp(contest: Contest, by: OperationAuthor, write: Write): OperationAuthor | null {
  const invite = bytesToId('invite', contest.random(32))
  const keys = { kem: contest.random(40), mailboxKey: contest.random(32) }
  const role = contest.choose(2) === 0 ? 'admin' : 'member'
  const newcomer = contest.makeNewcomer('nobody')
  const isIn =
    write(by, { type: 'invite', invite, ...keys, role, uses: 1, expiresAt: 0, label: '' }) &&
    write({ kind: 'invitation', id: invite }, { type: 'join', newcomer })
  return isIn ? { kind: 'device', id: newcomer.device } : null
}

function bodyOf(contest: Contest, before: RosterState, known: RosterState, player: Player): RosterBody {
  const own = player.member
  const target = contest.pick([...known.members.values()].filter(({ id }) => id !== own))
  const link = contest.pick([...known.invitations.values()])
  const dice = contest.choose(7)
  if (dice === 0 && target !== undefined) {
    const last = lastOperationsOf(known, target)
    return { type: 'remove-member', member: target.id, last, countersigns: [] }
  }
  if (dice === 1 && target !== undefined) return { type: 'set-role', member: target.id, role: 'reader' }
  // Whoever is in may take back a link of theirs, with all who came by it.
  if (dice === 2 && link !== undefined && before.members.get(own)?.status !== 'in') {
    return { type: 'revoke-invite', invite: link.id }
  }
  if (dice === 3) return { type: 'set-role', member: own, role: 'reader' }
  // Whom they had put in since is in by nothing of theirs.
  const space = contest.pick(smallerSpaces(known, own))
  if (dice === 4 && space !== undefined) return { type: 'set-audience', space, add: [], remove: [own] }
  if (dice === 5) return linkAgain(contest, player) ?? { type: 'leave' }
  return { type: 'leave' }
}

/** Somebody else's invitation, by its keys, which whoever took it knows. */
function linkAgain(contest: Contest, { device }: Player): RosterBody | null {
  const found = [...contest.operations.values()].flatMap(({ body }) =>
    body.type === 'invite' && contest.linkHolders.get(body.invite)?.includes(device) === true ? [body] : [],
  )
  const link = contest.pick(found)
  if (link === undefined) return null
  const { invite, kem, mailboxKey } = link
  return { type: 'invite', invite, kem, mailboxKey, role: 'member', uses: 1, expiresAt: 0, label: '' }
}

/**
 * Whether somebody lost a place, a role or a device, or is in whom others had put out. Who waits may come in, and who has a role
 * may come by a greater one: whoever is in vouches for anybody.
 */
function isWronged(before: RosterState, after: RosterState, id: MemberId): boolean {
  const [had, has] = [before.members.get(id), after.members.get(id)]
  if (had === undefined || has === undefined) return true
  if (had.status !== 'in') return had.status === 'out' && has.status === 'in'
  const lost = had.devices.filter(
    (device) => before.devices.get(device)?.status === 'in' && after.devices.get(device)?.status !== 'in',
  )
  return has.status !== 'in' || lost.length > 0 || !reaches(has.role, had.role)
}

function voiceOf({ device }: Player): OperationAuthor {
  return { kind: 'device', id: device }
}
