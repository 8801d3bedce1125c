import type { MemberId } from '../ids.ts'
import { hasBit } from './bit-set.ts'
import { isRootDrop } from './ends.ts'
import type { Ends } from './ends.ts'
import type { RosterNode } from './node.ts'
import { reaches } from './roles.ts'

/**
 * Who had built on an operation without knowing of what would take its effect. Asked of what was authorised, not of what
 * counts, so that no answer waits for another one.
 */
export class Witnesses {
  readonly #nodes: readonly RosterNode[]
  readonly #within: ReadonlyMap<number, RosterNode>
  readonly #ends: Ends
  readonly #of = new Map<number, readonly RosterNode[]>()
  readonly #lines = new Map<number, readonly RosterNode[]>()
  readonly #vouched = new Map<string, boolean>()

  constructor(nodes: readonly RosterNode[], within: ReadonlyMap<number, RosterNode>, ends: Ends) {
    this.#nodes = nodes
    this.#within = within
    this.#ends = ends
  }

  /** What others built on it who do not owe their own place to it, nor have been given anything by it. */
  of(grant: RosterNode): readonly RosterNode[] {
    const known = this.#of.get(grant.index)
    if (known !== undefined) return known
    const found = this.#nodes.filter(
      (node) =>
        node.device !== null &&
        node.operation.type !== 'leave' &&
        node.member !== grant.member &&
        !gives(grant, node.member) &&
        hasBit(node.past, grant.index) &&
        !node.chain.has(grant.index),
    )
    this.#of.set(grant.index, found)
    return found
  }

  areVouched(node: RosterNode, ends: readonly RosterNode[]): boolean {
    return ends.every((end) => this.isVouched(node, end))
  }

  /**
   * Whether there is a witness who did not know of an end; of the loss of a device, one who might have done this, unless its
   * member had handed on their role since. From the last to the first, so that this goes no deeper than two.
   */
  isVouched(node: RosterNode, end: RosterNode): boolean {
    const name = `${node.index} ${end.index}`
    const known = this.#vouched.get(name)
    if (known !== undefined) return known
    const takesRole = isRootDrop(end) && this.#ends.knewRoles(end)
    const found = this.of(node)
      .toReversed()
      .some(
        (other) =>
          !hasBit(other.past, end.index) &&
          (!takesRole || mightDo(other, node)) &&
          this.isWitness(other, end),
      )
    this.#vouched.set(name, found)
    return found
  }

  /**
   * Whether nothing that a witness did not know of ended the membership or device of its author, or of anybody who let them
   * in, before they did, unless others vouch for it there; and nobody whose own word `end` is let them in without its knowing.
   * Their member could else make up witnesses.
   */
  isWitness(witness: RosterNode, end: RosterNode): boolean {
    return this.#line(witness).every((node) => {
      const { member, device } = (node.operation.type === 'join' ? node.rests[0] : node) ?? node
      const unknown = this.#ends
        .outsideOf(node, member, device)
        .filter((other) => !hasBit(witness.past, other.index))
      return (member !== end.member || hasBit(end.past, node.index)) && this.areVouched(witness, unknown)
    })
  }

  /** Whether this member let a witness in by something that an operation did not know of. */
  isMadeUpBy(witness: RosterNode, member: MemberId, beside: RosterNode): boolean {
    return this.#line(witness).some((node) => {
      const by = node.operation.type === 'join' ? node.rests[0]?.member : node.member
      return by === member && !hasBit(beside.past, node.index)
    })
  }

  /**
   * A witness and what gave its author a place, a device and a role. What put them in a space is no part of it: whoever is in
   * the clique has seen what they have seen.
   */
  #line(witness: RosterNode): readonly RosterNode[] {
    const known = this.#lines.get(witness.index)
    if (known !== undefined) return known
    const line = new Set([witness])
    for (const node of line) {
      for (const { index, operation } of node.rests) {
        const rest = isOfSpace(operation.type) ? undefined : this.#within.get(index)
        if (rest !== undefined) line.add(rest)
      }
    }
    const found = [...line]
    this.#lines.set(witness.index, found)
    return found
  }
}

function isOfSpace(type: RosterNode['operation']['type']): boolean {
  return type === 'create-space' || type === 'set-audience'
}

/** Whether the author of one operation had, when they wrote it, the role that another one takes. */
function mightDo(author: RosterNode, { needs }: RosterNode): boolean {
  return needs === null || reaches(author.after.members.get(author.member)?.role ?? 'reader', needs)
}

/** Whether this member has a role, a confirmed place or a place in a space by an operation. */
function gives({ operation: { body } }: RosterNode, member: MemberId): boolean {
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
