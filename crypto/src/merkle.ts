import { sha256 } from '@noble/hashes/sha2.js'
import { concat, equal } from './bytes.ts'

/**
 * RFC 9162 section 2.1: hashes of leaves start with 0, of inner nodes with 1. These prefixes are the standard's
 * own, so the labels of this project are not used here.
 */
export type Hash = Uint8Array

const leafPrefix = Uint8Array.of(0)
const nodePrefix = Uint8Array.of(1)

/** 64 levels would be 2^64 leaves; no honest proof has more hashes. */
export const maxProofLength = 64

export function leafHash(leaf: Uint8Array): Hash {
  return sha256(concat(leafPrefix, leaf))
}

export function nodeHash(left: Hash, right: Hash): Hash {
  return sha256(concat(nodePrefix, left, right))
}

/** Root of the empty tree. */
export function emptyRoot(): Hash {
  return sha256(new Uint8Array(0))
}

/**
 * Gives the root of the complete subtree of 2^level leaves that starts at leaf `index * 2^level`; level 0 is the
 * leaf's hash. A log that stores these answers every question below without reading all leaves.
 */
export type NodeAt = (level: number, index: number) => Hash

/** Complete subtrees over hashes of leaves in memory. */
export function nodesOf(leafHashes: readonly Hash[]): NodeAt {
  const known = new Map<string, Hash>()
  const nodeAt: NodeAt = (level, index) => {
    if (level === 0) {
      const leaf = leafHashes[index]
      if (leaf === undefined) throw new RangeError('no such leaf')
      return leaf
    }
    const name = `${level}/${index}`
    const found = known.get(name)
    if (found !== undefined) return found
    const node = nodeHash(nodeAt(level - 1, 2 * index), nodeAt(level - 1, 2 * index + 1))
    known.set(name, node)
    return node
  }
  return nodeAt
}

/** The largest power of two below `size`. */
function splitOf(size: number): number {
  let half = 1
  while (half * 2 < size) half *= 2
  return half
}

/** Root of leaves `from` (a multiple of a power of two not below the length) up to, not including, `to`. */
function rangeRoot(nodeAt: NodeAt, from: number, to: number): Hash {
  const size = to - from
  const level = Math.log2(size)
  if (Number.isInteger(level)) return nodeAt(level, from / size)
  const middle = from + splitOf(size)
  return nodeHash(rangeRoot(nodeAt, from, middle), rangeRoot(nodeAt, middle, to))
}

/** Root of the first `size` leaves. */
export function rootOf(nodeAt: NodeAt, size: number): Hash {
  return size === 0 ? emptyRoot() : rangeRoot(nodeAt, 0, size)
}

/** Root of a list of leaves' hashes. */
export function rootOfLeaves(leafHashes: readonly Hash[]): Hash {
  return rootOf(nodesOf(leafHashes), leafHashes.length)
}

/** What is enough to append: the roots of the complete subtrees, from the largest. */
export interface Frontier {
  readonly size: number
  readonly roots: readonly Hash[]
}

export const emptyFrontier: Frontier = { size: 0, roots: [] }

export function appendLeaf(frontier: Frontier, leaf: Hash): Frontier {
  const roots = [...frontier.roots]
  let node = leaf
  for (let size = frontier.size; size % 2 === 1; size = (size - 1) / 2) {
    const left = roots.pop()
    if (left === undefined) throw new RangeError('the frontier does not fit its size')
    node = nodeHash(left, node)
  }
  roots.push(node)
  return { size: frontier.size + 1, roots }
}

export function frontierRoot(frontier: Frontier): Hash {
  const smallestFirst = frontier.roots.toReversed()
  const [first, ...rest] = smallestFirst
  if (first === undefined) return emptyRoot()
  return rest.reduce((right, left) => nodeHash(left, right), first)
}

/** RFC 9162 section 2.1.3.1. `index` from 0. */
export function proveInclusion(nodeAt: NodeAt, index: number, size: number): Hash[] {
  if (!isIndex(index, size)) throw new RangeError('no such leaf')
  const proof: Hash[] = []
  for (let from = 0, to = size; to - from > 1;) {
    const middle = from + splitOf(to - from)
    if (index < middle) {
      proof.push(rangeRoot(nodeAt, middle, to))
      to = middle
    } else {
      proof.push(rangeRoot(nodeAt, from, middle))
      from = middle
    }
  }
  return proof.reverse()
}

/** RFC 9162 section 2.1.4.1: that the first `oldSize` of `size` leaves are what they were. */
export function proveConsistency(nodeAt: NodeAt, oldSize: number, size: number): Hash[] {
  if (!isSize(oldSize) || !isSize(size) || oldSize > size) throw new RangeError('no such tree')
  if (oldSize === 0 || oldSize === size) return []
  const proof: Hash[] = []
  let from = 0
  let to = size
  while (to !== oldSize) {
    const middle = from + splitOf(to - from)
    if (oldSize <= middle) {
      proof.push(rangeRoot(nodeAt, middle, to))
      to = middle
    } else {
      proof.push(rangeRoot(nodeAt, from, middle))
      from = middle
    }
  }
  // The old tree's own root is known to who asks; a part of it is not.
  if (from !== 0) proof.push(rangeRoot(nodeAt, from, to))
  return proof.reverse()
}

function isSize(size: number): boolean {
  return Number.isSafeInteger(size) && size >= 0
}

function isIndex(index: number, size: number): boolean {
  return isSize(size) && isSize(index) && index < size
}

/** RFC 9162 section 2.1.3.2. */
export function verifyInclusion(
  index: number,
  size: number,
  leaf: Hash,
  proof: readonly Hash[],
  root: Hash,
): boolean {
  if (!isIndex(index, size) || !areHashes([leaf, root, ...proof])) return false
  let fn = index
  let sn = size - 1
  let node = leaf
  for (const hash of proof) {
    if (sn === 0) return false
    if (fn % 2 === 1 || fn === sn) {
      node = nodeHash(hash, node)
      while (fn % 2 === 0 && fn !== 0) {
        fn /= 2
        sn = Math.floor(sn / 2)
      }
    } else node = nodeHash(node, hash)
    fn = Math.floor(fn / 2)
    sn = Math.floor(sn / 2)
  }
  return sn === 0 && equal(node, root)
}

/** RFC 9162 section 2.1.4.2. A tree is consistent with the empty one by an empty proof. */
export function verifyConsistency(
  oldSize: number,
  size: number,
  oldRoot: Hash,
  root: Hash,
  proof: readonly Hash[],
): boolean {
  if (!isSize(oldSize) || !isSize(size) || oldSize > size) return false
  if (!areHashes([oldRoot, root, ...proof])) return false
  if (oldSize === size) return proof.length === 0 && equal(oldRoot, root)
  if (oldSize === 0) return proof.length === 0 && equal(oldRoot, emptyRoot())
  const path = Number.isInteger(Math.log2(oldSize)) ? [oldRoot, ...proof] : [...proof]
  const [first, ...rest] = path
  if (first === undefined || proof.length === 0) return false
  let fn = oldSize - 1
  let sn = size - 1
  while (fn % 2 === 1) {
    fn = Math.floor(fn / 2)
    sn = Math.floor(sn / 2)
  }
  let oldNode = first
  let node = first
  for (const hash of rest) {
    if (sn === 0) return false
    if (fn % 2 === 1 || fn === sn) {
      oldNode = nodeHash(hash, oldNode)
      node = nodeHash(hash, node)
      while (fn % 2 === 0 && fn !== 0) {
        fn /= 2
        sn = Math.floor(sn / 2)
      }
    } else node = nodeHash(node, hash)
    fn = Math.floor(fn / 2)
    sn = Math.floor(sn / 2)
  }
  return sn === 0 && equal(oldNode, oldRoot) && equal(node, root)
}

function areHashes(hashes: readonly Hash[]): boolean {
  return hashes.length <= maxProofLength + 2 && hashes.every((hash) => hash.length === 32)
}
