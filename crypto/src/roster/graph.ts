import { checkRotation, headsOf, parentsOf } from '../epochs/check-rotation.ts'
import { nameCuts } from '../epochs/cuts.ts'
import { maxEpochHeads, maxSideBySide } from '../epochs/rotation-codec.ts'
import { entitledRecipients, shareEntitled } from '../epochs/recipients.ts'
import type { ArchiveId, Capability } from '../epochs/rotation.ts'
import { toHex } from '../bytes.ts'
import type { ErrorCode } from '../errors.ts'
import type { CliqueId, OperationId } from '../ids.ts'
import { Audiences } from './audiences.ts'
import { bitsToIndexes, emptyBits, hasBit, unite } from './bit-set.ts'
import type { BitSet } from './bit-set.ts'
import { Counting } from './counting.ts'
import { authorOf } from './author.ts'
import { Draft } from './draft.ts'
import { isStrongAlone, proofOf, push } from './ends.ts'
import { establish } from './facts.ts'
import type { Facts } from './facts.ts'
import { compareNodes, operationIdsOf } from './node.ts'
import type { RosterNode } from './node.ts'
import { cliqueOf } from './operation-codec.ts'
import { rotationOf } from './operation.ts'
import type { Operation } from './operation.ts'
import { emptyState } from './sealed-state.ts'
import { rotatedBy } from './spaces.ts'
import type { EpochInfo, RosterState } from './state.ts'
import { windowOf } from './window.ts'
import type { Window } from './window.ts'
import { topicOf, winnersOf } from './winners.ts'

/** Merged states kept for the next question; every single operation keeps its own besides. */
const mergedStateLimit = 64

export type Placement =
  | { readonly kind: 'placed'; readonly node: RosterNode }
  | { readonly kind: 'known' }
  /** Operations that it builds on are not there yet. */
  | { readonly kind: 'missing' }
  | { readonly kind: 'refused'; readonly code: ErrorCode }

/**
 * The authorised operations of one clique with all that was found out about them. It only grows, and every answer
 * is about a set that is named in the question, so one graph serves any number of logs.
 */
export class RosterGraph {
  readonly clique: CliqueId
  readonly #nodes: RosterNode[] = []
  readonly #byId = new Map<OperationId, RosterNode>()
  readonly #byArchive = new Map<ArchiveId, number[]>()
  readonly #merged = new Map<string, RosterState>()
  readonly #empty: RosterState

  constructor(clique: CliqueId) {
    this.clique = clique
    this.#empty = emptyState(clique)
  }

  get(id: OperationId): RosterNode | undefined {
    return this.#byId.get(id)
  }

  /** Of a verified operation. Nothing is remembered of one that is refused. */
  place(operation: Operation): Placement {
    if (this.#byId.has(operation.id)) return { kind: 'known' }
    if (cliqueOf(operation) !== this.clique) return { kind: 'refused', code: 'operation-wrong-clique' }
    const direct: RosterNode[] = []
    const named = operation.previous === null ? [] : [operation.previous]
    for (const id of new Set([...operation.parents, ...named])) {
      const node = this.#byId.get(id)
      if (node === undefined) return { kind: 'missing' }
      direct.push(node)
    }
    const past = this.stateOf(direct)
    // Nobody else's rotation could ever follow it: that takes a way back to every one of these epochs.
    const most = rotationOf(operation.body)?.space === null ? maxEpochHeads : maxSideBySide
    if (headsOf(past).length > most) return { kind: 'refused', code: 'operation-parents' }
    const found = establish(operation, past, this)
    if (typeof found === 'string') return { kind: 'refused', code: found }
    const node = this.#makeNode(operation, found, past, direct)
    if (typeof node === 'string') return { kind: 'refused', code: node }
    this.#nodes.push(node)
    this.#byId.set(operation.id, node)
    if (node.epoch !== null) push(this.#byArchive, node.epoch.archive, node.index)
    return { kind: 'placed', node }
  }

  /** The state of these operations and of all that they build on. */
  stateOf(nodes: readonly RosterNode[]): RosterState {
    const bits = unite(nodes.map((node) => node.past))
    const heads = [...new Set(nodes)].filter((node) => !hasBit(bits, node.index))
    const [only] = heads
    if (only === undefined) return this.#empty
    if (heads.length === 1) return only.after
    const name = operationIdsOf(heads).join(' ')
    const known = this.#merged.get(name)
    if (known !== undefined) return known
    const state = this.#fold(
      windowOf(heads, (node) => this.#directOf(node)),
      operationIdsOf(heads),
    )
    const [oldest] = this.#merged.keys()
    if (this.#merged.size >= mergedStateLimit && oldest !== undefined) this.#merged.delete(oldest)
    this.#merged.set(name, state)
    return state
  }

  stateAt(ids: Iterable<OperationId>): RosterState {
    return this.stateOf([...ids].flatMap((id) => this.#byId.get(id) ?? []))
  }

  /** As `stateAt` without any shortcut. The two must agree; tests hold them against each other. */
  foldWhole(ids: Iterable<OperationId>): RosterState {
    const nodes = [...ids].flatMap((id) => this.#byId.get(id) ?? [])
    const bits = unite(nodes.map((node) => node.past))
    const heads = [...new Set(nodes)].filter((node) => !hasBit(bits, node.index))
    const set = unite(
      [bits],
      heads.map((head) => head.index),
    )
    const all = bitsToIndexes(set).flatMap((index) => this.#nodes[index] ?? [])
    return this.#fold({ base: null, nodes: all }, operationIdsOf(heads))
  }

  /** Which of these operations, and of all that they build on, have their effect. */
  countingAt(ids: Iterable<OperationId>): ReadonlySet<OperationId> {
    const nodes = [...ids].flatMap((id) => this.#byId.get(id) ?? [])
    const set = unite(
      nodes.map((node) => node.past),
      nodes.map((node) => node.index),
    )
    const all = bitsToIndexes(set).flatMap((index) => this.#nodes[index] ?? [])
    const counting = new Counting(all.toSorted(compareNodes))
    return new Set(all.filter((node) => counting.counts(node)).map(({ operation }) => operation.id))
  }

  /**
   * What an epoch of the clique brought, by the operation that the state names: another one may have begun it, too, and
   * which of the two came here first must not matter.
   */
  capabilityOf(epoch: EpochInfo): Capability {
    const node = this.#byId.get(epoch.operation)
    const capability = node === undefined ? null : rotationOf(node.operation.body)?.capability
    if (capability == null) throw new Error('an epoch in the state has its rotation')
    return capability
  }

  #makeNode(
    operation: Operation,
    found: Facts,
    past: RosterState,
    direct: readonly RosterNode[],
  ): RosterNode | ErrorCode {
    const facts = {
      ...found,
      operation,
      index: this.#nodes.length,
      past: this.#pastOf(direct),
      depth: 1 + Math.max(-1, ...direct.map((node) => node.depth)),
    }
    const draft = new Draft(past)
    draft.apply(operation, authorOf(found, isStrongAlone(found, past)), true, 'in')
    noteDemotion(draft, { ...found, operation })
    const before = draft.finish([operation.id])
    const part = rotationOf(operation.body)
    const rotated = rotatedBy(operation.body, found.member)
    if (part === null)
      return rotated === undefined ? { ...facts, epoch: null, cuts: [], after: before } : 'rotation-space'
    const { member, device } = found
    const named = nameCuts(part.cuts, { past, after: before, by: device, member, body: operation.body })
    const code = checkRotation(part, {
      past,
      after: before,
      member,
      named,
      space: rotated,
      mayCut: mayCut(operation.type),
      mayCutOwn: operation.type === 'remove-device',
      role: found.device === null ? null : (past.members.get(found.member)?.role ?? null),
      capabilityOf: (epoch) => this.capabilityOf(epoch),
      isKnownArchive: (archive) =>
        (this.#byArchive.get(archive) ?? []).some((index) => hasBit(facts.past, index)),
    })
    if (code !== null) return code
    const { holders: recipients, circle } = entitledRecipients(before, part.space)
    const { members, devices, invitations, spaces } = before
    const views = [{ members, devices, invitations, spaces }]
    const heads = headsOf(past, part.space)
    const parents = parentsOf(part, heads)
    const holders =
      device === null || recipients.has(`device:${device}`)
        ? recipients
        : new Set([...recipients, `device:${device}` as const])
    const epoch: EpochInfo = {
      id: part.epoch,
      operation: operation.id,
      space: part.space,
      commitments: part.commitments,
      parents: parents.map(({ id }) => id),
      depth: 1 + Math.max(0, ...parents.map(({ depth }) => depth)),
      holders,
      named: recipients,
      circle: toHex(circle),
      views,
      archive: part.archive.id,
      archiveViews: heads.find(({ archive }) => archive === part.archive.id)?.archiveViews ?? views,
      capabilityGeneration: part.capability?.generation ?? 0,
      counts: true,
    }
    draft.addEpoch(epoch, true)
    const cuts = named.flatMap((cut) => cut ?? [])
    draft.addCuts(cuts)
    const after = draft.finish([operation.id])
    shareEntitled(before, after)
    return { ...facts, epoch, cuts, after }
  }

  #pastOf(direct: readonly RosterNode[]): BitSet {
    if (direct.length === 0) return emptyBits
    return unite(
      direct.map((node) => node.past),
      direct.map((node) => node.index),
    )
  }

  #directOf({ operation: { parents, previous } }: RosterNode): RosterNode[] {
    const ids = previous === null ? parents : [...parents, previous]
    return ids.flatMap((id) => this.#byId.get(id) ?? [])
  }

  #fold(window: Window, heads: readonly OperationId[]): RosterState {
    const nodes = window.nodes.toSorted(compareNodes)
    const counting = new Counting(nodes)
    const { lifts: winners, bounds } = winnersOf(nodes, counting)
    const audiences = new Audiences(nodes, counting)
    const draft = new Draft(window.base?.after ?? this.#empty)
    for (const node of nodes) {
      const counts = counting.counts(node)
      const standing = node.operation.type === 'join' ? counting.standing(node) : 'in'
      const lifts = winners.get(node)
      const isWinner = topicOf(node) === null || lifts !== undefined
      const author = authorOf(node, counting.isStrong(node))
      if (counting.isSecond(node)) draft.passOver(node.operation)
      else
        draft.apply(
          node.operation,
          author,
          counts && isWinner,
          standing,
          (member) => audiences.letsIn(node, member),
          operationIdsOf(lifts ?? []),
          !counts && counting.isSaid(node),
        )
      if (counts) noteDemotion(draft, node)
      else {
        for (const end of counting.demotionsOf(node)) draft.demote(node.member, end.operation.id, 'undoneBy')
      }
      if (node.epoch !== null) draft.addEpoch(node.epoch, counts)
      if (counts) draft.addCuts(node.cuts)
    }
    for (const { operation } of bounds) draft.lessen(operation)
    for (const fork of counting.forks.values()) draft.fork(fork.device, fork.sequence, proofOf(fork))
    return draft.finish(heads)
  }
}

function noteDemotion(
  draft: Draft,
  { operation: { id, body }, demotesTo }: Pick<RosterNode, 'operation' | 'demotesTo'>,
): void {
  if (demotesTo !== null && body.type === 'set-role') draft.demote(body.member, id, 'demotedBy')
}

function mayCut(type: Operation['type']): boolean {
  return ['rotate-epoch', 'remove-member', 'remove-device', 'set-audience'].includes(type)
}
