import type { DeviceId, InviteId } from '../ids.ts'
import { hasBit } from './bit-set.ts'
import { Ends, isAdding, isOwnWord, isRemoval, once, push } from './ends.ts'
import type { Fork } from './ends.ts'
import { Introductions } from './introductions.ts'
import { inviteOf } from './node.ts'
import type { RosterNode } from './node.ts'
import { compareRanks, isStrictlySenior } from './rank.ts'
import { roleToInvite } from './roles.ts'
import type { Role } from './roles.ts'
import { mightLetIn, roleByLink, sayOf } from './say.ts'
import type { MemberStatus, Rank } from './state.ts'
import { listSurplus } from './surplus.ts'
import { Witnesses } from './witness.ts'

/**
 * Which operations of one set have their effect. Every question goes from an operation to strictly stronger ones,
 * or down its own chain of authority, so the answers cannot run in a circle.
 */
export class Counting {
  readonly #ends: Ends
  readonly #witnesses: Witnesses
  readonly #introductions: Introductions
  readonly #nodes: readonly RosterNode[]
  readonly #within: ReadonlyMap<number, RosterNode>
  /** By the operation that made the invitation: its key may be in another one, too. */
  readonly #joins = new Map<RosterNode | undefined, RosterNode[]>()
  readonly #revokes = new Map<InviteId, RosterNode[]>()
  readonly #closes = new Map<InviteId, RosterNode[]>()
  readonly #verdicts = new Map<number, boolean>()
  readonly #bearing = new Map<number, boolean>()
  readonly #own = new Map<number, boolean>()
  readonly #givenUp = new Map<number, boolean>()
  readonly #listed = new Map<RosterNode | undefined, ReadonlySet<RosterNode>>()
  readonly #winners = new Map<RosterNode | undefined, ReadonlySet<RosterNode> | null>()

  /**
   * `nodes`: what came since some operation that all of them build on, or since the beginning, in the order of
   * `compareNodes`. What was before they cannot change; of it only what counts is asked for.
   */
  constructor(nodes: readonly RosterNode[]) {
    this.#nodes = nodes
    this.#within = new Map(nodes.map((node) => [node.index, node]))
    this.#ends = new Ends(nodes)
    this.#witnesses = new Witnesses(nodes, this.#within, this.#ends, (node) => this.counts(node))
    this.#introductions = new Introductions(nodes, this.#witnesses)
    for (const node of nodes) {
      const { body } = node.operation
      if (body.type === 'join') push(this.#joins, node.rests[0], node)
      if (body.type === 'revoke-invite') push(this.#revokes, body.invite, node)
      if (body.type === 'close-invite') push(this.#closes, body.invite, node)
    }
    // In this order, so that no question goes deep: what is stronger, and what an operation rests on, has been answered.
    const strongestFirst = nodes.toSorted((a, b) => compareRanks(a.strength, b.strength))
    for (const node of strongestFirst) if (!this.counts(node)) this.#bears(node)
  }

  get forks(): ReadonlyMap<DeviceId, Fork> {
    return this.#ends.forks
  }

  counts(node: RosterNode): boolean {
    if (!this.#within.has(node.index)) return true
    return once(this.#verdicts, node.index, () => {
      this.#answerBelow(node)
      return this.#decide(node)
    })
  }

  /** The line of authority from its beginning, so that no question goes as deep as that is long. */
  #answerBelow({ rests, chain, isCountersigned }: RosterNode): void {
    if (isCountersigned) return
    const isOpen = (index: number): boolean => this.#within.has(index) && !this.#verdicts.has(index)
    if (!rests.some(({ index }) => isOpen(index))) return
    for (const index of [...chain].filter(isOpen).sort((a, b) => a - b)) {
      const below = this.#within.get(index)
      if (below !== undefined && !this.counts(below)) this.#bears(below)
    }
  }

  /**
   * Whether what somebody says of themselves holds for them, though it takes no effect of anything: that they leave, also beside
   * a removal, as whoever undoes that may not know of it; and what ends a place or device of theirs, also where they are in by
   * something else than what it rests on.
   */
  isSaid(node: RosterNode): boolean {
    if (!isOwnWord(node) || !node.rests.every((rest) => this.#isTheirs(rest))) return false
    if (node.operation.type === 'leave') return true
    const ends = this.#endsByAuthor(node, (end) => end.rests.every((rest) => this.#isTheirs(rest)))
    return this.#stands(node) && this.#witnesses.areVouched(node, ends)
  }

  /** Of how somebody came and by what device they speak: whether it is so but for what had let them in. */
  #isTheirs(rest: RosterNode): boolean {
    if (!isAdding(rest)) return !this.isSecond(rest)
    return this.#stands(rest) && rest.rests.every((below) => this.#isTheirs(below))
  }

  /** Whether another operation brought the member or device that this one brings. */
  isSecond(node: RosterNode): boolean {
    const { type } = node.operation
    return (type === 'join' || type === 'add-device') && !this.#introductions.isFirst(node)
  }

  /** What took from its author the role for something that gives others more. */
  demotionsOf(node: RosterNode): RosterNode[] {
    if (node.needs === null || isRemoval(node)) return []
    const ends = [...this.#ends.demotionsOutsideOf(node), ...this.#endsByAuthor(node)]
    return ends.filter((end) => end.demotesTo !== null && this.counts(end))
  }

  isVouched(node: RosterNode, end: RosterNode): boolean {
    return this.#witnesses.isVouched(node, end)
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
    if (!this.counts(join)) return this.#listedOf(join).has(join) ? 'quarantined' : 'out'
    return this.#isClosed(invite, join, false) ? 'quarantined' : 'in'
  }

  #decide(node: RosterNode): boolean {
    if (node.rests.length === 0 || node.isCountersigned) return true
    if (!this.#mayRest(node)) return false
    if (node.operation.body.type === 'join') return this.#joinCounts(node)
    return this.#stands(node) && !this.#isGivenUp(node)
  }

  #mayRest(node: RosterNode): boolean {
    return node.rests.every((rest) => this.counts(rest) || this.#bears(rest) || this.#isNotNeeded(rest, node))
  }

  /** Of a role that was given again: whether nothing had taken it of which what gives it besides had not known. */
  #isNotNeeded(lift: RosterNode, { rests, member, rank }: RosterNode): boolean {
    return rests.some((grant) => {
      const taken = grant === lift ? [] : this.#ends.liftedBy(lift, grant, member)
      return (
        taken.length > 0 &&
        this.counts(grant) &&
        !taken.some((end) => !isStrictlySenior(end.strength, rank) || this.counts(end))
      )
    })
  }

  /** Whether what a device did may count that is out only by its member's own word, or as the one that added it is. */
  #bears(rest: RosterNode): boolean {
    if (!isAdding(rest)) return false
    return once(this.#bearing, rest.index, () => this.#mayRest(rest) && this.#stands(rest))
  }

  /** Whether it says what its author had heard of: also the adding of a device that is out by their own word, if vouched for. */
  #speaks(node: RosterNode): boolean {
    return (
      this.counts(node) || (this.#bears(node) && this.#witnesses.areVouched(node, this.#endsByAuthor(node)))
    )
  }

  /** Whether nobody else's word takes it back, nor a fork or a twin of it. */
  #stands(node: RosterNode): boolean {
    const { body } = node.operation
    if (this.#isTakenBack(node)) return false
    const fork = this.#ends.forkOf(node)
    if (fork !== null && !isRemoval(node) && !this.#witnesses.wasBuiltOn(node, fork)) return false
    return !['add-device', 'invite'].includes(body.type) || this.#introductions.isFirst(node)
  }

  /** Whether its author was removed, or lost the right to it, without this being known. */
  #isTakenBack(node: RosterNode): boolean {
    const ends = [
      ...this.#ends.outsideOf(node, node.member, null).filter((removal) => this.#ends.isStrong(removal)),
      ...this.#ends.demotionsOutsideOf(node),
      ...this.#ends.placeEndsOutsideOf(node),
    ]
    return ends.some(
      (end) => (end.isCountersigned || isStrictlySenior(end.strength, node.rank)) && this.counts(end),
    )
  }

  /**
   * Whether its author ended their own place, role or device without it, and nobody had built on it by then. A device goes
   * in any case, or a copied key would outlive its own.
   */
  #isGivenUp(node: RosterNode): boolean {
    return once(this.#givenUp, node.index, () => {
      const ends = this.#endsByAuthor(node)
      return isAdding(node) ? ends.length > 0 : !this.#witnesses.areVouched(node, ends)
    })
  }

  #endsByAuthor(
    node: RosterNode,
    isGrounded = (end: RosterNode): boolean => this.#isGrounded(end, node),
  ): RosterNode[] {
    const ends = this.#ends.ownEndsOf(node)
    return ends.filter((end) => this.#isOwn(end) && !this.#isGivenUp(end) && isGrounded(end))
  }

  /** Whether its author came, and had its device. Not by whose confirmation: that may be a junior's, who rests on them. */
  #isGrounded(end: RosterNode, node: RosterNode): boolean {
    return end.rests.every((rest) => {
      const { type } = rest.operation
      if (type === 'join') {
        const order = compareRanks(rest.strength, node.strength)
        return order > 0 || (order === 0 && !hasBit(node.past, rest.index)) || this.counts(rest)
      }
      return type !== 'add-device' || (this.#introductions.isFirst(rest) && this.#isGrounded(rest, node))
    })
  }

  #isOwn(node: RosterNode): boolean {
    return once(this.#own, node.index, () => this.#findOwn(node))
  }

  /** Whether an own end is their word: not of somebody removed before, nor of a copied key or what that added. */
  #findOwn(node: RosterNode): boolean {
    const { past } = node
    const twins = this.#ends.forkOf(node)?.proofs.flat() ?? []
    const beside = twins.filter((twin) => twin !== node && !hasBit(past, twin.index))
    const added = node.device === null ? [] : this.#introductions.of(node.device)
    return (
      this.#stands(node) &&
      this.#witnesses.areVouched(node, beside) &&
      added.every(
        (one) =>
          one.member !== node.member ||
          !hasBit(past, one.index) ||
          !this.#introductions.isFirst(one) ||
          this.#isOwn(one),
      )
    )
  }

  /**
   * Whether whoever takes an invitation back had built on a join by another device, not knowing of that: in one line of
   * theirs the revocation would have come later. A root adds devices to what was known at any time.
   */
  #hadSeen(end: RosterNode, join: RosterNode, byStronger: boolean): boolean {
    const nodes = byStronger ? this.#seniors(join.rank) : this.#nodes
    const isTheirs = (node: RosterNode) => node.member === end.member && node.operation.type !== 'leave'
    return this.#isBuiltOn(join, end, nodes, isTheirs)
  }

  /** Whether somebody who counts for it built on a join without knowing of an end beside it. */
  #isBuiltOn(
    { index }: RosterNode,
    end: RosterNode,
    by: readonly RosterNode[],
    countsFor: (node: RosterNode) => boolean,
  ): boolean {
    const isBeside = ({ past }: RosterNode) => hasBit(past, index) && !hasBit(past, end.index)
    return by.some((node) => node !== end && isBeside(node) && countsFor(node) && this.#speaks(node))
  }

  #joinCounts(join: RosterNode): boolean {
    const invite = inviteOf(join)
    if (invite === null || !this.#isEligible(join, invite)) return false
    const winners = this.#winnersOf(join)
    return winners === null || winners.has(join)
  }

  /** All but the competition with other takers. */
  #isEligible(join: RosterNode, invite: InviteId): boolean {
    return (
      this.#introductions.isFirst(join) &&
      !this.#isRevoked(invite, join, true) &&
      !this.#isClosed(invite, join, true) &&
      !this.#isSpoiled(join, true)
    )
  }

  /** Whether somebody who knows the invitation's keys was removed without this join being known. */
  #isSpoiled(join: RosterNode, byStronger: boolean): boolean {
    const isOwnLeave = (end: RosterNode) => end.operation.type === 'leave' && this.#isOwn(end)
    return this.#ends
      .ofInvitationOutside(join)
      .some(
        (end) =>
          (!byStronger || end.isCountersigned || isStrictlySenior(end.strength, join.rank)) &&
          (this.#witnesses.takesKeys(end, byStronger) || isOwnLeave(end)) &&
          this.counts(end) &&
          !this.#isSpared(join, end),
      )
  }

  /**
   * Whether a counting end of this invitation did not know of this join. `byStronger`: only ends are asked whose
   * authority is strictly senior; nothing weaker may even be looked at while it is open whether the join counts. Nor is
   * what a forked device signed: an old stolen key could else undo all that came of its member's invitations.
   */
  #isRevoked(invite: InviteId, join: RosterNode, byStronger: boolean): boolean {
    return this.#endsBeside(this.#revokes, invite, join, byStronger).some(
      (end) =>
        !(byStronger && this.#ends.isTainted(end)) &&
        this.counts(end) &&
        !this.#hadSeen(end, join, byStronger),
    )
  }

  /** A closing spares whom a senior member has already built on without knowing of it. */
  #isClosed(invite: InviteId, join: RosterNode, byStronger: boolean): boolean {
    return this.#endsBeside(this.#closes, invite, join, byStronger).some(
      (close) =>
        this.#witnesses.takesKeys(close, byStronger) && this.counts(close) && !this.#isSpared(join, close),
    )
  }

  /** Whether a senior who might have let somebody in like that built on a join without knowing of an end beside it. */
  #isSpared(join: RosterNode, end: RosterNode): boolean {
    const { rank } = join
    return this.#isBuiltOn(join, end, this.#seniors(rank), (node) =>
      this.#mightLetIn(node, rank, roleByLink(join)),
    )
  }

  /**
   * Whether its author might have let somebody in with this role, and what gave them theirs counts, and nothing has taken it:
   * of somebody's own word, as of what they do by a role.
   */
  #mightLetIn(node: RosterNode, rank: Rank, role: Role): boolean {
    if (!mightLetIn(sayOf(node), rank, role)) return false
    // The place in a space is last.
    const asked = { ...node, needs: roleToInvite(role), rests: [...node.grants, ...node.rests] }
    if (!this.#mayRest(asked) || this.#isTakenBack(asked)) return false
    const stepsDown = this.#endsByAuthor(asked).filter((end) => end.demotesTo !== null)
    return this.#witnesses.areVouched(node, stepsDown)
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
  #winnersOf(join: RosterNode): ReadonlySet<RosterNode> | null {
    const [invite] = join.rests
    return once(this.#winners, invite, () => this.#chooseWinners(this.#joins.get(invite) ?? []))
  }

  #chooseWinners(joins: readonly RosterNode[]): ReadonlySet<RosterNode> | null {
    const takers = joins.filter((join) => {
      const invite = inviteOf(join)
      return invite !== null && this.#isEligible(join, invite)
    })
    const first = takers[0]
    const body = first?.rests[0]?.operation.body
    if (first === undefined || body?.type !== 'invite' || takers.length <= body.uses) return null
    let winners = new Set<RosterNode>()
    const witnesses = this.#seniors(first.rank)
      .map((node) => ({ node, seen: takers.filter((taker) => hasBit(node.past, taker.index)) }))
      .filter(({ seen }) => seen.length > 0 && seen.length <= body.uses)
      .filter(({ node }) => this.#mightLetIn(node, first.rank, body.role) && this.#speaks(node))
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

  #listedOf(join: RosterNode): ReadonlySet<RosterNode> {
    const [invite] = join.rests
    return once(this.#listed, invite, () => {
      // What brings nobody takes nobody's place.
      const takers = (this.#joins.get(invite) ?? []).filter((taker) => !this.isSecond(taker))
      return listSurplus(takers, (taker) => this.counts(taker))
    })
  }
}
