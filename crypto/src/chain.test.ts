import fc from 'fast-check'
import { expect, test } from 'vitest'
import { foldChain, placeInChain } from './chain.ts'
import type { ChainLink, ChainPlace, KnownChain } from './chain.ts'
import { sha256 } from './hash.ts'
import { bytesToId } from './ids.ts'
import type { KeyId, RecordId } from './ids.ts'
import { labels } from './labels.ts'

const device = bytesToId('device', new Uint8Array(32).fill(1))
const space = bytesToId('space', new Uint8Array(16).fill(2))

function idOf(name: string): RecordId {
  return bytesToId('record', sha256(labels.recordId, new TextEncoder().encode(name)))
}

function keyOf(name: string): KeyId {
  return idOf(`key ${name}`).slice(0, 32) as KeyId
}

const [mine, theirs, others] = [keyOf('mine'), keyOf('theirs'), keyOf('others')]

/** `key`: of this record and of the one before. */
function link(
  name: string,
  sequence: number,
  previous: string | null,
  key: KeyId = mine,
  previousKey: KeyId = mine,
): ChainLink {
  const before = previous === null ? null : idOf(previous)
  return {
    device,
    space,
    sequence,
    id: idOf(name),
    key,
    previous: before,
    previousKey: before === null ? null : previousKey,
  }
}

/** As somebody says that they hold these. */
function endsOf(links: readonly ChainLink[]): { sequence: number; record: RecordId }[] {
  return links.map(({ sequence, id }) => ({ sequence, record: id }))
}

const [a1, a2, a3, a4] = [link('a1', 1, null), link('a2', 2, 'a1'), link('a3', 3, 'a2'), link('a4', 4, 'a3')]
const [b2, b3, b4] = [link('b2', 2, 'a1'), link('b3', 3, 'b2'), link('b4', 4, 'b3')]

function known(...links: ChainLink[]): KnownChain {
  return knownWith(links, [])
}

/** `refused`: what did not count because the chain forked at its own place. */
function knownWith(links: readonly ChainLink[], refused: readonly ChainLink[]): KnownChain {
  const at = (sequence: number): ChainPlace | null => links.find((one) => one.sequence === sequence) ?? null
  return {
    at,
    namedAt: (sequence) => {
      const next = [...links, ...refused].find((one) => one.sequence === sequence + 1)
      if (next === undefined || next.previous === null || next.previousKey === null) return null
      return { id: next.previous, key: next.previousKey }
    },
  }
}

test('[CHN1] the next record follows the head by sequence and hash', () => {
  expect(placeInChain(known(), a1)).toEqual({ verdict: 'next' })
  expect(placeInChain(known(a1), a2)).toEqual({ verdict: 'next' })
  expect(placeInChain(known(a1, a2), a1)).toEqual({ verdict: 'duplicate' })
  expect(placeInChain(known(a1, a2), a2)).toEqual({ verdict: 'duplicate' })
})

test('[CHN2] a record without the one before it waits, and which that is is said', () => {
  expect(placeInChain(known(), a3)).toEqual({ verdict: 'gap', missing: 2 })
  expect(placeInChain(known(a1), a4)).toEqual({ verdict: 'gap', missing: 3 })
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
  // Also where nothing stands on the one that is held.
  expect(placeInChain(known(a1, a2), b2)).toEqual({
    verdict: 'fork',
    proof: { sequence: 2, held: a2.id, other: b2.id, shownBy: b2.id },
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
  // It names a record further back for the one before it.
  const leaping = link('leaping', 3, 'a1')
  expect(foldChain([a1, leaping])).toMatchObject({ visible: [a1.id], waiting: [leaping.id] })
  expect(placeInChain(known(a1), leaping)).toEqual({ verdict: 'gap', missing: 2 })
})

test('[CHN5] from a fork on both branches are hidden, also when one is only named', () => {
  const both = foldChain([a1, a2, a3, b2, b3])
  expect(both.visible).toEqual([a1.id])
  expect(both.forkedAt).toBe(2)
  expect(new Set(both.hidden)).toEqual(new Set([a2.id, a3.id, b2.id, b3.id]))
  const named = foldChain([a1, a2, b3])
  expect(named).toMatchObject({ visible: [a1.id], forkedAt: 2 })
  expect(placeInChain(known(a1, a2, a3), b3)).toMatchObject({ proof: { sequence: 2 } })
  // Behind a gap the fork still counts: whoever gets the missing record later must come to the same.
  expect(foldChain([a1, a4, b4])).toMatchObject({ visible: [a1.id], forkedAt: 3 })
})

test('[CHN6] what others acknowledged stays, with what it stands on', () => {
  const links = [a1, a2, a3, a4, b2, b3]
  const shown = (...acknowledged: ChainLink[]) =>
    foldChain(links, { acknowledged: endsOf(acknowledged) }).visible
  expect(shown(a3)).toEqual([a1.id, a2.id, a3.id])
  expect(shown(b3)).toEqual([a1.id, b2.id, b3.id])
  expect(shown(a2, a4)).toEqual([a1.id, a2.id, a3.id, a4.id])
  expect(shown(a1)).toEqual([a1.id])
})

test('[CHN6] of two branches the one shows that was acknowledged by whoever is heard first', () => {
  const c4 = link('c4', 4, 'a3')
  const shown = (...acknowledged: ChainLink[]) =>
    foldChain([a1, a2, a3, a4, b2, b3, c4], { acknowledged: endsOf(acknowledged) }).visible
  expect(shown(a3, b3)).toEqual([a1.id, a2.id, a3.id])
  expect(shown(b2, a4)).toEqual([a1.id, b2.id])
  // What contradicts nobody goes on from there, whoever says it.
  expect(shown(a2, b3, c4, a4)).toEqual([a1.id, a2.id, a3.id, c4.id])
})

test('[CHN6] an acknowledged record whose way back is not held whole decides nothing yet', () => {
  const acknowledged = endsOf([b4, a3])
  expect(foldChain([a1, a2, a3, b2, b4], { acknowledged }).visible).toEqual([a1.id, a2.id, a3.id])
  expect(foldChain([a1, a2, a3, b2, b3, b4], { acknowledged }).visible).toEqual([a1.id, b2.id, b3.id, b4.id])
  // Nor does one that names another place than its own.
  const misplaced = [2, 3, 5, 99].map((sequence) => ({ sequence, record: b4.id }))
  const both = foldChain([a1, a2, a3, b2, b3, b4], { acknowledged: misplaced })
  expect(both.visible).toEqual([a1.id])
  const unheard = { sequence: 4, record: idOf('never seen') }
  expect(foldChain([a1, a2, a3, b2], { acknowledged: [unheard, ...endsOf([a3])] }).visible).toEqual([
    a1.id,
    a2.id,
    a3.id,
  ])
})

// One chain of which 3 and 4 were not for this device: 1 and 2 are, as is what comes from 5 on.
const [p1, p2] = [link('p1', 1, null), link('p2', 2, 'p1')]
const [p5, p6] = [link('p5', 5, 'p4', mine, theirs), link('p6', 6, 'p5')]
const outOfReach = new Set([theirs])

test('[CHN9] a record stands by itself where the one before it is out of reach', () => {
  expect(placeInChain(known(), p5, outOfReach)).toEqual({ verdict: 'next' })
  expect(placeInChain(known(p5), p6, outOfReach)).toEqual({ verdict: 'next' })
  expect(placeInChain(known(p5, p6), p5, outOfReach)).toEqual({ verdict: 'duplicate' })
  expect(placeInChain(known(p1, p2), p5, outOfReach)).toEqual({ verdict: 'next' })
  // Without that key among those out of reach it is a gap like any other.
  expect(placeInChain(known(), p5)).toEqual({ verdict: 'gap', missing: 4 })
  expect(placeInChain(known(), p6, outOfReach)).toEqual({ verdict: 'gap', missing: 5 })
})

test('[CHN9] what names its own key for the record before waits for that one, whatever is said to be out of reach', () => {
  const t4 = link('t4', 4, 'p3', theirs, theirs)
  expect(placeInChain(known(), t4, outOfReach)).toEqual({ verdict: 'gap', missing: 3 })
  expect(foldChain([t4], { outOfReach }).waiting).toEqual([t4.id])
})

test('[CHN9] an earlier stretch that comes later is taken in, and nothing that shows goes away', () => {
  expect(placeInChain(known(p5, p6), p1, outOfReach)).toEqual({ verdict: 'next' })
  expect(placeInChain(known(p5, p6), p2, outOfReach)).toEqual({ verdict: 'gap', missing: 1 })
  expect(foldChain([p6, p5], { outOfReach }).visible).toEqual([p5.id, p6.id])
  const whole = foldChain([p6, p1, p5, p2], { outOfReach })
  expect(whole).toEqual({
    visible: [p1.id, p2.id, p5.id, p6.id],
    hidden: [],
    waiting: [],
    forkedAt: null,
  })
  expect(foldChain([p6, p1, p5, p2]).waiting).toEqual([p5.id, p6.id])
})

test('[CHN9] should a key come after all, what it opens takes its place before what stands there', () => {
  const p4 = link('p4', 4, 'p3', theirs, others)
  const further = new Set([theirs, others])
  expect(placeInChain(known(p5, p6), p4, further)).toEqual({ verdict: 'next' })
  expect(foldChain([p4, p5, p6], { outOfReach: further }).visible).toEqual([p4.id, p5.id, p6.id])
})

test('[CHN10] a chain that begins late forks as any other', () => {
  const other = link('q5', 5, 'p4', mine, theirs)
  expect(placeInChain(known(p5), other, outOfReach)).toMatchObject({ proof: { sequence: 5 } })
  const strange = link('q4', 4, 'p3', theirs, theirs)
  expect(placeInChain(known(p5), strange, outOfReach)).toMatchObject({
    proof: { sequence: 4, held: idOf('p4'), other: strange.id },
  })
  expect(foldChain([p5, strange], { outOfReach })).toMatchObject({ visible: [], forkedAt: 4 })
  // Told apart also where one branch is only named.
  const ahead = link('q6', 6, 'q5')
  expect(placeInChain(known(p5), ahead, outOfReach)).toMatchObject({ proof: { sequence: 5 } })
})

test('[CHN10] whoever misnames the key of the record before has forked there', () => {
  const hiding = link('h3', 3, 'p2', mine, theirs)
  const proof = { sequence: 3, held: p2.id, other: hiding.id, shownBy: hiding.id }
  expect(placeInChain(known(p1, p2), hiding, outOfReach)).toEqual({ verdict: 'fork', proof })
  // Whichever comes first, the record before the fork is taken in.
  expect(placeInChain(known(p1, hiding), p2, outOfReach)).toMatchObject({
    verdict: 'next',
    exposes: { sequence: 3 },
  })
  expect(foldChain([hiding, p1, p2], { outOfReach })).toMatchObject({
    visible: [p1.id, p2.id],
    hidden: [hiding.id],
    forkedAt: 3,
  })
})

/** Some records are sealed under a key that is out of reach, so they are not there. Some say so of what is. */
const chainSet = fc
  .record({
    branches: fc.array(
      fc.record({
        branch: fc.constantFrom('a', 'b', 'c'),
        from: fc.nat(4),
        length: fc.integer({ min: 1, max: 5 }),
      }),
      { maxLength: 3 },
    ),
    hidden: fc.array(fc.boolean(), { minLength: 11, maxLength: 11 }),
    liars: fc.array(fc.integer({ min: 2, max: 9 }), { maxLength: 2 }),
  })
  .map(({ branches, hidden, liars }) => {
    const links = new Map<string, ChainLink>()
    const keyAt = (sequence: number) => (hidden[sequence] === true ? theirs : mine)
    const add = (name: string, sequence: number, previous: string | null, isLiar: boolean) => {
      const before = isLiar ? theirs : keyAt(sequence - 1)
      links.set(name, link(name, sequence, previous, keyAt(sequence), before))
    }
    let last: string | null = null
    for (let sequence = 1; sequence <= 5; sequence++) {
      const name = `trunk${sequence}`
      add(name, sequence, last, liars.includes(sequence))
      last = name
    }
    for (const { branch, from, length } of branches) {
      let previous = from === 0 ? null : `trunk${from}`
      for (let sequence = from + 1; sequence <= from + length; sequence++) {
        const name = `${branch}${from}-${sequence}`
        add(name, sequence, previous, false)
        previous = name
      }
    }
    return [...links.values()].filter(({ key }) => key === mine)
  })

const heldChain = chainSet.chain((links) =>
  fc.record({
    held: fc.subarray(links),
    options: fc.shuffledSubarray(links).map((some) => ({
      acknowledged: endsOf(some),
      outOfReach,
    })),
  }),
)

test('[CHN7] the fold depends on the set of records alone: any order, any repetition (I1)', () => {
  fc.assert(
    fc.property(
      heldChain.chain(({ held, options }) =>
        fc.record({
          options: fc.constant(options),
          held: fc.constant(held),
          other: fc.shuffledSubarray([...held, ...held], { minLength: 2 * held.length }),
        }),
      ),
      ({ held, other, options }) => {
        expect(foldChain(other, options)).toEqual(foldChain(held, options))
      },
    ),
  )
})

test('[CHN7] what shows stands, everything held is in one place, and a fork never goes away', () => {
  fc.assert(
    fc.property(heldChain, fc.nat(), ({ held, options }, drop) => {
      const folded = foldChain(held, options)
      const byId = new Map(held.map((one) => [one.id, one]))
      for (const [i, id] of folded.visible.entries()) {
        const one = byId.get(id)
        const before = folded.visible[i - 1] ?? null
        const stands = one?.sequence === 1 || one?.previousKey === theirs || one?.previous === before
        expect(stands).toBe(true)
        expect(one?.sequence).toBeGreaterThan(before === null ? 0 : (byId.get(before)?.sequence ?? Infinity))
      }
      const places = [...folded.visible, ...folded.hidden, ...folded.waiting]
      expect(new Set(places)).toEqual(new Set(byId.keys()))
      expect(places).toHaveLength(byId.size)
      if (held.length === 0) return
      const fewer = foldChain(held.toSpliced(drop % held.length, 1), options)
      if (fewer.forkedAt !== null) expect(folded.forkedAt).toBeLessThanOrEqual(fewer.forkedAt)
    }),
  )
})

test('[CHN6] the first of the acknowledged that is held whole always shows', () => {
  fc.assert(
    fc.property(
      chainSet.chain((links) => fc.shuffledSubarray(links, { minLength: links.length })),
      ([first, ...rest]) => {
        if (first === undefined) return
        const links = [first, ...rest]
        const acknowledged = endsOf(links)
        const alone = foldChain(links, { acknowledged: acknowledged.slice(0, 1), outOfReach }).visible
        const shown = foldChain(links, { acknowledged, outOfReach }).visible
        expect(shown).toEqual(expect.arrayContaining([...alone]))
      },
    ),
  )
})

test('[CHN10] what a refused record says was before it counts, whoever came first', () => {
  const behind = link('5', 5, '4', mine, theirs)
  const one = link('4', 4, '3', mine, theirs)
  const other = link('4b', 4, '3b', mine, theirs)
  const forks = (held: ChainLink[], refused: ChainLink[], next: ChainLink): number | null => {
    const verdict = placeInChain(knownWith(held, refused), next, outOfReach)
    return verdict.verdict === 'fork' ? verdict.proof.sequence : null
  }
  expect(forks([behind], [], other)).toBe(4)
  expect(forks([behind], [other], one)).toBe(3)
  expect(forks([one], [], other)).toBe(3)
  expect(foldChain([behind, one, other], { outOfReach }).forkedAt).toBe(3)
})

test('[CHN8] taking records one by one as they fit gives the same as the fold', () => {
  fc.assert(
    fc.property(
      chainSet.chain((links) => fc.shuffledSubarray(links, { minLength: links.length })),
      (links) => {
        const taken: ChainLink[] = []
        const refused: ChainLink[] = []
        let waiting = links
        let forkedAt = Infinity
        for (let moved = true; moved;) {
          moved = false
          const still: ChainLink[] = []
          for (const one of waiting) {
            const verdict = placeInChain(knownWith(taken, refused), one, outOfReach)
            if (verdict.verdict === 'fork') {
              forkedAt = Math.min(forkedAt, verdict.proof.sequence)
              if (verdict.proof.sequence === one.sequence) refused.push(one)
            }
            if (verdict.verdict === 'next' || verdict.verdict === 'gap') {
              forkedAt = Math.min(forkedAt, verdict.exposes?.sequence ?? Infinity)
            }
            if (verdict.verdict === 'next') {
              taken.push(one)
              moved = true
            } else if (verdict.verdict === 'gap') still.push(one)
          }
          waiting = still
        }
        const folded = foldChain(links, { outOfReach })
        expect(folded.forkedAt).toBe(forkedAt === Infinity ? null : forkedAt)
        const standing = taken.filter(({ sequence }) => sequence < forkedAt)
        const inOrder = standing.toSorted((a, b) => a.sequence - b.sequence)
        expect(folded.visible).toEqual(inOrder.map((one) => one.id))
      },
    ),
    { numRuns: 2000 },
  )
})
