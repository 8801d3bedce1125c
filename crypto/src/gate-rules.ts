import type { ErrorCode } from './errors.ts'
import type { DeviceId } from './ids.ts'
import type { RecordDependency } from './record.ts'

/** Bytes of an update: what a record's payload can carry. */
export const maxUpdateSize = 1_000_000
/** Structs and delete ranges of one update, which is that of one record: somebody who writes by hand makes a few, a tool more. */
export const maxUpdateStructs = 20_000
/** Client ids in one update. A session writes with one: a compaction carries its records as they were, each with its own update. */
export const maxUpdateClients = 1024
/** Types inside types, and arrays and objects inside one value. Deeper ones threaten the stack of every reader. */
export const maxUpdateDepth = 16
/** Clocks stay far below where sums of doubles lose units. */
export const maxClock = 2 ** 40

export interface StructId {
  readonly client: number
  readonly clock: number
}

/** Where an item hangs; null where Yjs takes it from the origin or right origin. */
export type StructParent = { readonly root: string } | { readonly item: StructId } | null

export interface DescribedStruct {
  readonly kind: 'item' | 'gc' | 'skip'
  readonly id: StructId
  readonly length: number
  readonly origin: StructId | null
  readonly rightOrigin: StructId | null
  readonly parent: StructParent
  readonly isSubdocument: boolean
  /** Plain values, in a list and not below a key of a map. */
  readonly isEntry: boolean
  /** Arrays and objects inside one another in this struct's value; 0 for text and deleted content. */
  readonly depth: number
}

export interface DescribedRange {
  readonly client: number
  readonly clock: number
  readonly length: number
}

/** A Yjs V1 update, decoded but not applied. */
export interface DescribedUpdate {
  /** Bytes. */
  readonly size: number
  readonly structs: readonly DescribedStruct[]
  readonly deletes: readonly DescribedRange[]
}

/** The author's own client ids in this document, each with the first clock that is not yet in use. */
export type OwnClocks = ReadonlyMap<number, number>

export type GateVerdict =
  | { readonly verdict: 'accept' }
  | { readonly verdict: 'refuse'; readonly code: ErrorCode }
  | { readonly verdict: 'wait'; readonly for: readonly RecordDependency[] }

export interface LogContext {
  readonly device: DeviceId
  readonly own: OwnClocks
  /** Where what the device's records before this one brought to the document ends; null before its first. */
  readonly last: StructId | null
}

/**
 * The gate of `log` documents: a record brings one value, behind the last one of its device. So it never has to be looked for
 * where something belongs, nothing lies inside something else, and nothing goes. Decidable from the update and the author's own
 * earlier records: it never waits.
 */
export function checkLogUpdate(update: DescribedUpdate, context: LogContext): GateVerdict {
  const code = checkBounds(update) ?? checkOwnStructs(update, context.own) ?? checkAppended(update, context)
  return code === null ? { verdict: 'accept' } : { verdict: 'refuse', code }
}

export interface SharedContext {
  readonly own: OwnClocks
  /** Dependencies that the record lists. */
  readonly dependencies: readonly RecordDependency[]
  isPresent(dependency: RecordDependency): boolean
  /** The first clock of a foreign client that the listed dependencies (and the chains before them) do not cover. */
  coveredClock(client: number): number
}

/**
 * The gate of `shared` documents: own structs carry own ids; whatever of others is built on or deleted comes from
 * records that are listed as dependencies and are present.
 */
export function checkSharedUpdate(update: DescribedUpdate, context: SharedContext): GateVerdict {
  const ownCode = checkBounds(update) ?? checkOwnStructs(update, context.own)
  if (ownCode !== null) return { verdict: 'refuse', code: ownCode }
  const missing = context.dependencies.filter((dependency) => !context.isPresent(dependency))
  if (missing.length > 0) return { verdict: 'wait', for: missing }
  const code = checkReachable(update, context.own, (client) => context.coveredClock(client))
  return code === null ? { verdict: 'accept' } : { verdict: 'refuse', code }
}

type Refusal = ErrorCode | null

function firstCode<T>(items: readonly T[], check: (item: T) => Refusal): Refusal {
  for (const item of items) {
    const code = check(item)
    if (code !== null) return code
  }
  return null
}

function checkBounds(update: DescribedUpdate): Refusal {
  if (update.size > maxUpdateSize) return 'gate-too-large'
  if (update.structs.length + update.deletes.length > maxUpdateStructs) return 'gate-too-many-structs'
  if (new Set(update.structs.map((struct) => struct.id.client)).size > maxUpdateClients) {
    return 'gate-too-many-structs'
  }
  return firstCode(update.structs, checkStruct) ?? firstCode(update.deletes, checkRange)
}

function checkStruct(struct: DescribedStruct): Refusal {
  if (struct.kind === 'skip') return 'gate-skip'
  if (struct.isSubdocument) return 'gate-subdocument'
  if (struct.depth > maxUpdateDepth) return 'gate-too-deep'
  const range = { client: struct.id.client, clock: struct.id.clock, length: struct.length }
  const parentItem = struct.parent !== null && 'item' in struct.parent ? struct.parent.item : null
  for (const id of [struct.origin, struct.rightOrigin, parentItem]) {
    if (id !== null && !isClock(id.clock)) return 'gate-clock-range'
  }
  return checkRange(range)
}

function checkRange(range: DescribedRange): Refusal {
  if (!isClock(range.clock) || !Number.isSafeInteger(range.length)) return 'gate-clock-range'
  if (range.length < 1) return 'gate-empty-struct'
  return isClock(range.clock + range.length) ? null : 'gate-clock-range'
}

function isClock(clock: number): boolean {
  return Number.isSafeInteger(clock) && clock >= 0 && clock <= maxClock
}

/** New structs carry own ids and go on exactly where the device's records before this one ended. */
function checkOwnStructs(update: DescribedUpdate, own: OwnClocks): Refusal {
  const next = new Map(own)
  return firstCode(update.structs, (struct) => {
    const expected = next.get(struct.id.client)
    if (expected === undefined) return 'gate-foreign-struct'
    if (struct.id.clock < expected) return 'gate-clock-reused'
    if (struct.id.clock > expected) return 'gate-clock-gap'
    next.set(struct.id.client, expected + struct.length)
    return null
  })
}

function checkAppended({ structs, deletes }: DescribedUpdate, { device, last }: LogContext): Refusal {
  const [item] = structs
  if (item === undefined || structs.length > 1 || deletes.length > 0) return 'gate-not-appended'
  const { length, origin, rightOrigin, parent, isEntry } = item
  if (parent !== null && !('root' in parent && parent.root === device)) return 'gate-foreign-parent'
  // Behind something an item is where that is, which Yjs does not write.
  const isBehindLast =
    last === null ? parent !== null && origin === null : origin !== null && nameOf(origin) === nameOf(last)
  return isEntry && length === 1 && rightOrigin === null && isBehindLast ? null : 'gate-not-appended'
}

/**
 * Replays the update's structs over clocks alone, the way Yjs takes them in: each client's in order, each when all
 * that it points at is there. What stays over points at its own future, or at nothing: Yjs would keep it pending
 * for ever, and differently on every device.
 */
function checkReachable(
  update: DescribedUpdate,
  own: OwnClocks,
  coveredClock: (client: number) => number,
): Refusal {
  const clocks = new Map(own)
  const has = (id: StructId) => id.clock < (clocks.get(id.client) ?? coveredClock(id.client))
  const depths = new Map<string, number>()
  const queues = Map.groupBy(update.structs, (struct) => struct.id.client)
  const positions = new Map<number, number>()
  // Who waits for which client is noted, not looked for in rounds: an update can ask for one round per struct.
  const waiting = new Map<number, { client: number; clock: number }[]>()
  const ready = [...queues.keys()]
  for (let client = ready.pop(); client !== undefined; client = ready.pop()) {
    const queue = queues.get(client) ?? []
    let position = positions.get(client) ?? 0
    for (let struct = queue[position]; struct !== undefined; struct = queue[++position]) {
      const missing = referencesOf(struct).find((id) => !has(id))
      if (missing !== undefined) {
        const waiters = waiting.get(missing.client) ?? []
        waiters.push({ client, clock: missing.clock })
        waiting.set(missing.client, waiters)
        break
      }
      const code = checkParent(struct, depths)
      if (code !== null) return code
      clocks.set(client, struct.id.clock + struct.length)
    }
    positions.set(client, position)
    const reached = clocks.get(client) ?? 0
    const still: { client: number; clock: number }[] = []
    for (const waiter of waiting.get(client) ?? []) {
      if (waiter.clock < reached) ready.push(waiter.client)
      else still.push(waiter)
    }
    waiting.set(client, still)
  }
  for (const [client, queue] of queues) {
    const stuck = queue[positions.get(client) ?? 0]
    if (stuck !== undefined) return whyStuck(stuck, own, has)
  }
  return firstCode(update.deletes, (range) => {
    if (has({ client: range.client, clock: range.clock + range.length - 1 })) return null
    return own.has(range.client) ? 'gate-clock-range' : 'gate-undeclared-dependency'
  })
}

/** What a struct stands on or hangs on. */
export function referencesOf(struct: DescribedStruct): StructId[] {
  const { origin, rightOrigin, parent } = struct
  const parentItem = parent !== null && 'item' in parent ? parent.item : null
  return [origin, rightOrigin, parentItem].filter((id) => id !== null)
}

/** An item must hang somewhere, and types made inside this update may nest only so far. */
function checkParent(struct: DescribedStruct, depths: Map<string, number>): Refusal {
  if (struct.kind === 'gc') return null
  const { origin, rightOrigin, parent } = struct
  const around = parent !== null && 'item' in parent ? parent.item : null
  if (parent === null && origin === null && rightOrigin === null) return 'gate-foreign-parent'
  const neighbour = origin ?? rightOrigin
  const depth =
    around !== null
      ? 1 + (depths.get(nameOf(around)) ?? 0)
      : neighbour !== null
        ? (depths.get(nameOf(neighbour)) ?? 0)
        : 0
  if (depth > maxUpdateDepth) return 'gate-too-deep'
  // The last id of a struct is what its right neighbour names as origin; the first is what a child names as parent.
  depths.set(nameOf(struct.id), depth)
  depths.set(nameOf({ client: struct.id.client, clock: struct.id.clock + struct.length - 1 }), depth)
  return null
}

function nameOf(id: StructId): string {
  return `${id.client} ${id.clock}`
}

function whyStuck(struct: DescribedStruct, own: OwnClocks, has: (id: StructId) => boolean): ErrorCode {
  const missing = referencesOf(struct).find((id) => !has(id))
  return missing === undefined || own.has(missing.client)
    ? 'gate-future-origin'
    : 'gate-undeclared-dependency'
}
