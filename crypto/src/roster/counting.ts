import type { DeviceId, InviteId, MemberId, OperationId } from '../ids.ts'
import { hasBit } from './bit-set.ts'
import { Ends, isRemoval, isRootDrop, push } from './ends.ts'
import type { Fork } from './ends.ts'
import { compareNodes } from './node.ts'
import type { RosterNode } from './node.ts'
import { compareRanks, isStrictlySenior } from './rank.ts'
import { mayInvite } from './roles.ts'
import { compareIds } from './sorted-ids.ts'
import { gives, mightDo } from './witness.ts'
import type { MemberStatus, Rank } from './state.ts'

/**
 * Takers beyond an invitation's uses who are listed for an admin to look at. Whoever has a link can make any number
 * of joins beside one another; the rest of them is out.
 */
export const maxSurplusTakers = 16

/**
 * Which operations of one set have their effect. Every question goes from an operation to strictly stronger ones,
 * or down its own chain of authority, so the answers cannot run in a circle.
 */
export class Counting {
  readonly #ends: Ends
  readonly #nodes: readonly RosterNode[]
  readonly #within: ReadonlyMap<number, RosterNode>
  readonly #joins = new Map<InviteId, RosterNode[]>()
  readonly #revokes = new Map<InviteId, RosterNode[]>()
  readonly #closes = new Map<InviteId, RosterNode[]>()
  readonly #inviteTwins = new Map<InviteId, RosterNode[]>()
  readonly #newcomers = new Map<MemberId | DeviceId, RosterNode[]>()
  readonly #verdicts = new Map<number, boolean>()
  readonly #listed = new Map<InviteId, ReadonlySet<RosterNode>>()
  readonly #vouched = new Map<string, boolean>()
  readonly #winners = new Map<InviteId, ReadonlySet<RosterNode> | null>()

  /**
   * `nodes`: what came since some operation that all of them build on, or since the beginning, in the order of
   * `compareNodes`. What was before they cannot change; of it only what counts is asked for.
   */
  constructor(nodes: readonly RosterNode[]) {
    this.#nodes = nodes
    this.#within = new Map(nodes.map((node) => [node.index, node]))
    this.#ends = new Ends(nodes)
    for (const node of nodes) {
      const { body, author } = node.operation
      if (body.type === 'join' && author.kind === 'invitation') {
        push(this.#joins, author.id, node)
        push(this.#newcomers, body.newcomer.member, node)
        push(this.#newcomers, body.newcomer.device, node)
      }
      if (body.type === 'add-device') push(this.#newcomers, body.device, node)
      if (body.type === 'revoke-invite') push(this.#revokes, body.invite, node)
      if (body.type === 'close-invite') push(this.#closes, body.invite, node)
      if (body.type === 'invite') push(this.#inviteTwins, body.invite, node)
    }
  }

  get forks(): ReadonlyMap<DeviceId, Fork> {
    return this.#ends.forks
  }

  counts(node: RosterNode): boolean {
    if (!this.#within.has(node.index)) return true
    const known = this.#verdicts.get(node.index)
    if (known !== undefined) return known
    const verdict = this.#decide(node)
    this.#verdicts.set(node.index, verdict)
    return verdict
  }

  /**
   * Whether somebody's leaving is known to be their word, also where it ends nothing as they were removed beside it: whoever
   * undoes that removal may not know of it.
   */
  isSaid(node: RosterNode): boolean {
    return node.operation.type === 'leave' && this.#mayRest(node)
  }

  /** Whether a removal that counts is so strong that nothing outside its past does. */
  isStrong(removal: RosterNode): boolean {
    return this.#ends.isStrong(removal)
  }

  /** How the person stands whom this join admitted. */
  standing(join: RosterNode): MemberStatus {
    const invite = inviteOf(join)
    if (invite === null) return 'in'
    // A removal that is authorised ends membership, also where it is too weak to undo what was done before.
    if (this.#isRevoked(invite, join, false)) return 'out'
    if (this.#isSpoiled(join, false)) return 'quarantined'
    if (!this.counts(join)) return this.#listedOf(invite).has(join) ? 'quarantined' : 'out'
    return this.#isClosed(invite, join, false) ? 'quarantined' : 'in'
  }

  #decide(node: RosterNode): boolean {
    if (node.rests.length === 0 || node.isCountersigned) return true
    if (!this.#mayRest(node)) return false
    if (node.operation.body.type === 'join') return this.#joinCounts(node)
    return this.#stands(node) && !this.#isGivenUp(node)
  }

  #mayRest(node: RosterNode): boolean {
    return node.rests.every((rest) => this.counts(rest) || this.#bears(rest))
  }

  /** Whether what a device did may count that is out only by its member's own word, or as the one that added it is. */
  #bears(rest: RosterNode): boolean {
    return rest.operation.type === 'add-device' && this.#mayRest(rest) && this.#stands(rest)
  }

  /** Whether it says what its author had heard of: also the adding of a device that is out by their own word, if vouched for. */
  #speaks(node: RosterNode): boolean {
    return this.counts(node) || (this.#bears(node) && this.#areVouched(node, this.#endsByAuthor(node)))
  }

  /** Whether nobody else's word takes it back, nor a fork or a twin of it. */
  #stands(node: RosterNode): boolean {
    const { body } = node.operation
    if (this.#isTakenBack(node)) return false
    const fork = this.#ends.forkOf(node)
    if (fork !== null && !isRemoval(node) && !this.#wasBuiltOn(node, fork)) return false
    if (body.type === 'add-device') return this.#isFirstWith(node, body.device)
    if (body.type === 'invite') {
      // One invitation key in two invitations that did not know of each other: the senior one is meant.
      return !(this.#inviteTwins.get(body.invite) ?? []).some(
        (twin) =>
          twin !== node &&
          !hasBit(twin.past, node.index) &&
          !hasBit(node.past, twin.index) &&
          (compareRanks(twin.strength, node.strength) || compareNodes(twin, node)) < 0,
      )
    }
    return true
  }

  /** Whether its author was removed, or lost the right to it, without this being known. */
  #isTakenBack(node: RosterNode): boolean {
    const ends = [
      ...this.#ends.outsideOf(node, node.member, null).filter((removal) => this.#ends.isStrong(removal)),
      ...this.#ends.demotionsOutsideOf(node),
      ...this.#ends.placeEndsOutsideOf(node),
    ]
    return ends.some((end) => this.counts(end))
  }

  /**
   * Whether its author ended their own place, role or device without it, and nobody had built on it by then. A device goes
   * in any case, or a copied key would outlive its own.
   */
  #isGivenUp(node: RosterNode): boolean {
    const ends = this.#endsByAuthor(node)
    return node.operation.type === 'add-device' ? ends.length > 0 : !this.#areVouched(node, ends)
  }

  #endsByAuthor(node: RosterNode): RosterNode[] {
    return this.#ends.ownEndsOf(node).filter((end) => this.#isOwn(end) && !this.#isGivenUp(end))
  }

  /** Whether an own end is their word: not of somebody removed before, nor of a copied key or what that added. */
  #isOwn(node: RosterNode): boolean {
    const { past } = node
    const twins = this.#ends.forkOf(node)?.proofs.flat() ?? []
    const beside = twins.filter((twin) => twin !== node && !hasBit(past, twin.index))
    const added = this.#newcomers.get(node.device as DeviceId) ?? []
    return (
      this.#stands(node) &&
      this.#areVouched(node, beside) &&
      added.every((one) => !hasBit(past, one.index) || this.#isOwn(one))
    )
  }

  #areVouched(node: RosterNode, ends: readonly RosterNode[]): boolean {
    return ends.every((end) => this.#isVouched(node, end))
  }

  /**
   * Whether there is a witness who did not know of an end; of the loss of a device, one who might have done this, unless its
   * member had handed on their role since. From the last to the first, so that this goes no deeper than two.
   */
  #isVouched(node: RosterNode, end: RosterNode): boolean {
    const name = `${node.index} ${end.index}`
    const known = this.#vouched.get(name)
    if (known !== undefined) return known
    const takesRole = isRootDrop(end) && this.#ends.knewRoles(end)
    const found = this.#witnesses(node)
      .toReversed()
      .some(
        (other) =>
          !hasBit(other.past, end.index) &&
          (!takesRole || mightDo(other, node)) &&
          this.#isWitness(other, end),
      )
    this.#vouched.set(name, found)
    return found
  }

  /**
   * Whether nothing that a witness did not know of ended the membership or device of its author, or of anybody who let them
   * in, before they did, unless others vouch for it there; and nobody whose own word `end` is let them in without its knowing.
   * Their member could else make up witnesses.
   */
  #isWitness(witness: RosterNode, end: RosterNode): boolean {
    const chain = [...witness.chain].flatMap((index) => this.#within.get(index) ?? [])
    return [witness, ...chain].every((node) => {
      const { member, device } = (node.operation.type === 'join' ? node.rests[0] : node) ?? node
      const unknown = this.#ends
        .outsideOf(node, member, device)
        .filter((other) => !hasBit(witness.past, other.index))
      return (member !== end.member || hasBit(end.past, node.index)) && this.#areVouched(witness, unknown)
    })
  }

  /**
   * Whether whoever takes an invitation back had built on a join by another device, not knowing of that: in one line of
   * theirs the revocation would have come later. A root adds devices to what was known at any time.
   */
  #hadSeen(end: RosterNode, join: RosterNode): boolean {
    return this.#seniors(join.rank).some(
      (other) =>
        other.member === end.member &&
        hasBit(other.past, join.index) &&
        !hasBit(other.past, end.index) &&
        other !== end &&
        this.#speaks(other),
    )
  }

  #joinCounts(join: RosterNode): boolean {
    const invite = inviteOf(join)
    if (invite === null || !this.#isEligible(join, invite)) return false
    const winners = this.#winnersOf(invite)
    return winners === null || winners.has(join)
  }

  /** All but the competition with other takers. */
  #isEligible(join: RosterNode, invite: InviteId): boolean {
    const { body } = join.operation
    if (body.type !== 'join') return false
    for (const id of [body.newcomer.member, body.newcomer.device]) {
      if (!this.#isFirstWith(join, id)) return false
    }
    return (
      !this.#isRevoked(invite, join, true) &&
      !this.#isClosed(invite, join, true) &&
      !this.#isSpoiled(join, true)
    )
  }

  /** Of several operations that bring one member or device the first one does. */
  #isFirstWith(node: RosterNode, id: MemberId | DeviceId): boolean {
    return !(this.#newcomers.get(id) ?? []).some((twin) => twin !== node && compareNodes(twin, node) < 0)
  }

  /** Whether somebody who knows the invitation's keys was removed without this join being known. */
  #isSpoiled(join: RosterNode, byStronger: boolean): boolean {
    return this.#ends
      .ofInvitationOutside(join)
      .filter(
        (removal) =>
          !this.#ends.isTainted(removal) || (removal.operation.type === 'leave' && this.#isOwn(removal)),
      )
      .filter(
        (removal) => !byStronger || removal.isCountersigned || isStrictlySenior(removal.strength, join.rank),
      )
      .some((removal) => this.counts(removal) && !this.#isSpared(join, removal))
  }

  /**
   * Whether a counting end of this invitation did not know of this join. `byStronger`: only ends are asked whose
   * authority is strictly senior; nothing weaker may even be looked at while it is open whether the join counts. Nor is
   * what a forked device signed: an old stolen key could else undo all that came of its member's invitations.
   */
  #isRevoked(invite: InviteId, join: RosterNode, byStronger: boolean): boolean {
    return this.#endsBeside(this.#revokes, invite, join, byStronger).some(
      (end) => !(byStronger && this.#ends.isTainted(end)) && this.counts(end) && !this.#hadSeen(end, join),
    )
  }

  /** A closing spares whom a senior member has already built on without knowing of it. */
  #isClosed(invite: InviteId, join: RosterNode, byStronger: boolean): boolean {
    return this.#endsBeside(this.#closes, invite, join, byStronger).some(
      (close) => this.counts(close) && !this.#isSpared(join, close),
    )
  }

  /** Whether a senior who might have let somebody in like that built on a join without knowing of an end beside it. */
  #isSpared(join: RosterNode, end: RosterNode): boolean {
    const invited = join.after.members.get(join.member)?.role ?? 'reader'
    return this.#seniors(join.rank).some(
      (senior) =>
        mayInvite(senior.after.members.get(senior.member)?.role ?? 'reader', invited) &&
        hasBit(senior.past, join.index) &&
        !hasBit(senior.past, end.index) &&
        senior !== end &&
        this.#speaks(senior),
    )
  }

  #endsBeside(
    ends: ReadonlyMap<InviteId, readonly RosterNode[]>,
    invite: InviteId,
    join: RosterNode,
    byStronger: boolean,
  ): RosterNode[] {
    return (ends.get(invite) ?? []).filter(
      (end) => !hasBit(end.past, join.index) && (!byStronger || isStrictlySenior(end.strength, join.rank)),
    )
  }

  /** Operations whose authority rests on strictly senior ranks only. Leaving says nothing of others, and counts whenever. */
  #seniors(rank: Rank): RosterNode[] {
    return this.#nodes.filter(
      ({ device, operation, strength }) =>
        device !== null && operation.type !== 'leave' && isStrictlySenior(strength, rank),
    )
  }

  /**
   * Null when there were uses enough for all. Otherwise those on whom senior members had built while they knew of
   * no more takers than uses, the most senior of these first. Without such a witness nobody wins: an admin looks.
   */
  #winnersOf(invite: InviteId): ReadonlySet<RosterNode> | null {
    const known = this.#winners.get(invite)
    if (known !== undefined) return known
    const winners = this.#chooseWinners(invite)
    this.#winners.set(invite, winners)
    return winners
  }

  #chooseWinners(invite: InviteId): ReadonlySet<RosterNode> | null {
    const takers = (this.#joins.get(invite) ?? []).filter((join) => this.#isEligible(join, invite))
    const first = takers[0]
    const body = first?.rests[0]?.operation.body
    if (first === undefined || body?.type !== 'invite' || takers.length <= body.uses) return null
    let winners = new Set<RosterNode>()
    const witnesses = this.#seniors(first.rank)
      .map((node) => ({ node, seen: takers.filter((taker) => hasBit(node.past, taker.index)) }))
      .filter(({ node, seen }) => seen.length > 0 && seen.length <= body.uses && this.#speaks(node))
      .sort((a, b) => compareRanks(a.node.strength, b.node.strength))
    for (let i = 0; i < witnesses.length;) {
      const rank = witnesses[i]?.node.strength ?? []
      const together = new Set(winners)
      for (; compareRanks(witnesses[i]?.node.strength ?? [-1], rank) === 0; i++) {
        for (const taker of witnesses[i]?.seen ?? []) together.add(taker)
      }
      if (together.size <= body.uses) winners = together
    }
    return winners
  }

  /** Of the takers who do not count, those for whom there is room in the list, the lowest ids first. */
  #listedOf(invite: InviteId): ReadonlySet<RosterNode> {
    const known = this.#listed.get(invite)
    if (known !== undefined) return known
    const takers = this.#joins.get(invite) ?? []
    const body = takers[0]?.rests[0]?.operation.body
    const uses = body?.type === 'invite' ? body.uses : 0
    const left = takers.filter((taker) => !this.counts(taker))
    const room = Math.max(0, uses + maxSurplusTakers - (takers.length - left.length))
    const listed = left.toSorted((a, b) => compareIds(a.operation.id, b.operation.id)).slice(0, room)
    const set = new Set(listed)
    this.#listed.set(invite, set)
    return set
  }

  /**
   * Whether somebody else built on a grant before any fork of its author was known.
   * Asked of what was authorised, not of what counts, so that two forked devices cannot make each other's answer; and of
   * every fork, as one that shows later and lies earlier would else bring back what was out.
   */
  #wasBuiltOn(grant: RosterNode, fork: Fork): boolean {
    return this.#witnesses(grant).some((node) =>
      fork.proofs.every((proof) => proof.filter((twin) => hasBit(node.past, twin.index)).length < 2),
    )
  }

  /** What others built on it who do not owe their own place to it, nor have been given anything by it. */
  #witnesses(grant: RosterNode): RosterNode[] {
    return this.#nodes.filter(
      (node) =>
        node.device !== null &&
        node.operation.type !== 'leave' &&
        node.member !== grant.member &&
        !gives(grant, node.member) &&
        hasBit(node.past, grant.index) &&
        !node.chain.has(grant.index),
    )
  }
}

export function inviteOf(join: RosterNode): InviteId | null {
  return join.operation.author.kind === 'invitation' ? join.operation.author.id : null
}

export function proofOf(fork: Fork): [OperationId, OperationId] {
  const [a, b] = fork.twins
  if (a === undefined || b === undefined) throw new Error('a fork has two sides')
  return [a.operation.id, b.operation.id]
}
