import type { DeviceId, KeyId, RecordId, SpaceId } from './ids.ts'

/** What a chain needs to know of a verified record. `RecordBody` with its id has this shape. */
export interface ChainLink {
  readonly device: DeviceId
  readonly space: SpaceId
  readonly sequence: number
  readonly key: KeyId
  readonly previous: RecordId | null
  readonly previousKey: KeyId | null
  readonly id: RecordId
}

/** A record and the key under which it is sealed. */
export interface ChainPlace {
  readonly id: RecordId
  readonly key: KeyId
}

/** What stands here of one device's chain in one space. */
export interface KnownChain {
  /** The record that stands at this sequence, also one that a compaction replaced. */
  at(sequence: number): ChainPlace | null
  /**
   * What the record one further on says was before it: the one that stands there, or one that was refused because the
   * chain forks at its place. Without the latter, which fork is the first would depend on who came first.
   */
  namedAt(sequence: number): ChainPlace | null
}

/** Keys of the space that this device is not meant to hold, whatever may still come (`keysOutOfReach`). */
export type OutOfReach = ReadonlySet<KeyId>

/** Two signed statements of one device that cannot both be true: what it had at `sequence`, or under which key. */
export interface ForkProof {
  /** From here on nothing of the chain counts. */
  readonly sequence: number
  /** What is held, or was named before. */
  readonly held: RecordId
  /** What contradicts it: this record, or the one that it names as its previous. */
  readonly other: RecordId
  /** The record whose arrival showed it. */
  readonly shownBy: RecordId
}

export type ChainVerdict =
  | { readonly verdict: 'next'; readonly exposes?: ForkProof }
  | { readonly verdict: 'duplicate' }
  /** `missing`: the sequence of the record before, without which it does not stand. */
  | { readonly verdict: 'gap'; readonly missing: number; readonly exposes?: ForkProof }
  /** It does not count. What stands before the fork does. */
  | { readonly verdict: 'fork'; readonly proof: ForkProof }

const nothing: OutOfReach = new Set()

/**
 * Where a verified record belongs in its author's chain. It stands on the record before it, and where that one is
 * sealed under a key that is out of reach, it stands by itself: a chain that somebody may read in parts is read in
 * parts, in whatever order they come.
 */
export function placeInChain(
  known: KnownChain,
  link: ChainLink,
  outOfReach: OutOfReach = nothing,
): ChainVerdict {
  const { sequence, id, previous, previousKey } = link
  const held = known.at(sequence)
  if (held?.id === id) return { verdict: 'duplicate' }
  const before = sequence === 1 ? null : known.at(sequence - 1)
  // Named twice is as good as held: it shows the fork at the same place whoever came first.
  const earlier = before ?? (sequence === 1 ? null : known.namedAt(sequence - 1))
  if (earlier !== null && previous !== null && earlier.id !== previous) {
    return fork(sequence - 1, earlier.id, previous, id)
  }
  if (held !== null) return fork(sequence, held.id, id, id)
  const named = known.namedAt(sequence)
  if (named !== null && named.id !== id) return fork(sequence, named.id, id, id)
  if (before !== null && before.key !== previousKey) return fork(sequence, before.id, id, id)
  // The one that stands behind this names a key that this never had: that one is wrong, this is not.
  const isMisnamed = named !== null && named.key !== link.key
  const exposes = isMisnamed ? { exposes: proofOf(sequence + 1, named.id, id, id) } : {}
  if (before !== null || standsAlone(link, outOfReach)) return { verdict: 'next', ...exposes }
  return { verdict: 'gap', missing: sequence - 1, ...exposes }
}

/** What is sealed under one key is for the same people: none of it is out of reach for whoever opened this. */
function standsAlone({ sequence, key, previousKey }: ChainLink, outOfReach: OutOfReach): boolean {
  return sequence === 1 || (previousKey !== null && previousKey !== key && outOfReach.has(previousKey))
}

function fork(sequence: number, held: RecordId, other: RecordId, shownBy: RecordId): ChainVerdict {
  return { verdict: 'fork', proof: proofOf(sequence, held, other, shownBy) }
}

function proofOf(sequence: number, held: RecordId, other: RecordId, shownBy: RecordId): ForkProof {
  return { sequence, held, other, shownBy }
}

/** A record of the chain, as others say that they hold it: it counts where it is at that place. */
export interface Acknowledged {
  readonly sequence: number
  readonly record: RecordId
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
 * The visible part of one device's chain in one space, as a function of the set of its records, of what others
 * `acknowledged` (`orderAcknowledgements`: who is heard first stands first) and of what is out of reach: any order of
 * arrival gives the same. From a fork on all branches are hidden, except what was acknowledged and what that stands on.
 * Of two branches the one shows whose acknowledgement is heard first.
 */
export function foldChain(
  links: Iterable<ChainLink>,
  options: { readonly acknowledged?: readonly Acknowledged[]; readonly outOfReach?: OutOfReach } = {},
): FoldedChain {
  const { acknowledged = [], outOfReach = nothing } = options
  const bySequence = groupBySequence(links)
  const forkedAt = findFork(bySequence)
  const kept = keptByOthers(bySequence, forkedAt, acknowledged, outOfReach)
  const visible = new Set<RecordId>()
  const hidden: RecordId[] = []
  const waiting: RecordId[] = []
  const isAt = (id: RecordId, sequence: number) => bySequence.get(sequence)?.has(id) === true
  for (const sequence of [...bySequence.keys()].sort((a, b) => a - b)) {
    const here = bySequence.get(sequence) ?? new Map<RecordId, ChainLink>()
    const isForked = forkedAt !== null && sequence >= forkedAt
    const only = isForked ? kept.get(sequence) : [...here.values()][0]
    // Nothing shows behind a place where nothing shows, unless that place is not for this device at all.
    const stands =
      only !== undefined &&
      (standsAlone(only, outOfReach) ||
        (only.previous !== null && visible.has(only.previous) && isAt(only.previous, sequence - 1)))
    if (stands) visible.add(only.id)
    const rest = [...here.keys()].filter((id) => !visible.has(id)).sort()
    if (stands || isForked) hidden.push(...rest)
    else waiting.push(...rest)
  }
  return { visible: [...visible], hidden, waiting, forkedAt }
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

/**
 * A sequence is forked when the device named two records for it, be they held or only named by a successor, and when
 * its record there names another key for the one before than that one has.
 */
function findFork(bySequence: Links): number | null {
  const named = new Map<number, Set<RecordId>>()
  const name = (sequence: number, id: RecordId) => {
    const ids = named.get(sequence)
    if (ids === undefined) named.set(sequence, new Set([id]))
    else ids.add(id)
  }
  const forked: number[] = []
  for (const [sequence, here] of bySequence) {
    for (const link of here.values()) {
      name(sequence, link.id)
      if (link.previous === null) continue
      name(sequence - 1, link.previous)
      const before = bySequence.get(sequence - 1)?.get(link.previous)
      if (before !== undefined && before.key !== link.previousKey) forked.push(sequence)
    }
  }
  for (const [sequence, ids] of named) if (ids.size > 1) forked.push(sequence)
  return forked.length === 0 ? null : forked.reduce((first, sequence) => Math.min(first, sequence))
}

/**
 * By sequence from the fork on: acknowledged records and all that they stand on. One that contradicts what was
 * acknowledged before it in the list does not count, nor does one whose way back to what stands is not held whole:
 * nobody can say yet which branch it is on.
 */
function keptByOthers(
  bySequence: Links,
  forkedAt: number | null,
  acknowledged: readonly Acknowledged[],
  outOfReach: OutOfReach,
): ReadonlyMap<number, ChainLink> {
  const kept = new Map<number, ChainLink>()
  if (forkedAt === null || acknowledged.length === 0) return kept
  for (const { sequence, record } of acknowledged) {
    const way: ChainLink[] = []
    let at = bySequence.get(sequence)?.get(record)
    let isWhole = false
    while (at !== undefined && !isWhole) {
      const other = kept.get(at.sequence)
      if (other !== undefined && other.id !== at.id) break
      if (other === undefined && at.sequence >= forkedAt) way.push(at)
      isWhole = other !== undefined || at.sequence < forkedAt || standsAlone(at, outOfReach)
      at = at.previous === null ? undefined : bySequence.get(at.sequence - 1)?.get(at.previous)
    }
    if (isWhole) for (const link of way) kept.set(link.sequence, link)
  }
  return kept
}
