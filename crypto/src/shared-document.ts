import { checkSharedUpdate, referencesOf } from './gate-rules.ts'
import type { DescribedStruct, DescribedUpdate, StructId } from './gate-rules.ts'
import type { DeviceId, RecordId } from './ids.ts'
import type { RecordDependency } from './record.ts'
import { ownClient } from './shared-update.ts'

/**
 * Records of one member that are in one `shared` document at most, and as many on which others build: more than anybody gives
 * names, and few enough that whoever writes nothing else keeps no device busy.
 */
export const maxSharedRecords = 100

/** A record of a `shared` document, on whichever branch of its author's chain: the gate found nothing against it by itself. */
export interface SharedRecord {
  readonly device: DeviceId
  readonly sequence: number
  readonly id: RecordId
  /** Records of this document of which it touches something: its client ids from 1 on. */
  readonly builtOn: readonly RecordDependency[]
  readonly described: DescribedUpdate
}

/** What is held of a `shared` document. */
export interface HeldShared<R extends SharedRecord> {
  readonly records: Iterable<R>
  /** Whether a record is shown today. */
  readonly counts: (record: R) => boolean
  /** Who has, or had, a device. */
  readonly memberOf: (device: DeviceId) => string
}

/** A record in a document. */
export interface Entering<R extends SharedRecord> {
  readonly record: R
  /**
   * Null where it enters as it is. Otherwise it does not count, and enters as deleted content of equal length that deletes
   * nothing: these of its structs keep their places, as something that counts is built on them, and the others have none.
   */
  readonly places: ReadonlySet<DescribedStruct> | null
}

/**
 * What a `shared` document is made of, in an order in which each finds what it builds on: a function of its records and of
 * which of them count, whatever came first. A record enters when all that it builds on has entered and holds what it touches.
 */
export function foldShared<R extends SharedRecord>(shared: HeldShared<R>): readonly Entering<R>[] {
  const sorted = [...shared.records].toSorted(compareRecords)
  const roots = rootsOf(sorted, shared)
  const all = settle(new Held(sorted), roots)
  const ground = beneathAll(all.held, all.whole)
  const kept = firstOfEach(ground.toSorted(compareRecords), shared.memberOf)
  // What is left out takes with it what builds on it; that needs less ground, and so nothing more is left out.
  const { held, good, whole } =
    kept.length === ground.length ? all : settle(new Held([...all.whole, ...kept]), [...all.whole])
  const beneath = placesBeneath(held, whole)
  return good.flatMap((record): Entering<R>[] => {
    if (whole.has(record)) return [{ record, places: null }]
    const places = beneath.get(record)
    return places === undefined ? [] : [{ record, places }]
  })
}

/** Whether records count or not, those that count build on them, directly or through others. */
export interface Wanted {
  /** Of each device the last sequence at which there is such a record, be it here or not. */
  readonly upTo: ReadonlyMap<DeviceId, number>
  /** Such records that are here and not to be let go: all that are in the document, and as many of those that may come into it. */
  readonly ground: ReadonlyMap<RecordId, Pick<SharedRecord, 'device' | 'sequence'>>
}

export function wantedOf<R extends SharedRecord>(shared: HeldShared<R>): Wanted {
  const sorted = [...shared.records].toSorted(compareRecords)
  const held = new Held(sorted)
  const roots = rootsOf(sorted, shared)
  const upTo = new Map<DeviceId, number>()
  for (const { builtOn } of [...roots, ...beneathAll(held, roots)]) {
    for (const { device, sequence } of builtOn) {
      upTo.set(device, Math.max(sequence, upTo.get(device) ?? 0))
    }
  }
  const entered = new Set(foldShared(shared).map(({ record }) => record))
  const ground = new Set<R>()
  for (const { builtOn } of entered) {
    for (const one of builtOn) {
      const beneath = held.find(one)
      if (beneath !== null) ground.add(beneath)
    }
  }
  const waiting = roots.filter((record) => !entered.has(record))
  const beneath = beneathAll(held, waiting).filter((record) => !ground.has(record))
  const rest = firstOfEach(beneath.toSorted(compareRecords), shared.memberOf)
  return { upTo, ground: new Map([...ground, ...rest].map((record) => [record.id, record])) }
}

function compareRecords(a: SharedRecord, b: SharedRecord): number {
  return compareText(a.device, b.device) || a.sequence - b.sequence || compareText(a.id, b.id)
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function rootsOf<R extends SharedRecord>(sorted: readonly R[], { counts, memberOf }: HeldShared<R>): R[] {
  return firstOfEach(sorted.filter(counts), memberOf)
}

/** Of each member the first `maxSharedRecords`. */
function firstOfEach<R extends SharedRecord>(
  sorted: readonly R[],
  memberOf: (device: DeviceId) => string,
): R[] {
  const count = new Map<string, number>()
  return sorted.filter(({ device }) => {
    const member = memberOf(device)
    const before = count.get(member) ?? 0
    count.set(member, before + 1)
    return before < maxSharedRecords
  })
}

/** What is here. Records are meant by their whole ids, so whatever else is here changes nothing of what one says. */
class Held<R extends SharedRecord> {
  readonly #byId: ReadonlyMap<RecordId, R>

  constructor(records: readonly R[]) {
    this.#byId = new Map(records.map((record) => [record.id, record]))
  }

  /** Null also where it is another device's, or stands elsewhere in its chain, than was said. */
  find({ device, sequence, record }: RecordDependency): R | null {
    const found = this.#byId.get(record)
    return found?.device === device && found.sequence === sequence ? found : null
  }

  /** Whose struct a record means by an id. */
  of(record: R, { client }: StructId): R | null {
    if (client === ownClient) return record
    const named = record.builtOn[client - 1]
    return named === undefined ? null : this.find(named)
  }
}

/** What is here and beneath any of these, and is none of them. */
function beneathAll<R extends SharedRecord>(held: Held<R>, roots: Iterable<R>): R[] {
  const found = new Set(roots)
  const count = found.size
  // What is built on joins at the end.
  for (const { builtOn } of found) {
    for (const one of builtOn) {
      const beneath = held.find(one)
      if (beneath !== null) found.add(beneath)
    }
  }
  return [...found].slice(count)
}

interface Settled<R extends SharedRecord> {
  readonly held: Held<R>
  /** What enters, each after what it builds on. */
  readonly good: readonly R[]
  /** Those that count. */
  readonly whole: ReadonlySet<R>
}

/** What enters if all of `roots` count. */
function settle<R extends SharedRecord>(held: Held<R>, roots: readonly R[]): Settled<R> {
  const left = new Map<R, number>()
  const dependents = new Map<R, R[]>()
  const good: R[] = []
  for (const record of [...roots, ...beneathAll(held, roots)]) {
    const beneath = standsOn(held, record)
    if (beneath === null) continue
    left.set(record, beneath.length)
    if (beneath.length === 0) good.push(record)
    for (const one of beneath) {
      const waiting = dependents.get(one)
      if (waiting === undefined) dependents.set(one, [record])
      else waiting.push(record)
    }
  }
  // What can enter joins at the end.
  for (const record of good) {
    for (const one of dependents.get(record) ?? []) {
      const count = (left.get(one) ?? 0) - 1
      left.set(one, count)
      if (count === 0) good.push(one)
    }
  }
  const entered = new Set(good)
  return { held, good, whole: new Set(roots.filter((record) => entered.has(record))) }
}

/** What it builds on; null where it can not enter as long as nothing else comes. */
function standsOn<R extends SharedRecord>(held: Held<R>, record: R): R[] | null {
  const { builtOn, described } = record
  const { verdict } = checkSharedUpdate(described, {
    own: new Map([[ownClient, 0]]),
    dependencies: builtOn,
    isPresent: (one) => held.find(one) !== null,
    coveredClock: (client) => {
      const of = held.of(record, { client, clock: 0 })
      return of === null ? 0 : lengthOf(of)
    },
  })
  return verdict === 'accept' ? builtOn.flatMap((one) => held.find(one) ?? []) : null
}

/** Clocks of a record begin at 0 and have no holes. */
function lengthOf({ described: { structs } }: SharedRecord): number {
  const last = structs.at(-1)
  return last === undefined ? 0 : last.id.clock + last.length
}

/**
 * What is not in `whole` and is needed beneath it: records whose structs those of others stand or hang on, with these
 * structs; and records of which something is deleted.
 */
function placesBeneath<R extends SharedRecord>(
  held: Held<R>,
  whole: ReadonlySet<R>,
): ReadonlyMap<R, ReadonlySet<DescribedStruct>> {
  const found = new Map<R, Set<DescribedStruct>>()
  const enter = (record: R): Set<DescribedStruct> => {
    const places = found.get(record) ?? new Set<DescribedStruct>()
    found.set(record, places)
    return places
  }
  const left: (readonly [R, DescribedStruct])[] = []
  for (const record of whole) {
    for (const struct of record.described.structs) left.push([record, struct])
    for (const range of record.described.deletes) {
      const of = held.of(record, range)
      if (of !== null && !whole.has(of)) enter(of)
    }
  }
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [record, struct] = next
    for (const id of referencesOf(struct)) {
      const of = held.of(record, id)
      const place = of === null || whole.has(of) ? undefined : structAt(of, id.clock)
      if (of === null || place === undefined) continue
      const places = enter(of)
      if (places.has(place)) continue
      places.add(place)
      left.push([of, place])
    }
  }
  return found
}

function structAt({ described: { structs } }: SharedRecord, clock: number): DescribedStruct | undefined {
  let low = 0
  for (let high = structs.length; low < high;) {
    const middle = (low + high) >> 1
    const { id, length } = structs[middle] ?? { id: { clock: Infinity }, length: 0 }
    if (id.clock + length <= clock) low = middle + 1
    else high = middle
  }
  return structs[low]
}
