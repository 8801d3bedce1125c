import { expect, test } from 'vitest'
import type { DescribedStruct, DescribedUpdate, StructId } from './gate-rules.ts'
import { bytesToId } from './ids.ts'
import type { DeviceId } from './ids.ts'
import type { RecordDependency } from './record.ts'
import { foldShared, maxSharedRecords, wantedOf } from './shared-document.ts'
import type { SharedRecord } from './shared-document.ts'
import { ownClient } from './shared-update.ts'

const device = (n: number) => bytesToId('device', new Uint8Array(32).fill(n))
const [anna, ben, carla] = [1, 2, 3]

/** What stands under a client id, until somebody names it. */
const marks = new Map<SharedRecord, number>()
const at = (record: SharedRecord, clock = 0): StructId => ({ client: marks.get(record) ?? Number.NaN, clock })
const own = (clock: number): StructId => ({ client: ownClient, clock })

/** `branch`: of the author's chain. The ids of all begin alike. */
function record(
  author: number,
  sequence: number,
  structs: readonly Partial<DescribedStruct>[],
  builtOn: readonly SharedRecord[] = [],
  deletes: DescribedUpdate['deletes'] = [],
  branch = 0,
): SharedRecord {
  const id = new Uint8Array(32)
  id.set([author, branch, sequence >> 8, sequence & 255], 28)
  const named = builtOn.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const clients = new Map(named.map((one, i) => [marks.get(one), i + 1]))
  const move = <T extends { readonly client: number }>(one: T): T =>
    one.client === ownClient ? one : { ...one, client: clients.get(one.client) ?? named.length + 1 }
  const moveAll = (struct: DescribedStruct): DescribedStruct => ({
    ...struct,
    origin: struct.origin && move(struct.origin),
    rightOrigin: struct.rightOrigin && move(struct.rightOrigin),
  })
  const made: SharedRecord = {
    device: device(author),
    sequence,
    id: bytesToId('record', id),
    builtOn: named.map((one): RecordDependency => ({ ...one, record: one.id })),
    described: {
      size: 10,
      structs: structs.map((struct) => moveAll({ ...item, ...struct })),
      deletes: deletes.map(move),
    },
  }
  marks.set(made, 1_000 + marks.size)
  return made
}

const item: DescribedStruct = {
  kind: 'item',
  id: own(0),
  length: 1,
  origin: null,
  rightOrigin: null,
  parent: null,
  isSubdocument: false,
  isEntry: true,
  depth: 0,
}
const everything = () => true
/** Whoever has number 4 has 5 too. */
const memberOf = (of: DeviceId): string => (of === device(5) ? device(4) : of)

/** What enters, as `author.sequence`, with the clocks of what keeps its place where it does not count. */
function entering(records: readonly SharedRecord[], counts: (record: SharedRecord) => boolean = everything) {
  return foldShared({ records, counts, memberOf })
    .map(({ record: { device: of, sequence, id }, places }) => {
      const branch = id.slice(58, 60) === '00' ? '' : 'b'
      const name = `${Number.parseInt(of.slice(0, 2), 16)}.${sequence}${branch}`
      return places === null
        ? name
        : `${name} (${[...places]
            .map((one) => one.id.clock)
            .toSorted((a, b) => a - b)
            .join(' ')})`
    })
    .toSorted()
}

const first = record(anna, 1, [{ parent: { root: 'title' }, length: 3 }])
const second = record(ben, 1, [{ origin: at(first, 2) }], [first])

test('[GATE8] a record enters when all that it builds on is there, whatever came first', () => {
  expect(
    foldShared({ records: [second, first], counts: everything, memberOf }).map((one) => one.record),
  ).toEqual([first, second])
  expect(entering([second])).toEqual([])
  // Another record at the place of the one that is named is not that one.
  expect(entering([record(anna, 1, first.described.structs, [], [], 1), second])).toEqual(['1.1b'])
  // Nor is it enough that nothing of it is touched.
  expect(entering([record(ben, 1, [{ parent: { root: 'title' } }], [first])])).toEqual([])
})

test('[GATE4] [GATE8] what touches something of others that it does not name does not enter, nor what builds on it', () => {
  const more = record(anna, 2, [{ origin: at(first, 2) }], [first])
  const beyond = record(ben, 1, [{ origin: at(more) }], [first])
  const above = record(carla, 1, [{ origin: at(beyond) }], [beyond])
  const next = record(ben, 2, [{ origin: at(first) }], [first])
  for (const records of [
    [first, more, beyond, above, next],
    [next, above, beyond, more, first],
  ]) {
    expect(entering(records)).toEqual(['1.1', '1.2', '2.2'])
  }
  const deleting = record(ben, 1, [], [first], [{ ...at(more), length: 1 }])
  expect(entering([first, more, deleting])).toEqual(['1.1', '1.2'])
  // What it has not got is not there to be built on.
  const tooFar = record(ben, 1, [{ origin: at(first, 3) }], [first])
  expect(entering([first, tooFar])).toEqual(['1.1'])
})

test('[GATE8] what is named under another device or place than it has is not there', () => {
  for (const wrong of [{ device: device(carla) }, { sequence: 2 }]) {
    const builtOn = second.builtOn.map((one) => ({ ...one, ...wrong }))
    expect(entering([first, { ...second, builtOn }])).toEqual(['1.1'])
  }
})

test('[CID4] [GATE8] a record whose id begins like another’s takes nobody’s place, whenever it comes', () => {
  const built = record(carla, 1, [{ origin: at(second) }], [second])
  const honest = [first, second, built]
  const found = ['1.1', '2.1', '3.1']
  expect(entering(honest)).toEqual(found)
  expect(new Set(honest.map(({ id }) => id.slice(0, 56))).size).toBe(1)
  // Of a device that comes first of all, and of another branch of one that is built on; be it shown or not.
  const early = record(0, 1, [{ parent: { root: 'words' } }])
  const branch = record(anna, 1, [{ parent: { root: 'words' } }], [], [], 1)
  for (const late of [early, branch]) {
    for (const all of [
      [...honest, late],
      [late, ...honest],
    ]) {
      expect(entering(all, (one) => one !== late)).toEqual(found)
      expect(entering(all)).toEqual(expect.arrayContaining(found))
    }
  }
})

test('[GATE9] what does not count enters where something that counts stands on it, and keeps only those places', () => {
  const hidden = record(
    ben,
    1,
    [
      { parent: { root: 'title' } },
      { id: own(1), origin: at(first, 2) },
      { id: own(2), parent: { root: 'words' } },
    ],
    [first],
  )
  const last = record(ben, 2, [{ origin: at(hidden, 2) }], [hidden])
  const above = record(carla, 1, [{ origin: at(hidden, 1) }], [first, hidden])
  const withoutBen = (one: SharedRecord) => one.device !== device(ben)
  expect(entering([first, hidden, last], withoutBen)).toEqual(['1.1'])
  expect(entering([above, last, hidden, first], withoutBen)).toEqual(['1.1', '2.1 (1)', '3.1'])
  // What is built on what does not count needs what that is built on, and what deletes something needs that.
  const onLast = record(carla, 1, [{ origin: at(last) }], [last])
  expect(entering([first, hidden, last, onLast], withoutBen)).toEqual(['1.1', '2.1 (2)', '2.2 (0)', '3.1'])
  const deletes = record(carla, 1, [], [hidden], [{ ...at(hidden), length: 1 }])
  expect(entering([first, hidden, deletes], withoutBen)).toEqual(['1.1', '2.1 ()', '3.1'])
})

test('[GATE9] hidden records stand on hidden ones', () => {
  const middle = record(carla, 1, [{ origin: at(second) }, { id: own(1), origin: own(0) }], [second])
  const above = record(anna, 2, [{ origin: at(middle, 1) }], [middle])
  const ofAnna = (one: SharedRecord) => one.device === device(anna)
  expect(entering([above, middle, second, first], ofAnna)).toEqual(['1.1', '1.2', '2.1 (0)', '3.1 (0 1)'])
})

test('[GATE11] what builds on either branch of a forked chain enters, and neither branch is in the way of the other', () => {
  const [left, right] = [0, 1].map((branch) =>
    record(ben, 1, [{ parent: { root: 'title' } }], [], [], branch),
  ) as [SharedRecord, SharedRecord]
  const lacking = record(ben, 1, [{ origin: at(first) }], [first], [], 2)
  const onLeft = record(anna, 1, [{ origin: at(left) }], [left])
  const onRight = record(carla, 1, [{ origin: at(right) }], [right])
  const above = record(anna, 2, [{ origin: at(onLeft), rightOrigin: at(right) }], [onLeft, right])
  const all = [lacking, left, right, onLeft, onRight, above]
  const withoutBen = (one: SharedRecord) => one.device !== device(ben)
  const found = ['1.1', '1.2', '2.1 (0)', '2.1b (0)', '3.1']
  expect(entering(all, withoutBen)).toEqual(found)
  expect(entering(all.toReversed(), withoutBen)).toEqual(found)
  // One of them counts, as somebody acknowledged it.
  expect(entering(all, (one) => withoutBen(one) || one === right)).toEqual([
    '1.1',
    '1.2',
    '2.1 (0)',
    '2.1b',
    '3.1',
  ])
})

test('[GATE12] of one member no more than the first records that count are in a document', () => {
  const of = (author: number, count: number) =>
    Array.from({ length: count }, (_, i) => record(author, i + 1, [{ parent: { root: 'title' } }]))
  const many = of(ben, maxSharedRecords + 2)
  const beyond = many[maxSharedRecords] ?? first
  const above = record(carla, 1, [{ origin: at(beyond) }], [beyond])
  const found = entering([above, ...many.toReversed(), first])
  expect(found).toHaveLength(maxSharedRecords + 3)
  // It is ground like whatever else does not count.
  expect(found).toContain(`2.${maxSharedRecords + 1} (0)`)
  const withoutFirst = (one: SharedRecord) => one !== many[0]
  expect(entering([above, ...many, first], withoutFirst)).toContain(`2.${maxSharedRecords + 1}`)
  // Whoever has several devices has no more.
  const both = entering([...of(4, maxSharedRecords - 1), ...of(5, 3)])
  expect(both).toHaveLength(maxSharedRecords)
  expect(both.filter((name) => name.startsWith('5.'))).toEqual(['5.1'])
})

test('[GATE12] nor is more of one member’s beneath what counts than that, and what stands on more is not there', () => {
  const hidden: SharedRecord[] = []
  for (let i = 0; i < 2 * maxSharedRecords + 2; i++) {
    const before = hidden.at(-1)
    const made =
      before === undefined
        ? record(ben, 1, [{ parent: { root: 'title' } }])
        : record(ben, i + 1, [{ origin: at(before) }], [before])
    hidden.push(made)
  }
  const [low, middle, top] = [0, maxSharedRecords - 1, hidden.length - 1].map((i) => hidden[i] ?? first)
  const on = (author: number, beneath = first) => record(author, 1, [{ origin: at(beneath) }], [beneath])
  const [onLow, onMiddle, onTop] = [on(anna, low), on(carla, middle), on(4, top)]
  const above = record(5, 1, [{ origin: at(onTop) }], [onTop])
  const withoutBen = (one: SharedRecord) => one.device !== device(ben)
  const all = [onLow, onMiddle, onTop, above, ...hidden]
  for (const records of [all, all.toReversed()]) {
    const found = entering(records, withoutBen)
    expect(found).toHaveLength(maxSharedRecords + 2)
    expect(found).toEqual(expect.arrayContaining(['1.1', '3.1', '2.1 (0)', `2.${maxSharedRecords} (0)`]))
  }
  // What is left out may come into it when others are cut off, and is kept up to as many.
  const { ground } = wantedOf({ records: all, counts: withoutBen, memberOf })
  expect([...ground.keys()].toSorted()).toEqual(hidden.slice(0, 2 * maxSharedRecords).map(({ id }) => id))
})

test('[GATE10] wanted is what records that count build on, and what that builds on', () => {
  const middle = record(carla, 4, [{ origin: at(second) }], [second])
  const above = record(anna, 2, [{ origin: at(middle) }], [middle])
  const ofAnna = (one: SharedRecord) => one.device === device(anna)
  const wanted = (...records: SharedRecord[]) => {
    const { upTo, ground } = wantedOf({ records, counts: ofAnna, memberOf })
    return { upTo: Object.fromEntries(upTo), ground: [...ground.keys()] }
  }
  expect(wanted(first, above)).toEqual({ upTo: { [device(carla)]: 4 }, ground: [] })
  expect(wanted(first, above, middle)).toEqual({
    upTo: { [device(carla)]: 4, [device(ben)]: 1 },
    ground: [middle.id],
  })
  expect(wanted(middle)).toEqual({ upTo: {}, ground: [] })
})
