import fc from 'fast-check'
import { expect, test } from 'vitest'
import { foldChain, placeInChain } from './chain.ts'
import type { ChainLink, KnownChain } from './chain.ts'
import { sha256 } from './hash.ts'
import { bytesToId } from './ids.ts'
import type { RecordId } from './ids.ts'
import { labels } from './labels.ts'

const device = bytesToId('device', new Uint8Array(32).fill(1))
const space = bytesToId('space', new Uint8Array(16).fill(2))

function idOf(name: string): RecordId {
  return bytesToId('record', sha256(labels.recordId, new TextEncoder().encode(name)))
}

function link(name: string, sequence: number, previous: string | null): ChainLink {
  return { device, space, sequence, id: idOf(name), previous: previous === null ? null : idOf(previous) }
}

const [a1, a2, a3, a4] = [link('a1', 1, null), link('a2', 2, 'a1'), link('a3', 3, 'a2'), link('a4', 4, 'a3')]
const [b2, b3, b4] = [link('b2', 2, 'a1'), link('b3', 3, 'b2'), link('b4', 4, 'b3')]

function known(...links: ChainLink[]): KnownChain {
  const last = links.at(-1)
  return {
    head: last === undefined ? null : { sequence: last.sequence, id: last.id },
    idAt: (sequence) => links[sequence - 1]?.id ?? null,
  }
}

test('[CHN1] the next record follows the head by sequence and hash', () => {
  expect(placeInChain(known(), a1)).toEqual({ verdict: 'next' })
  expect(placeInChain(known(a1), a2)).toEqual({ verdict: 'next' })
  expect(placeInChain(known(a1, a2), a1)).toEqual({ verdict: 'duplicate' })
  expect(placeInChain(known(a1, a2), a2)).toEqual({ verdict: 'duplicate' })
  const forgetful = { ...known(a1, a2), idAt: () => null }
  expect(() => placeInChain(forgetful, a1)).toThrow(RangeError)
})

test('[CHN2] a record beyond the next one waits, and what is missing is said', () => {
  expect(placeInChain(known(), a3)).toEqual({ verdict: 'gap', missingFrom: 1, missingTo: 2 })
  expect(placeInChain(known(a1), a4)).toEqual({ verdict: 'gap', missingFrom: 2, missingTo: 3 })
})

test('[CHN3] a second record for one sequence is a fork with its proof', () => {
  expect(placeInChain(known(a1, a2, a3), b2)).toEqual({
    verdict: 'fork',
    proof: { sequence: 2, held: a2.id, other: b2.id, shownBy: b2.id },
  })
  expect(placeInChain(known(a1, a2), b3)).toEqual({
    verdict: 'fork',
    proof: { sequence: 2, held: a2.id, other: b2.id, shownBy: b3.id },
  })
})

test('[CHN4] what shows is the part without a gap', () => {
  expect(foldChain([a4, a1, a2])).toEqual({
    visible: [a1.id, a2.id],
    hidden: [],
    waiting: [a4.id],
    forkedAt: null,
  })
  expect(foldChain([]).visible).toEqual([])
  expect(foldChain([a2, a3]).waiting).toEqual([a2.id, a3.id])
})

test('[CHN5] from a fork on both branches are hidden, also when one is only named', () => {
  const both = foldChain([a1, a2, a3, b2, b3])
  expect(both.visible).toEqual([a1.id])
  expect(both.forkedAt).toBe(2)
  expect(new Set(both.hidden)).toEqual(new Set([a2.id, a3.id, b2.id, b3.id]))
  const named = foldChain([a1, a2, b3])
  expect(named).toMatchObject({ visible: [a1.id], forkedAt: 2 })
  // Behind a gap the fork still counts: whoever gets the missing record later must come to the same.
  expect(foldChain([a1, a4, b4])).toMatchObject({ visible: [a1.id], forkedAt: 3 })
})

test('[CHN6] what others acknowledged stays, with what it stands on, unless both branches were', () => {
  const links = [a1, a2, a3, a4, b2, b3]
  expect(foldChain(links, new Set([a3.id])).visible).toEqual([a1.id, a2.id, a3.id])
  expect(foldChain(links, new Set([b3.id])).visible).toEqual([a1.id, b2.id, b3.id])
  expect(foldChain(links, new Set([a3.id, b2.id])).visible).toEqual([a1.id])
})

const names = ['a', 'b', 'c']
const chainSet = fc
  .array(
    fc.record({ branch: fc.constantFrom(...names), from: fc.nat(4), length: fc.integer({ min: 1, max: 5 }) }),
    {
      maxLength: 3,
    },
  )
  .map((branches) => {
    const links = new Map<string, ChainLink>()
    let last: string | null = null
    for (let sequence = 1; sequence <= 5; sequence++) {
      const name = `trunk${sequence}`
      links.set(name, link(name, sequence, last))
      last = name
    }
    for (const { branch, from, length } of branches) {
      let previous = from === 0 ? null : `trunk${from}`
      for (let sequence = from + 1; sequence <= from + length; sequence++) {
        const name = `${branch}${from}-${sequence}`
        links.set(name, link(name, sequence, previous))
        previous = name
      }
    }
    return [...links.values()]
  })

const heldChain = chainSet.chain((links) =>
  fc.record({
    held: fc.subarray(links),
    acknowledged: fc.subarray(links).map((some) => new Set(some.map((one) => one.id))),
  }),
)

test('[CHN7] the fold depends on the set of records alone: any order, any repetition (I1)', () => {
  fc.assert(
    fc.property(
      heldChain.chain(({ held, acknowledged }) =>
        fc.record({
          acknowledged: fc.constant(acknowledged),
          held: fc.constant(held),
          other: fc.shuffledSubarray([...held, ...held], { minLength: 2 * held.length }),
        }),
      ),
      ({ held, other, acknowledged }) => {
        expect(foldChain(other, acknowledged)).toEqual(foldChain(held, acknowledged))
      },
    ),
  )
})

test('[CHN7] what shows is a chain from 1, everything held is in one place, and a fork never goes away', () => {
  fc.assert(
    fc.property(heldChain, fc.nat(), ({ held, acknowledged }, drop) => {
      const folded = foldChain(held, acknowledged)
      const byId = new Map(held.map((one) => [one.id, one]))
      for (const [i, id] of folded.visible.entries()) {
        expect(byId.get(id)?.sequence).toBe(i + 1)
        expect(byId.get(id)?.previous).toBe(folded.visible[i - 1] ?? null)
      }
      const places = [...folded.visible, ...folded.hidden, ...folded.waiting]
      expect(new Set(places)).toEqual(new Set(byId.keys()))
      expect(places).toHaveLength(byId.size)
      if (held.length === 0) return
      const fewer = foldChain(held.toSpliced(drop % held.length, 1), acknowledged)
      if (fewer.forkedAt !== null) expect(folded.forkedAt).toBeLessThanOrEqual(fewer.forkedAt)
    }),
  )
})

test('[CHN8] taking records one by one as they fit gives the same as the fold', () => {
  fc.assert(
    fc.property(
      chainSet.chain((links) => fc.shuffledSubarray(links, { minLength: links.length })),
      (links) => {
        const taken: ChainLink[] = []
        let waiting = links
        let isForked = false
        for (let moved = true; moved;) {
          moved = false
          const still: ChainLink[] = []
          for (const one of waiting) {
            const verdict = placeInChain(known(...taken), one)
            if (verdict.verdict === 'next') {
              taken.push(one)
              moved = true
            } else if (verdict.verdict === 'gap') still.push(one)
            else if (verdict.verdict === 'fork') isForked = true
          }
          waiting = still
        }
        const folded = foldChain(links)
        if (!isForked) expect(folded.visible).toEqual(taken.map((one) => one.id))
        expect(isForked).toBe(folded.forkedAt !== null)
      },
    ),
  )
})
