import { bytesToId, foldChain, placeInChain } from '@clique/crypto'
import type { ChainLink, ChainPlace, HeldEnd, KeyId, OutOfReach, RecordId } from '@clique/crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { keptBranch } from './branches.ts'

const device = bytesToId('device', new Uint8Array(32).fill(1))
const space = bytesToId('space', new Uint8Array(16).fill(2))
const key = bytesToId('key', new Uint8Array(16).fill(3))
const nothing = new Set<never>()

function idOf(branch: number, sequence: number): RecordId {
  return bytesToId('record', Uint8Array.of(branch, sequence, ...new Uint8Array(30)))
}

function linkOf(branch: number, sequence: number, previous: RecordId | null, previousKey = key): ChainLink {
  const before = { previous, previousKey: previous === null ? null : previousKey }
  return { device, space, sequence, id: idOf(branch, sequence), key, ...before }
}

const [near, far, unreadable] = [3, 5, 6].map((n) => bytesToId('key', new Uint8Array(16).fill(n))) as [
  KeyId,
  KeyId,
  KeyId,
]

/** Under which key a record is sealed, and whether it says truly under which the one before is. */
const sealing = fc.record({
  key: fc.constantFrom(near, near, near, far, unreadable),
  says: fc.constantFrom('truly', 'truly', 'truly', 'truly', 'truly', near, far, unreadable),
})

/** A trunk of six, and branches that leave it or each other. */
const chain = fc
  .record({
    branches: fc.array(
      fc.record({ from: fc.nat(3), after: fc.nat(8), length: fc.integer({ min: 1, max: 4 }) }),
      { maxLength: 4 },
    ),
    sealings: fc.array(sealing, { minLength: 22, maxLength: 22 }),
    isReadInParts: fc.boolean(),
  })
  .map(({ branches, sealings, isReadInParts }) => {
    const links = new Map<RecordId, ChainLink>()
    const add = (id: RecordId, sequence: number, previous: RecordId | null) => {
      const { key, says } = (isReadInParts && sealings[links.size]) || { key: near, says: 'truly' }
      const before = previous === null ? undefined : links.get(previous)
      const previousKey = before === undefined ? null : says === 'truly' ? before.key : (says as KeyId)
      links.set(id, { device, space, sequence, id, key, previous, previousKey })
    }
    for (let n = 1; n <= 6; n++) add(idOf(0, n), n, n === 1 ? null : idOf(0, n - 1))
    for (const [i, { from, after, length }] of branches.entries()) {
      const branch = i + 1
      if (from >= branch || (after > 0 && !links.has(idOf(from, after)))) continue
      for (let n = after + 1; n <= after + length; n++) {
        const previous = n === after + 1 ? idOf(from, after) : idOf(branch, n - 1)
        add(idOf(branch, n), n, n === 1 ? null : previous)
      }
    }
    // What is sealed under the last key nobody here can open, and what waits for that waits for ever.
    const held = new Set<RecordId | null>([null])
    for (const { id, key, previous, previousKey } of [...links.values()]) {
      const stands = held.has(previous) || (previousKey === unreadable && key !== unreadable)
      if (key !== unreadable && stands) held.add(id)
    }
    const outOfReach = new Set(isReadInParts ? [unreadable] : [])
    return { links: [...links.values()].filter(({ id }) => held.has(id)), outOfReach }
  })

/** What a device does with records in the order in which they come: one branch stands, the rest lies aside. */
class Device {
  readonly #standing = new Map<number, ChainLink>()
  #aside: ChainLink[] = []
  #waiting: ChainLink[] = []
  #forkedAt = Infinity
  readonly #outOfReach: OutOfReach

  constructor(outOfReach: OutOfReach) {
    this.#outOfReach = outOfReach
  }

  hears(link: ChainLink): void {
    this.#waiting.push(link)
    for (let moved = true; moved;) {
      moved = false
      for (const one of this.#waiting.splice(0)) {
        if (this.#take(one)) moved = true
      }
    }
  }

  #take(link: ChainLink): boolean {
    const chainPlace = (one: ChainLink | undefined): ChainPlace | null => one ?? null
    const verdict = placeInChain(
      {
        at: (sequence) => chainPlace(this.#standing.get(sequence)),
        namedAt: (sequence) => {
          const next =
            this.#standing.get(sequence + 1) ?? this.#aside.find((one) => one.sequence === sequence + 1)
          if (next === undefined || next.previous === null) return null
          return { id: next.previous, key: next.previousKey ?? link.key }
        },
      },
      link,
      this.#outOfReach,
    )
    if (verdict.verdict === 'duplicate') return false
    const proof = verdict.verdict === 'fork' ? verdict.proof : verdict.exposes
    this.#forkedAt = Math.min(this.#forkedAt, proof?.sequence ?? Infinity)
    if (link.sequence >= this.#forkedAt) {
      const isKnown = this.#aside.some(({ id }) => id === link.id)
      if (!isKnown) this.#aside.push(link)
      return !isKnown
    }
    if (verdict.verdict === 'gap') this.#waiting.push(link)
    else if (verdict.verdict === 'next') this.#standing.set(link.sequence, link)
    return verdict.verdict === 'next'
  }

  /** What it shows once every branch stands that others acknowledged. */
  shows(acknowledged: readonly HeldEnd[]): RecordId[] {
    for (;;) {
      const standing = new Map([...this.#standing].map(([sequence, { id }]) => [sequence, id]))
      if (this.#forkedAt === Infinity) return this.#upTo(Infinity)
      const starts = [...this.#standing.keys()].filter((sequence) => this.#stands(sequence))
      const chainNow = { forkedAt: this.#forkedAt, standing, starts, aside: this.#aside }
      const { shown, instead, isSplit } = keptBranch(chainNow, acknowledged, this.#outOfReach)
      if (instead.length === 0 && !isSplit) return this.#upTo(shown)
      for (const [sequence, link] of [...this.#standing]) {
        if (sequence <= shown) continue
        this.#standing.delete(sequence)
        this.#aside.push(link)
      }
      const moved = new Set(instead.map(({ id }) => id))
      this.#aside = this.#aside.filter(({ id }) => !moved.has(id))
      for (const link of instead) this.#standing.set(link.sequence, link)
    }
  }

  /** Without the one before it. */
  #stands(sequence: number): boolean {
    const link = this.#standing.get(sequence)
    const before = this.#standing.get(sequence - 1)
    if (link === undefined || sequence <= this.#forkedAt) return false
    const isApart = link.previousKey !== link.key && this.#outOfReach.has(link.previousKey ?? link.key)
    return before?.id !== link.previous || isApart
  }

  #upTo(shown: number): RecordId[] {
    const links = [...this.#standing.values()].filter(({ sequence }) => sequence <= shown)
    return links.toSorted((a, b) => a.sequence - b.sequence).map(({ id }) => id)
  }
}

test('[CHN6] whichever branch came first, a device comes to show what the fold says', () => {
  fc.assert(
    fc.property(
      chain.chain(({ links, outOfReach }) =>
        fc.record({
          outOfReach: fc.constant(outOfReach),
          links: fc.shuffledSubarray(links, {
            minLength: outOfReach.size > 0 ? links.length : Math.max(0, links.length - 2),
          }),
          acknowledged: fc.shuffledSubarray(links),
          astray: fc.array(fc.constantFrom(0, 0, 0, 0, 0, 0, -1, 1, 90), { minLength: 30, maxLength: 30 }),
        }),
      ),
      ({ links, acknowledged, outOfReach, astray }) => {
        // Some name another place than the record has.
        const heard = acknowledged.map(({ sequence, id }, i) => {
          return { device, sequence: sequence + (astray[i] ?? 0), record: id }
        })
        const one = new Device(outOfReach)
        // Some of it was there before the rest came, and what was acknowledged was known of some of it.
        for (const [i, link] of links.entries()) {
          one.hears(link)
          if (i % 3 === 0) one.shows(heard.slice(0, i))
        }
        const folded = foldChain(links, { acknowledged: heard, outOfReach })
        expect(one.shows(heard)).toEqual(folded.visible)
      },
    ),
    { numRuns: 3000 },
  )
})

test('[CHN6] of a branch of which something is lacking nothing stands yet, and that is said', () => {
  const at = (branch: number, sequence: number, previous: RecordId) => linkOf(branch, sequence, previous)
  const standing = new Map([1, 2, 3].map((n) => [n, idOf(0, n)]))
  const heard = [{ device, sequence: 4, record: idOf(1, 4) }]
  const aside = [at(1, 4, idOf(1, 3))]
  const lacking = keptBranch({ forkedAt: 2, standing, starts: [], aside }, heard, nothing)
  expect(lacking).toEqual({ shown: 1, instead: [], isSplit: false, isLacking: true })
  // Nothing is, of a record that is not where somebody says that it is.
  const astray = heard.map((one) => ({ ...one, sequence: 5 }))
  const settled = { shown: 1, instead: [], isSplit: false, isLacking: false }
  expect(keptBranch({ forkedAt: 2, standing, starts: [], aside }, astray, nothing)).toEqual(settled)
  const whole = [...aside, at(1, 3, idOf(1, 2)), at(1, 2, idOf(0, 1))]
  expect(keptBranch({ forkedAt: 2, standing, starts: [], aside: whole }, heard, nothing)).toEqual({
    shown: 1,
    instead: whole.toReversed(),
    isSplit: false,
    isLacking: false,
  })
})

const other = bytesToId('key', new Uint8Array(16).fill(4))
const own = [linkOf(0, 1, null), linkOf(0, 2, idOf(0, 1))]
const standing = new Map(own.map(({ sequence, id }) => [sequence, id]))

/** What comes to stand of what lies aside beside the first two, and what the fold says of all of it. */
function kept(aside: readonly ChainLink[], last: ChainLink, outOfReach: ReadonlySet<KeyId>) {
  const heard = [{ device, sequence: last.sequence, record: last.id }]
  const { shown, instead } = keptBranch({ forkedAt: 2, standing, starts: [], aside }, heard, outOfReach)
  const ids = [...own.filter(({ sequence }) => sequence <= shown), ...instead].map(({ id }) => id)
  return { ids, folded: foldChain([...own, ...aside], { acknowledged: heard, outOfReach }).visible }
}

test('[CHN9] a branch of which something is lacking comes to stand exactly where its first record would in a chain', () => {
  const unread = idOf(1, 2)
  for (const outOfReach of [[], [key], [other], [key, other]].map((keys) => new Set(keys))) {
    for (const previousKey of [key, other]) {
      const last = linkOf(1, 3, unread, previousKey)
      const { ids, folded } = kept([last], last, outOfReach)
      expect(ids).toEqual(folded)
      const stands = previousKey === other && outOfReach.has(other)
      expect(ids).toEqual([idOf(0, 1), ...(stands ? [last.id] : [])])
    }
  }
})

test('[CHN6] [CHN9] what was acknowledged behind a key that is out of reach keeps nothing that is before it', () => {
  const before = linkOf(1, 2, idOf(0, 1))
  const last = linkOf(1, 3, before.id, other)
  const { ids, folded } = kept([before, last], last, new Set([other]))
  expect(ids).toEqual([idOf(0, 1), last.id])
  expect(ids).toEqual(folded)
  // Also where it is what stands.
  const behind = linkOf(1, 3, idOf(0, 2), other)
  const others = kept([linkOf(2, 2, idOf(0, 1)), behind], behind, new Set([other]))
  expect(others.ids).toEqual([idOf(0, 1), behind.id])
  expect(others.ids).toEqual(others.folded)
})
