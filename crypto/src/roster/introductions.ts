import type { DeviceId, InviteId, MemberId } from '../ids.ts'
import { hasBit } from './bit-set.ts'
import { push } from './ends.ts'
import { compareNodes } from './node.ts'
import type { RosterNode } from './node.ts'
import { compareRanks } from './rank.ts'
import type { Rank } from './state.ts'
import type { Witnesses } from './witness.ts'

/** What brings a member, a device or an invitation: where one was brought twice beside each other, which of them did. */
export class Introductions {
  readonly #witnesses: Witnesses
  readonly #of = new Map<MemberId | DeviceId | InviteId, RosterNode[]>()
  readonly #supports = new Map<string, Rank | null>()

  constructor(nodes: readonly RosterNode[], witnesses: Witnesses) {
    this.#witnesses = witnesses
    for (const node of nodes) for (const id of introducedBy(node)) push(this.#of, id, node)
  }

  of(id: MemberId | DeviceId | InviteId): readonly RosterNode[] {
    return this.#of.get(id) ?? []
  }

  /** Whether whatever an operation brings is brought by it. */
  isFirst(node: RosterNode): boolean {
    return introducedBy(node).every((id) => {
      const twins = this.of(id).filter((twin) => twin !== node && isBeside(twin, node))
      return twins.every((twin) => this.#compare(id, node, twin) < 0)
    })
  }

  /**
   * That on which the most senior had built who had heard of no other one goes first: whoever says it again, dated back, would
   * else undo all that came of it. Where nobody had, of two invitations the senior one is meant, of all else what is first.
   */
  #compare(id: MemberId | DeviceId | InviteId, a: RosterNode, b: RosterNode): number {
    const [one, other] = [this.#support(id, a), this.#support(id, b)]
    if (one !== null && other === null) return -1
    if (one === null && other !== null) return 1
    const bySupport = one === null || other === null ? 0 : compareRanks(one, other)
    const byStrength = a.operation.type === 'invite' ? compareRanks(a.strength, b.strength) : 0
    return bySupport || byStrength || compareNodes(a, b)
  }

  /** The most senior authority of those who had built on it and on no twin, and whom the authors of neither had made up. */
  #support(id: MemberId | DeviceId | InviteId, node: RosterNode): Rank | null {
    const name = `${id} ${node.index}`
    const known = this.#supports.get(name)
    if (known !== undefined) return known
    const twins = this.of(id).filter((twin) => twin !== node)
    const found = this.#witnesses
      .of(node)
      .filter((other) =>
        twins.every(
          (twin) =>
            !hasBit(other.past, twin.index) &&
            this.#witnesses.isWitness(other, twin) &&
            !this.#witnesses.isMadeUpBy(other, node.member, twin),
        ),
      )
      .map(({ strength }) => strength)
      .toSorted(compareRanks)
    const support = found[0] ?? null
    this.#supports.set(name, support)
    return support
  }
}

function introducedBy({ operation: { body, author } }: RosterNode): (MemberId | DeviceId | InviteId)[] {
  switch (body.type) {
    case 'join':
      return author.kind === 'invitation' ? [body.newcomer.member, body.newcomer.device] : []
    case 'add-device':
      return [body.device]
    case 'invite':
      return [body.invite]
    default:
      return []
  }
}

function isBeside(a: RosterNode, b: RosterNode): boolean {
  return !hasBit(a.past, b.index) && !hasBit(b.past, a.index)
}
