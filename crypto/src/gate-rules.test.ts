import { expect, test } from 'vitest'
import * as gate from './gate-rules.ts'
import type { DescribedStruct, DescribedUpdate, GateVerdict, StructId } from './gate-rules.ts'
import { bytesToId } from './ids.ts'

const anna = bytesToId('device', new Uint8Array(32).fill(1))
const ben = bytesToId('device', new Uint8Array(32).fill(2))
const dependency = { device: ben, sequence: 3, record: bytesToId('record', new Uint8Array(32).fill(3)) }

/** Anna's sessions have the clients 10 (7 clocks used) and 11 (none yet); 20 is Ben's. */
const own = new Map([
  [10, 7],
  [11, 0],
])
const log = { device: anna, own, last: id(10, 6) }

function id(client: number, clock: number): StructId {
  return { client, clock }
}

function item(change: Partial<DescribedStruct> = {}): DescribedStruct {
  return {
    kind: 'item',
    id: id(10, 7),
    length: 1,
    origin: id(10, 6),
    rightOrigin: null,
    parent: null,
    isSubdocument: false,
    isEntry: true,
    depth: 1,
    ...change,
  }
}

function update(structs: DescribedStruct[], change: Partial<DescribedUpdate> = {}): DescribedUpdate {
  return { size: 100, structs, deletes: [], ...change }
}

const first = item({ id: id(11, 0), origin: null, parent: { root: anna } })

function refusal(verdict: GateVerdict): string {
  return verdict.verdict === 'refuse' ? verdict.code : verdict.verdict
}

const bothGates = {
  log: (described: DescribedUpdate) => gate.checkLogUpdate(described, log),
  shared: (described: DescribedUpdate) =>
    gate.checkSharedUpdate(described, {
      own,
      dependencies: [],
      isPresent: () => true,
      coveredClock: () => 0,
    }),
}

test('[GATE1] the log gate accepts one value behind the last of its device, by whichever session', () => {
  const accept = { verdict: 'accept' }
  expect(bothGates.log(update([item()]))).toEqual(accept)
  expect(bothGates.log(update([item({ id: id(11, 0) })]))).toEqual(accept)
  expect(gate.checkLogUpdate(update([first]), { ...log, last: null })).toEqual(accept)
})

const accepted: [string, DescribedUpdate][] = [
  ['the next item after the last', update([item()])],
  ['the first item of a new session at its root', update([first])],
  [
    'several items one after another',
    update([item(), item({ id: id(10, 8), origin: id(10, 7), length: 4 })]),
  ],
  ['an item between two own ones', update([item({ origin: id(10, 2), rightOrigin: id(10, 3) })])],
  ['a child of an own item', update([item({ origin: null, parent: { item: id(10, 1) } })])],
  ['a collected range', update([item({ kind: 'gc', origin: null, depth: 0 })])],
  ['deleting what is there', update([], { deletes: [{ client: 10, clock: 0, length: 7 }] })],
  ['deleting what it brings', update([item()], { deletes: [{ client: 10, clock: 7, length: 1 }] })],
  ['two own sessions that build on each other', update([item({ origin: id(11, 0) }), first])],
  ['nothing', update([])],
]

test.for(accepted)('[GATE1] the shared gate accepts %s', ([, described]) => {
  expect(bothGates.shared(described)).toEqual({ verdict: 'accept' })
})

const nested = Array.from({ length: gate.maxUpdateDepth }, (_, i) =>
  item({ id: id(10, 8 + i), origin: null, parent: { item: id(10, 7 + i) }, isEntry: false }),
)

const notAppended: [string, DescribedUpdate][] = [
  ['nothing', update([])],
  ['two items, one behind the other', update([item(), item({ id: id(10, 8), origin: id(10, 7) })])],
  ['two sessions at once', update([first, item()])],
  ['two values in one item', update([item({ length: 2 })])],
  ['what is no plain value of a list', update([item({ isEntry: false })])],
  ['a collected range', update([item({ kind: 'gc', origin: null, isEntry: false })])],
  ['an item behind another than the last', update([item({ origin: id(10, 5) })])],
  ['one behind the same clock of another session', update([item({ origin: id(11, 6) })])],
  ['one behind what somebody else wrote', update([item({ origin: id(20, 6) })])],
  ['a second first one', update([first])],
  ['an item in front of one', update([item({ rightOrigin: id(10, 3) })])],
  ['an item before all', update([item({ origin: null, rightOrigin: id(10, 0) })])],
  ['an item that hangs nowhere', update([item({ origin: null })])],
  ['itself as origin', update([item({ origin: id(10, 7) })])],
  ['types in types', update([item({ isEntry: false }), ...nested])],
  ['a deletion', update([], { deletes: [{ client: 10, clock: 0, length: 7 }] })],
  ['a deletion beside a value', update([item()], { deletes: [{ client: 10, clock: 7, length: 1 }] })],
]

test.for(notAppended)('[GATE3] the log gate refuses %s', ([, described]) => {
  expect(refusal(bothGates.log(described))).toBe('gate-not-appended')
})

test('[GATE3] the log gate refuses an origin where nothing is, and no parent', () => {
  for (const described of [update([item({ id: id(10, 7) })]), update([item({ origin: null })])]) {
    expect(refusal(gate.checkLogUpdate(described, { ...log, last: null }))).toBe('gate-not-appended')
  }
})

const refusedByBoth: [string, string, DescribedUpdate][] = [
  ['gate-too-large', 'a large update', update([], { size: gate.maxUpdateSize + 1 })],
  [
    'gate-too-many-structs',
    'many delete ranges',
    update([], { deletes: Array(gate.maxUpdateStructs + 1).fill({ client: 10, clock: 0, length: 1 }) }),
  ],
  [
    'gate-too-many-structs',
    'many client ids',
    update(Array.from({ length: gate.maxUpdateClients + 1 }, (_, client) => item({ id: id(client, 0) }))),
  ],
  ['gate-too-deep', 'a deep value', update([item({ depth: gate.maxUpdateDepth + 1 })])],
  ['gate-skip', 'a skip', update([item({ kind: 'skip' })])],
  ['gate-subdocument', 'a document inside', update([item({ isSubdocument: true })])],
  ['gate-empty-struct', 'an empty struct', update([item({ length: 0 })])],
  ['gate-empty-struct', 'a negative length', update([item({ length: -1 })])],
  ['gate-clock-range', 'a clock beyond all use', update([item({ id: id(10, 2 ** 41) })])],
  ['gate-clock-range', 'a struct that ends beyond all use', update([item({ length: gate.maxClock })])],
  ['gate-clock-range', 'a negative clock', update([item({ id: id(10, -1) })])],
  ['gate-clock-range', 'a fraction', update([item({ length: 1.5 })])],
  ['gate-clock-range', 'an origin out of range', update([item({ origin: id(10, -5) })])],
  ['gate-clock-gap', 'a hole in the own clock', update([item({ id: id(10, 8) })])],
  ['gate-clock-reused', 'a clock used before', update([item({ id: id(10, 6) })])],
  ['gate-clock-reused', 'a clock used twice in one update', update([item(), item()])],
  ['gate-foreign-struct', 'a struct with somebody else’s id', update([item({ id: id(20, 0) })])],
  ['gate-foreign-struct', 'a struct with an id that no session names', update([item({ id: id(12, 0) })])],
  [
    'gate-empty-struct',
    'an empty delete range',
    update([], { deletes: [{ client: 10, clock: 1, length: 0 }] }),
  ],
]

test.for(refusedByBoth)('[GATE2] both gates refuse with %s: %s', ([code, , described]) => {
  expect(refusal(bothGates.log(described))).toBe(code)
  expect(refusal(bothGates.shared(described))).toBe(code)
})

const refusedByShared: [string, string, DescribedUpdate][] = [
  [
    'gate-too-deep',
    'types in types in one update',
    update(
      Array.from({ length: gate.maxUpdateDepth + 2 }, (_, i) =>
        item({ id: id(10, 7 + i), origin: null, parent: { item: id(10, 6 + i) } }),
      ),
    ),
  ],
  ['gate-future-origin', 'itself as origin', update([item({ origin: id(10, 7) })])],
  ['gate-future-origin', 'its own future as origin', update([item({ origin: id(10, 9) })])],
  ['gate-future-origin', 'its own future as right origin', update([item({ rightOrigin: id(10, 7) })])],
  ['gate-future-origin', 'its own future as parent', update([item({ parent: { item: id(10, 8) } })])],
  [
    'gate-future-origin',
    'two own sessions that wait for each other',
    update([item({ origin: id(11, 0) }), { ...first, origin: id(10, 7) }]),
  ],
  ['gate-foreign-parent', 'an item that hangs nowhere', update([item({ origin: null })])],
  [
    'gate-clock-range',
    'deleting its own future',
    update([], { deletes: [{ client: 10, clock: 6, length: 2 }] }),
  ],
]

test.for(refusedByShared)('[GATE2] the shared gate refuses with %s: %s', ([code, , described]) => {
  expect(refusal(bothGates.shared(described))).toBe(code)
})

const foreign: [string, DescribedUpdate][] = [
  ['origin', update([item({ origin: id(20, 4) })])],
  ['right origin', update([item({ rightOrigin: id(20, 4) })])],
  ['parent', update([item({ origin: null, parent: { item: id(20, 4) } })])],
  ['delete range', update([], { deletes: [{ client: 20, clock: 4, length: 1 }] })],
]

test('[GATE3] the log gate refuses another device’s root, or any other', () => {
  for (const root of [ben, '', 'messages', `${anna} `]) {
    const described = update([{ ...first, parent: { root } }])
    expect(refusal(bothGates.log(described))).toBe('gate-foreign-parent')
    expect(refusal(gate.checkLogUpdate(described, { ...log, last: null }))).toBe('gate-foreign-parent')
  }
})

test('[GATE3] the log gate refuses an item inside another, own or not', () => {
  for (const client of [10, 20]) {
    const described = update([item({ origin: null, parent: { item: id(client, 1) } })])
    expect(refusal(bothGates.log(described))).toBe('gate-foreign-parent')
  }
})

test.for(foreign)(
  '[GATE4] the shared gate takes a foreign %s only when its dependency covers it',
  ([, described]) => {
    const context = { own, dependencies: [dependency], isPresent: () => true }
    const covering = (clock: number) =>
      gate.checkSharedUpdate(described, { ...context, coveredClock: (client) => (client === 20 ? clock : 0) })
    expect(covering(5)).toEqual({ verdict: 'accept' })
    expect(refusal(covering(4))).toBe('gate-undeclared-dependency')
  },
)

test('[GATE5] the shared gate waits for dependencies that are not present, and says for which', () => {
  const other = { ...dependency, sequence: 9 }
  const context = {
    own,
    dependencies: [dependency, other],
    isPresent: (one: typeof dependency) => one === dependency,
    coveredClock: () => 5,
  }
  expect(gate.checkSharedUpdate(update([item({ origin: id(20, 4) })]), context)).toEqual({
    verdict: 'wait',
    for: [other],
  })
  // What no dependency can mend is refused at once.
  expect(refusal(gate.checkSharedUpdate(update([item({ id: id(20, 0) })]), context))).toBe(
    'gate-foreign-struct',
  )
})

/** Counts how often it is looked at what structs stand on. */
function counting(structs: DescribedStruct[]): { structs: DescribedStruct[]; looks: () => number } {
  let looks = 0
  const counted = structs.map((struct) =>
    Object.defineProperty({ ...struct }, 'origin', { get: () => (looks++, struct.origin) }),
  )
  return { structs: counted, looks: () => looks }
}

/** Behind another; the first of all where that would be before all clocks. */
function behind(own: StructId, origin: StructId): DescribedStruct {
  return item({ id: own, ...(origin.clock < 0 ? { origin: null, parent: { root: anna } } : { origin }) })
}

const { maxUpdateClients: width, maxUpdateStructs } = gate
const largest: [string, DescribedStruct[]][] = [
  [
    'one behind the other',
    Array.from({ length: maxUpdateStructs }, (_, i) => behind(id(10, i), id(10, i - 1))),
  ],
  [
    // Many sessions, each of whose structs waits for one of the next: the most rounds that can be asked for.
    'each waiting for one of another session',
    Array.from({ length: width * Math.floor(maxUpdateStructs / width) }, (_, i) => {
      const [client, clock] = [i % width, Math.floor(i / width)]
      return behind(id(client, clock), client === width - 1 ? id(0, clock - 1) : id(client + 1, clock))
    }),
  ],
]

test.for(largest)('[GATE6] of the largest update each struct is looked at a few times: %s', ([, structs]) => {
  const all = counting(structs)
  const sessions = new Map(structs.map((struct) => [struct.id.client, 0]))
  const context = { own: sessions, dependencies: [], isPresent: () => true, coveredClock: () => 0 }
  expect(gate.checkSharedUpdate(update(all.structs), context)).toEqual({ verdict: 'accept' })
  expect(all.looks()).toBeLessThan(8 * structs.length)
})

test('[GATE6] the log gate looks at no struct of an update that has several', () => {
  const all = counting(Array.from({ length: maxUpdateStructs }, (_, i) => item({ id: id(10, 7 + i) })))
  expect(refusal(bothGates.log(update(all.structs)))).toBe('gate-not-appended')
  expect(all.looks()).toBe(maxUpdateStructs)
})
