import type { ChunkId } from '@clique/crypto'
import { maxAsked } from './chunk-messages.ts'

/** Chunks on their way to this device: they are in memory until they are stored. */
export const maxFetching = 12
/**
 * Of those from one holder: the next is asked for before the last is there. A message behind them waits for as long as
 * they take, so it is more than the least only where each is here and stored within `quickMs` all the same.
 */
export const fetchingOfOne = { least: 2, most: 8 } as const
/** Milliseconds. */
export const quickMs = 500
/** Faults after which a holder is left alone for a while: a wrong chunk, a stall, garbage. */
const maxFaults = 3
/** Milliseconds for which a holder is left alone, and for which it is passed over for one chunk. */
export const restMs = 5 * 60 * 1000
/** Milliseconds before somebody who lacks chunks is asked for them again; twice as long each time, up to the longest. */
const againMs = 15_000
const longestAgainMs = 8 * 60 * 1000

/** Milliseconds before a way that broke is tried again; twice as long each time, up to the longest. */
const brokenMs = 1_000
const longestBrokenMs = 60_000

/** A linked device, or a relay. */
export interface HolderName {
  readonly kind: 'device' | 'relay'
  readonly id: string
}

/**
 * - `got`: it is here. `lacking`: the holder has it no more.
 * - `fault`: a wrong chunk, garbage, or nothing in time.
 * - `broken`: the way to the holder ended; nobody's fault.
 * - `kept-out`: it came, and there was no room for it.
 */
export type FetchOutcome = 'got' | 'lacking' | 'fault' | 'broken' | 'kept-out'

interface Holder {
  readonly name: HolderName
  readonly has: Set<ChunkId>
  /** Asked about and not held, until it is asked again. */
  readonly lacks: Set<ChunkId>
  /** Chunk -> time until which it is not fetched from here. */
  readonly passed: Map<ChunkId, number>
  isAsked: boolean
  fetching: number
  /** How many are fetched from it at a time. */
  width: number
  faults: number
  breaks: number
  restsUntil: number
  againAt: number
  rounds: number
}

export interface Fetch {
  readonly holder: HolderName
  readonly chunk: ChunkId
  /** When it was begun. */
  readonly at: number
}

export interface Question {
  readonly holder: HolderName
  readonly chunks: readonly ChunkId[]
}

/** Who is asked for what, and when: decisions alone. Times in milliseconds. */
export class ChunkPlan {
  readonly #holders = new Map<string, Holder>()
  readonly #fetching = new Set<ChunkId>()
  #wants: readonly ChunkId[] = []
  #mayHear: (holder: HolderName, chunk: ChunkId) => boolean = () => true

  /** The most urgent first. `mayHear`: whether a holder is to learn the name of a chunk, by being asked for it. */
  setWants(
    wants: readonly ChunkId[],
    mayHear: (holder: HolderName, chunk: ChunkId) => boolean = () => true,
  ): void {
    this.#wants = wants
    this.#mayHear = mayHear
    const wanted = new Set(wants)
    for (const holder of this.#holders.values()) {
      for (const known of [holder.has, holder.lacks]) {
        for (const chunk of known) if (!wanted.has(chunk)) known.delete(chunk)
      }
      for (const chunk of holder.passed.keys()) if (!wanted.has(chunk)) holder.passed.delete(chunk)
    }
  }

  get hasWants(): boolean {
    return this.#wants.length > 0
  }

  get fetching(): number {
    return this.#fetching.size
  }

  addHolder(name: HolderName): void {
    if (this.#holders.has(name.id)) return
    this.#holders.set(name.id, {
      name,
      has: new Set(),
      lacks: new Set(),
      passed: new Map(),
      isAsked: false,
      fetching: 0,
      width: fetchingOfOne.least,
      faults: 0,
      breaks: 0,
      restsUntil: 0,
      againAt: 0,
      rounds: 0,
    })
  }

  removeHolder(id: string): void {
    this.#holders.delete(id)
  }

  /** Questions to be put now; each holder has one at a time. */
  questions(now: number): Question[] {
    const questions: Question[] = []
    for (const holder of this.#holders.values()) {
      if (holder.isAsked || holder.restsUntil > now) continue
      if (holder.lacks.size > 0 && holder.againAt <= now) holder.lacks.clear()
      const chunks = this.#wants
        .filter((chunk) => !holder.has.has(chunk) && !holder.lacks.has(chunk) && !this.#fetching.has(chunk))
        .filter((chunk) => this.#mayHear(holder.name, chunk))
        .slice(0, maxAsked)
      if (chunks.length === 0) continue
      holder.isAsked = true
      questions.push({ holder: holder.name, chunks })
    }
    return questions
  }

  /** What is held of the chunks that were asked about, or why no answer came. */
  answered(
    { holder: name, chunks }: Question,
    held: ReadonlySet<ChunkId> | 'fault' | 'broken',
    now: number,
  ): void {
    const holder = this.#known(name)
    if (holder === null) return
    holder.isAsked = false
    if (held === 'fault') return this.#fault(holder, now)
    if (held === 'broken') return this.#break(holder, now)
    holder.breaks = 0
    const lacking = chunks.filter((chunk) => !held.has(chunk))
    for (const chunk of chunks) if (held.has(chunk)) holder.has.add(chunk)
    if (lacking.length === 0) return
    const isFirst = holder.lacks.size === 0
    for (const chunk of lacking) holder.lacks.add(chunk)
    if (isFirst) holder.againAt = now + Math.min(againMs * 2 ** holder.rounds++, longestAgainMs)
  }

  /** Chunks to be fetched now, the most urgent first, from whoever has the least to do; devices before relays. */
  fetches(now: number): Fetch[] {
    const fetches: Fetch[] = []
    for (const chunk of this.#wants) {
      if (this.#fetching.size >= maxFetching) break
      if (this.#fetching.has(chunk)) continue
      const holder = this.#freest(chunk, now)
      if (holder === null) continue
      holder.fetching++
      this.#fetching.add(chunk)
      fetches.push({ holder: holder.name, chunk, at: now })
    }
    return fetches
  }

  #freest(chunk: ChunkId, now: number): Holder | null {
    let best: Holder | null = null
    for (const holder of this.#holders.values()) {
      const isFree =
        holder.has.has(chunk) &&
        this.#mayHear(holder.name, chunk) &&
        holder.fetching < holder.width &&
        holder.restsUntil <= now &&
        (holder.passed.get(chunk) ?? 0) <= now
      if (isFree && (best === null || rank(holder) < rank(best))) best = holder
    }
    return best
  }

  fetched({ holder: name, chunk, at }: Fetch, outcome: FetchOutcome, now: number): void {
    this.#fetching.delete(chunk)
    if (outcome === 'got') this.#wants = this.#wants.filter((one) => one !== chunk)
    const holder = this.#known(name)
    if (holder === null) return
    holder.fetching--
    if (outcome === 'got') {
      holder.faults = 0
      holder.breaks = 0
      holder.rounds = 0
      const width = holder.width + (now - at <= quickMs ? 1 : -1)
      holder.width = Math.min(Math.max(width, fetchingOfOne.least), fetchingOfOne.most)
    } else if (outcome === 'broken') {
      this.#break(holder, now)
    } else if (outcome === 'lacking') {
      holder.has.delete(chunk)
      holder.lacks.add(chunk)
      holder.againAt = Math.max(holder.againAt, now + againMs)
    } else if (outcome === 'fault') {
      holder.passed.set(chunk, now + restMs)
      this.#fault(holder, now)
    }
  }

  /** Null for one that is gone, also where another of its id came: what was asked of it is over. */
  #known(name: HolderName): Holder | null {
    const holder = this.#holders.get(name.id)
    return holder?.name === name ? holder : null
  }

  #break(holder: Holder, now: number): void {
    const ms = Math.min(brokenMs * 2 ** holder.breaks++, longestBrokenMs)
    holder.restsUntil = Math.max(holder.restsUntil, now + ms)
  }

  #fault(holder: Holder, now: number): void {
    if (++holder.faults < maxFaults) return
    holder.faults = 0
    holder.restsUntil = now + restMs
  }
}

function rank({ fetching, name }: Holder): number {
  return 2 * fetching + (name.kind === 'relay' ? 1 : 0)
}
