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
const log = { device: anna, own }

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

test.for(accepted)('[GATE1] both gates accept %s', ([, described]) => {
  expect(bothGates.log(described)).toEqual({ verdict: 'accept' })
  expect(bothGates.shared(described)).toEqual({ verdict: 'accept' })
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
  [
    'gate-too-deep',
    'types in types in one update',
    update(
      Array.from({ length: gate.maxUpdateDepth + 2 }, (_, i) =>
        item({ id: id(10, 7 + i), origin: null, parent: { item: id(10, 6 + i) } }),
      ),
    ),
  ],
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

const foreign: [string, string, string, DescribedUpdate][] = [
  ['gate-foreign-origin', 'gate-undeclared-dependency', 'origin', update([item({ origin: id(20, 4) })])],
  [
    'gate-foreign-origin',
    'gate-undeclared-dependency',
    'right origin',
    update([item({ rightOrigin: id(20, 4) })]),
  ],
  [
    'gate-foreign-parent',
    'gate-undeclared-dependency',
    'parent',
    update([item({ origin: null, parent: { item: id(20, 4) } })]),
  ],
  [
    'gate-foreign-delete',
    'gate-undeclared-dependency',
    'delete range',
    update([], { deletes: [{ client: 20, clock: 4, length: 1 }] }),
  ],
]

test.for(foreign)('[GATE3] the log gate refuses with %s a foreign %s', ([code, , , described]) => {
  expect(refusal(bothGates.log(described))).toBe(code)
})

test('[GATE3] the log gate refuses another device’s root, or any other', () => {
  for (const root of [ben, '', 'messages', `${anna} `]) {
    expect(refusal(bothGates.log(update([{ ...first, parent: { root } }])))).toBe('gate-foreign-parent')
  }
})

test.for(foreign)(
  '[GATE4] the shared gate takes a foreign %s%s only when its dependency covers it',
  ([, code, , described]) => {
    const context = { own, dependencies: [dependency], isPresent: () => true }
    const covering = (clock: number) =>
      gate.checkSharedUpdate(described, { ...context, coveredClock: (client) => (client === 20 ? clock : 0) })
    expect(covering(5)).toEqual({ verdict: 'accept' })
    expect(refusal(covering(4))).toBe(code)
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

test('[GATE6] the largest updates that are allowed are judged in well under a second', () => {
  const long = Array.from({ length: gate.maxUpdateStructs }, (_, i) =>
    item({ id: id(10, 7 + i), origin: id(10, 6 + i) }),
  )
  // Many sessions, each of whose structs waits for one of the next: the most rounds that can be asked for.
  const { maxUpdateClients: width, maxUpdateStructs } = gate
  const height = Math.floor(maxUpdateStructs / width)
  const tangled = Array.from({ length: width * height }, (_, i) => {
    const [client, clock] = [i % width, Math.floor(i / width)]
    const before = client === width - 1 ? id(0, clock - 1) : id(client + 1, clock)
    const isFirst = client === width - 1 && clock === 0
    const parent = isFirst ? { root: anna } : null
    return item({ id: id(client, clock), origin: isFirst ? null : before, parent })
  })
  const tangledOwn = new Map(Array.from({ length: width }, (_, client) => [client, 0]))
  const start = performance.now()
  expect(bothGates.log(update(long))).toEqual({ verdict: 'accept' })
  expect(gate.checkLogUpdate(update(tangled), { device: anna, own: tangledOwn })).toEqual({
    verdict: 'accept',
  })
  expect(performance.now() - start).toBeLessThan(1000)
})
