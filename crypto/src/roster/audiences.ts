import type { MemberId, SpaceId } from '../ids.ts'
import { hasBit } from './bit-set.ts'
import type { Counting } from './counting.ts'
import { isPlaceEndOutsideOf, placeName, push } from './ends.ts'
import type { RosterNode } from './node.ts'

/**
 * Who is in by which change of an audience, in one set of operations: of changes beside each other those that take
 * somebody out win. They are asked for as they count (`counting.ts`), never by what is decided here.
 */
export class Audiences {
  readonly #removals = new Map<string, RosterNode[]>()
  readonly #counting: Counting
  readonly #unplaced = new Map<RosterNode, boolean>()

  constructor(nodes: readonly RosterNode[], counting: Counting) {
    this.#counting = counting
    for (const node of nodes) {
      const { body } = node.operation
      if (body.type !== 'set-audience' || !(counting.counts(node) || counting.isSaid(node))) continue
      for (const member of body.remove) push(this.#removals, placeName(body.space, member), node)
    }
    for (const node of nodes) this.#unplaced.set(node, this.#decide(node))
  }

  /** Whether a member whom this operation adds is in by it, if nothing after it takes them out. */
  letsIn(node: RosterNode, member: MemberId): boolean {
    const { body } = node.operation
    if (body.type !== 'set-audience') return true
    const isBeside = (end: RosterNode): boolean =>
      !hasBit(node.past, end.index) && !hasBit(end.past, node.index)
    return !this.#endsOf(body.space, member).some(isBeside) && !this.#isUnplaced(node)
  }

  /**
   * Whether its author was taken out and it did not know of that, or came by such a change. By their own word only if nobody
   * had built on it by then.
   */
  #isUnplaced(node: RosterNode): boolean {
    return this.#unplaced.get(node) ?? false
  }

  #decide(node: RosterNode): boolean {
    const { body } = node.operation
    if (body.type !== 'set-audience') return false
    return (
      this.#endsOf(body.space, node.member).some(
        (end) =>
          isPlaceEndOutsideOf(end, node) &&
          !(end.member === node.member && this.#counting.isVouched(node, end)),
      ) || node.rests.some((rest) => this.#isUnplaced(rest))
    )
  }

  #endsOf(space: SpaceId, member: MemberId): readonly RosterNode[] {
    return this.#removals.get(placeName(space, member)) ?? []
  }
}
