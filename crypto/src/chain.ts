import type { DeviceId, RecordId, SpaceId } from './ids.ts'

/** What a chain needs to know of a verified record. `RecordBody` with its id has this shape. */
export interface ChainLink {
  readonly device: DeviceId
  readonly space: SpaceId
  readonly sequence: number
  readonly previous: RecordId | null
  readonly id: RecordId
}

/** What is stored of one device's chain in one space. */
export interface KnownChain {
  /** The last record without a gap before it; null where there is none. */
  readonly head: { readonly sequence: number; readonly id: RecordId } | null
  /** The record with that sequence, also one that a compaction replaced; null beyond the head only. */
  idAt(sequence: number): RecordId | null
}

/** Two signed statements of one device that cannot both be true: what it had at `sequence`. */
export interface ForkProof {
  readonly sequence: number
  /** The record that is held at `sequence`. */
  readonly held: RecordId
  /** The other record at `sequence`: this one, or the one that it names as its previous. */
  readonly other: RecordId
  /** The record whose arrival showed it. */
  readonly shownBy: RecordId
}

export type ChainVerdict =
  | { readonly verdict: 'next' }
  | { readonly verdict: 'duplicate' }
  | { readonly verdict: 'gap'; readonly missingFrom: number; readonly missingTo: number }
  | { readonly verdict: 'fork'; readonly proof: ForkProof }

/** Where a verified record belongs in its author's chain. */
export function placeInChain(known: KnownChain, link: ChainLink): ChainVerdict {
  const last = known.head?.sequence ?? 0
  if (link.sequence > last + 1) {
    return { verdict: 'gap', missingFrom: last + 1, missingTo: link.sequence - 1 }
  }
  if (link.sequence <= last) {
    const held = known.idAt(link.sequence)
    if (held === null) throw new RangeError('a chain has every id up to its head')
    if (held === link.id) return { verdict: 'duplicate' }
    return fork(link.sequence, held, link.id, link.id)
  }
  const before = known.head
  if (
    link.sequence === last + 1 &&
    before !== null &&
    link.previous !== null &&
    link.previous !== before.id
  ) {
    return fork(before.sequence, before.id, link.previous, link.id)
  }
  return { verdict: 'next' }
}

function fork(sequence: number, held: RecordId, other: RecordId, shownBy: RecordId): ChainVerdict {
  return { verdict: 'fork', proof: { sequence, held, other, shownBy } }
}

export interface FoldedChain {
  /** Records that count, ascending by sequence. */
  readonly visible: readonly RecordId[]
  /** Records hidden behind a fork, ascending by sequence, then id. */
  readonly hidden: readonly RecordId[]
  /** Records behind a gap. */
  readonly waiting: readonly RecordId[]
  /** The first sequence at which the device said two things, or null. */
  readonly forkedAt: number | null
}

/**
 * The visible part of one device's chain in one space, as a function of the set of its records: any order of
 * arrival gives the same. From a fork on both branches are hidden, except what others had `acknowledged` and what
 * that stands on; where both branches were acknowledged, neither shows, as they may contradict each other.
 */
export function foldChain(
  links: Iterable<ChainLink>,
  acknowledged: ReadonlySet<RecordId> = new Set(),
): FoldedChain {
  const bySequence = groupBySequence(links)
  const forkedAt = findFork(bySequence)
  const kept = keptByOthers(bySequence, forkedAt, acknowledged)
  const visible: RecordId[] = []
  const hidden: RecordId[] = []
  const waiting: RecordId[] = []
  let isWhole = true
  let expected = 1
  for (const sequence of [...bySequence.keys()].sort((a, b) => a - b)) {
    const here = [...(bySequence.get(sequence)?.keys() ?? [])].sort()
    if (sequence !== expected) isWhole = false
    expected = sequence + 1
    const isForked = forkedAt !== null && sequence >= forkedAt
    const candidates = isForked ? [...(kept.get(sequence) ?? [])] : here
    const [only] = candidates
    if (isWhole && only !== undefined && candidates.length === 1 && here.includes(only)) {
      visible.push(only)
      hidden.push(...here.filter((id) => id !== only))
      continue
    }
    // Nothing shows behind a place where nothing shows.
    isWhole = false
    if (isForked) hidden.push(...here)
    else waiting.push(...here)
  }
  return { visible, hidden, waiting, forkedAt }
}

type Links = ReadonlyMap<number, ReadonlyMap<RecordId, ChainLink>>

function groupBySequence(links: Iterable<ChainLink>): Links {
  const bySequence = new Map<number, Map<RecordId, ChainLink>>()
  for (const link of links) {
    const here = bySequence.get(link.sequence)
    if (here === undefined) bySequence.set(link.sequence, new Map([[link.id, link]]))
    else here.set(link.id, link)
  }
  return bySequence
}

/** A sequence is forked when the device named two records for it, be they held or only named by a successor. */
function findFork(bySequence: Links): number | null {
  const named = new Map<number, Set<RecordId>>()
  const name = (sequence: number, id: RecordId) => {
    const ids = named.get(sequence)
    if (ids === undefined) named.set(sequence, new Set([id]))
    else ids.add(id)
  }
  for (const [sequence, here] of bySequence) {
    for (const link of here.values()) {
      name(sequence, link.id)
      if (link.previous !== null) name(sequence - 1, link.previous)
    }
  }
  let first: number | null = null
  for (const [sequence, ids] of named) {
    if (ids.size > 1 && (first === null || sequence < first)) first = sequence
  }
  return first
}

/**
 * By sequence from the fork on: acknowledged records and all that they stand on, held or only named. Where two are
 * named, others acknowledged both branches.
 */
function keptByOthers(
  bySequence: Links,
  forkedAt: number | null,
  acknowledged: ReadonlySet<RecordId>,
): ReadonlyMap<number, ReadonlySet<RecordId>> {
  const kept = new Map<number, Set<RecordId>>()
  if (forkedAt === null || acknowledged.size === 0) return kept
  for (const [sequence, here] of bySequence) {
    for (const id of here.keys()) {
      let current: RecordId | null = acknowledged.has(id) ? id : null
      for (let at = sequence; current !== null && at >= forkedAt; at--) {
        const ids = kept.get(at) ?? new Set()
        if (ids.has(current)) break
        kept.set(at, ids.add(current))
        current = bySequence.get(at)?.get(current)?.previous ?? null
      }
    }
  }
  return kept
}
