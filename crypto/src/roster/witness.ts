import type { MemberId } from '../ids.ts'
import { hasBit } from './bit-set.ts'
import { isRootDrop } from './ends.ts'
import type { Ends, Fork } from './ends.ts'
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
  readonly #counts: (node: RosterNode) => boolean
  readonly #of = new Map<number, readonly RosterNode[]>()
  readonly #lines = new Map<number, readonly RosterNode[]>()
  readonly #vouched = new Map<string, boolean>()

  /** `counts` is asked for keys alone, when all of it has been answered. */
  constructor(
    nodes: readonly RosterNode[],
    within: ReadonlyMap<number, RosterNode>,
    ends: Ends,
    counts: (node: RosterNode) => boolean,
  ) {
    this.#nodes = nodes
    this.#within = within
    this.#ends = ends
    this.#counts = counts
  }

  /** What ended the membership or device of one on its line without its knowing. */
  #endsOf({ past }: RosterNode, node: RosterNode): RosterNode[] {
    const { member, device } = speakerOf(node)
    return this.#ends.outsideOf(node, member, device).filter((end) => !hasBit(past, end.index))
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

  /**
   * Whether somebody else built on a grant before any fork of its author was known.
   * Asked of what was authorised, not of what counts, so that two forked devices cannot make each other's answer; and of
   * every fork, as one that shows later and lies earlier would else bring back what was out.
   */
  wasBuiltOn(grant: RosterNode, { proofs }: Fork): boolean {
    return this.of(grant).some((node) => knowsNone(node, proofs))
  }

  /**
   * Whether an end takes something from who came beside it. Of a device that forked, or that such a one had a part in, it takes
   * keys alone (`byStronger` asks for more), and where somebody had built on it before any of these forks was known whom its
   * author has not let in since, and whom nothing that counts had taken out by then: forking would else open again what it closed.
   */
  takesKeys(end: RosterNode, byStronger: boolean): boolean {
    if (!this.#ends.isTainted(end)) return true
    const proofs = this.#ends.forksOf(end)?.flatMap((fork) => fork.proofs)
    if (byStronger || proofs === undefined) return false
    const isIn = (node: RosterNode): boolean => {
      const outBy = this.#line(node).flatMap((one) => this.#endsOf(node, one))
      return outBy.every((by) => !this.#counts(by) || this.isVouched(node, by))
    }
    const hears = (node: RosterNode) => knowsNone(node, proofs) && !this.isMadeUpBy(node, end.member, end)
    return this.of(end).some((node) => hears(node) && isIn(node))
  }

  areVouched(node: RosterNode, ends: readonly RosterNode[]): boolean {
    return ends.every((end) => this.isVouched(node, end))
  }

  /**
   * Whether there is a witness who did not know of an end; of the loss of a device, one who might have done this, unless its
   * member had handed on their role since.
   */
  isVouched(node: RosterNode, end: RosterNode): boolean {
    // On a list, so that no question goes deep: each goes on where it had to wait for another one.
    const open: Question[] = [{ node, end, at: 0 }]
    for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
      const answer = this.#vouched.get(nameOf(last)) ?? this.#goOn(last)
      if (typeof answer !== 'boolean') open.push(answer)
      else {
        this.#vouched.set(nameOf(last), answer)
        open.pop()
      }
    }
    return this.#vouched.get(nameOf({ node, end })) === true
  }

  /** An answer, or what has to be answered first. */
  #goOn(question: Question): boolean | Question {
    const { node, end } = question
    const takesRole = isRootDrop(end) && this.#ends.knewRoles(end)
    const others = this.of(node)
    for (; question.at < others.length; question.at++) {
      const other = others[question.at]
      if (other === undefined || hasBit(other.past, end.index) || (takesRole && !mightDo(other, node)))
        continue
      const answer = this.#witnesses(other, end)
      if (answer !== false) return answer
    }
    return false
  }

  /**
   * Whether nothing that a witness did not know of ended the membership or device of its author, or of anybody who let them
   * in, before they did, unless others vouch for it there; and nobody whose own word `end` is let them in without its knowing.
   * Their member could else make up witnesses.
   */
  isWitness(witness: RosterNode, end: RosterNode): boolean {
    for (;;) {
      const answer = this.#witnesses(witness, end)
      if (typeof answer === 'boolean') return answer
      this.isVouched(answer.node, answer.end)
    }
  }

  #witnesses(witness: RosterNode, end: RosterNode): boolean | Question {
    for (const node of this.#line(witness)) {
      if (speakerOf(node).member === end.member && !hasBit(end.past, node.index)) return false
      for (const other of this.#endsOf(witness, node)) {
        const question = { node: witness, end: other, at: 0 }
        const answer = this.#vouched.get(nameOf(question))
        if (answer !== true) return answer ?? question
      }
    }
    return true
  }

  /** Whether this member let a witness in by something that an operation did not know of. */
  isMadeUpBy(witness: RosterNode, member: MemberId, beside: RosterNode): boolean {
    return this.#line(witness).some((node) => {
      return speakerOf(node).member === member && !hasBit(beside.past, node.index)
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

function knowsNone({ past }: RosterNode, proofs: Fork['proofs']): boolean {
  return proofs.every((proof) => proof.filter((twin) => hasBit(past, twin.index)).length < 2)
}

interface Question {
  readonly node: RosterNode
  readonly end: RosterNode
  /** Which of those who might be a witness is asked next. */
  at: number
}

function nameOf({ node, end }: Pick<Question, 'node' | 'end'>): string {
  return `${node.index} ${end.index}`
}

/** Its author; of a join, whoever let them in. */
function speakerOf(node: RosterNode): RosterNode {
  return (node.operation.type === 'join' ? node.rests[0] : node) ?? node
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
