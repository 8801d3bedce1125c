import { nodeHash } from '@clique/crypto/verify'
import type { Hash, NodeAt } from '@clique/crypto/verify'

export interface LogNode {
  readonly level: number
  readonly index: number
  readonly hash: Hash
}

/**
 * A tenant's Merkle log while one flush adds leaves to it. Only nodes on the right edge are needed for that and for
 * the new leaves' proofs: they stay in memory, older ones are asked from `stored`. A growth that is not committed is
 * thrown away.
 */
export class LogGrowth {
  readonly #stored: NodeAt
  readonly #known: Map<string, Hash>
  readonly #fresh: LogNode[] = []
  #size: number

  constructor(size: number, edge: readonly LogNode[], stored: NodeAt) {
    this.#size = size
    this.#stored = stored
    this.#known = new Map(edge.map((node) => [nodeName(node.level, node.index), node.hash]))
  }

  get size(): number {
    return this.#size
  }

  /** Nodes to be written, in the order in which they came to be. */
  get fresh(): readonly LogNode[] {
    return this.#fresh
  }

  /** The place of the leaf in the log. */
  append(leaf: Hash): number {
    const place = this.#size++
    let node: LogNode = { level: 0, index: place, hash: leaf }
    this.#add(node)
    while (node.index % 2 === 1) {
      const left = this.nodeAt(node.level, node.index - 1)
      node = { level: node.level + 1, index: (node.index - 1) / 2, hash: nodeHash(left, node.hash) }
      this.#add(node)
    }
    return place
  }

  readonly nodeAt: NodeAt = (level, index) =>
    this.#known.get(nodeName(level, index)) ?? this.#stored(level, index)

  /** The roots of the complete subtrees: all that the next growth needs in memory. */
  edge(): LogNode[] {
    const edge: LogNode[] = []
    for (let level = 0, rest = this.#size; rest > 0; level++, rest = Math.floor(rest / 2)) {
      if (rest % 2 === 1) edge.push({ level, index: rest - 1, hash: this.nodeAt(level, rest - 1) })
    }
    return edge
  }

  #add(node: LogNode): void {
    this.#known.set(nodeName(node.level, node.index), node.hash)
    this.#fresh.push(node)
  }
}

function nodeName(level: number, index: number): string {
  return `${level}/${index}`
}
