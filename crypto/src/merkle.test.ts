import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromHex, toHex } from './bytes.ts'
import * as merkle from './merkle.ts'

// The leaves and roots that RFC 6962's own test log uses (RFC 9162 keeps the hashing).
const leaves = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((hex) => merkle.leafHash(fromHex(hex)))
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

test('[MRK1] roots of the known log, at once and leaf by leaf', () => {
  let frontier = merkle.emptyFrontier
  for (const [size, root] of roots.entries()) {
    expect(toHex(merkle.rootOfLeaves(leaves.slice(0, size)))).toBe(root)
    expect(toHex(merkle.frontierRoot(frontier))).toBe(root)
    const leaf = leaves[size]
    if (leaf !== undefined) frontier = merkle.appendLeaf(frontier, leaf)
  }
})

function leavesOf(count: number): merkle.Hash[] {
  return Array.from({ length: count }, (_, i) => merkle.leafHash(Uint8Array.of(i & 255, i >> 8)))
}

const sizes = fc.integer({ min: 1, max: 300 })

test('[MRK2] every leaf can be shown, and nothing else in its place', () => {
  fc.assert(
    fc.property(sizes, fc.nat(), fc.nat(), (size, pick, other) => {
      const all = leavesOf(size)
      const nodeAt = merkle.nodesOf(all)
      const root = merkle.rootOf(nodeAt, size)
      const index = pick % size
      const leaf = all[index] ?? new Uint8Array(0)
      const proof = merkle.proveInclusion(nodeAt, index, size)
      expect(proof.length).toBeLessThanOrEqual(Math.ceil(Math.log2(size)))
      expect(merkle.verifyInclusion(index, size, leaf, proof, root)).toBe(true)
      const wrong = other % size
      if (wrong !== index) {
        expect(merkle.verifyInclusion(wrong, size, leaf, proof, root)).toBe(false)
        expect(merkle.verifyInclusion(index, size, all[wrong] ?? leaf, proof, root)).toBe(false)
      }
      expect(merkle.verifyInclusion(index, size, leaf, [...proof, leaf], root)).toBe(false)
      expect(merkle.verifyInclusion(index, size, leaf, proof.slice(0, -1), root)).toBe(size === 1)
      expect(merkle.verifyInclusion(size, size, leaf, proof, root)).toBe(false)
    }),
  )
})

test('[MRK3] a log that only grew can show it, a changed one cannot', () => {
  fc.assert(
    fc.property(sizes, fc.nat(), fc.nat(), (size, pick, change) => {
      const all = leavesOf(size)
      const nodeAt = merkle.nodesOf(all)
      const root = merkle.rootOf(nodeAt, size)
      const oldSize = pick % (size + 1)
      const oldRoot = merkle.rootOf(nodeAt, oldSize)
      const proof = merkle.proveConsistency(nodeAt, oldSize, size)
      expect(merkle.verifyConsistency(oldSize, size, oldRoot, root, proof)).toBe(true)
      expect(merkle.verifyConsistency(oldSize, size, oldRoot, root, [...proof, root])).toBe(false)
      if (oldSize === 0) return
      const altered = all.with(change % oldSize, merkle.leafHash(Uint8Array.of(9, 9, 9)))
      const alteredNodes = merkle.nodesOf(altered)
      const alteredRoot = merkle.rootOf(alteredNodes, size)
      const alteredProof = merkle.proveConsistency(alteredNodes, oldSize, size)
      expect(merkle.verifyConsistency(oldSize, size, oldRoot, alteredRoot, alteredProof)).toBe(false)
    }),
  )
})

test('[MRK4] sizes, positions and hashes that cannot be are refused', () => {
  const [leaf, root] = [merkle.leafHash(new Uint8Array(0)), merkle.emptyRoot()]
  for (const size of [-1, 0.5, NaN, 2 ** 60]) {
    expect(merkle.verifyInclusion(0, size, leaf, [], leaf)).toBe(false)
    expect(merkle.verifyConsistency(size, size, leaf, leaf, [])).toBe(false)
  }
  expect(merkle.verifyInclusion(0, 1, leaf, [], leaf)).toBe(true)
  expect(merkle.verifyInclusion(0, 1, leaf.slice(1), [], leaf.slice(1))).toBe(false)
  expect(merkle.verifyConsistency(0, 0, root, root, [])).toBe(true)
  expect(merkle.verifyConsistency(2, 1, root, root, [])).toBe(false)
  expect(merkle.verifyInclusion(0, 1, leaf, Array(200).fill(leaf), leaf)).toBe(false)
})
