import { compactionKind, placeInChain } from '@clique/crypto'
import type { CarriedRecord, CliqueLog, ErrorCode, MemberId } from '@clique/crypto'
import { addAside, addGround } from '../storage/forks.ts'
import type { NewAside } from '../storage/forks.ts'
import { markRelayed } from '../storage/records.ts'
import { arrivalOf, asideOf, contributionOf } from './arrivals.ts'
import type { Arrival, Fresh } from './arrivals.ts'
import { admit } from './gate.ts'
import type { Admission } from './gate.ts'
import { KnownChains } from './known-chains.ts'
import { settleForks } from './settle-forks.ts'
import { SharedDocument } from './shared-document.ts'
import type { SpaceDocuments } from './space-documents.ts'
import type { ChainPlace } from './standing.ts'
import { isTitle } from './title-name.ts'
import { Turns } from './turns.ts'
import { keptAside } from './wanted.ts'
import { wordsOf } from './words.ts'

export interface ReceptionContext {
  readonly documents: SpaceDocuments
  log(): CliqueLog
  now(): number
  /** Holds the clique's write lock while `task` runs. */
  lock<T>(task: () => Promise<T>): Promise<T>
}

/** `aside`: of a branch that does not stand. */
export type Outcome = 'accepted' | 'duplicate' | 'wait' | 'aside' | 'pass' | 'refuse'

export interface Incoming {
  readonly index: number
  readonly bytes: Uint8Array
  /** PeerIds of the relays that are known to have it. */
  readonly relays: readonly string[]
  /** It waits in storage already. */
  readonly isKept: boolean
  outcome: Outcome
  /** Some of it was stored; of a compaction the rest may wait all the same. */
  hasStored: boolean
  code: ErrorCode | null
  /** Whose signature it carries, where that is a member. */
  author: MemberId | null
}

/** A record whose author might write it, after those that it carries. */
export interface Judged {
  readonly item: Incoming
  /** Ascending, up to the first that its author might not write, or that is not shown today; one at least. */
  readonly records: readonly CarriedRecord[]
  /** What becomes of those that follow; null where none do. */
  readonly rest: 'wait' | 'refuse' | null
  /** The record that came is a compaction. */
  readonly carries: boolean
}

/** Under the lock: places records in their chains, tries them on copies, stores what stood both. */
export async function commitBatch(context: ReceptionContext, judged: readonly Judged[]): Promise<void> {
  const { documents } = context
  await documents.catchUp()
  const bodies = judged.flatMap(({ records }) => records.map(({ body }) => body))
  const commit = new Commit(context, await KnownChains.read(documents, bodies))
  const names = new Set(bodies.map(({ document }) => document))
  for (const name of names) documents.pin(name)
  try {
    // A compaction comes before what it carries, which is known then and needs no row.
    const ordered = judged.toSorted((a, b) => firstOf(a) - firstOf(b) || b.records.length - a.records.length)
    const turns = new Turns()
    for (const one of ordered) {
      await turns.next()
      await commit.take(one)
    }
    await turns.next()
    await commit.flush()
    if (commit.isUnsettled) await settleForks(documents)
  } catch (error) {
    // Copies hold what was tried and is not stored: it has to be taken for new when it comes again.
    for (const name of names) documents.dropCopy(name)
    throw error
  } finally {
    for (const name of names) documents.unpin(name)
  }
}

function firstOf({ records }: Judged): number {
  return records[0]?.body.sequence ?? 0
}

/** Records of one batch on their way into storage. */
class Commit {
  readonly #context: ReceptionContext
  readonly #chains: KnownChains
  #arrivals: { item: Incoming; outcome: Outcome; arrival: Arrival }[] = []
  /** Known already, and on relays as it turns out. */
  #seen: Seen[] = []
  #aside: NewAside[] = []
  /** Something came by which another branch of a forked chain may have to stand. */
  isUnsettled = false

  constructor(context: ReceptionContext, chains: KnownChains) {
    this.#context = context
    this.#chains = chains
  }

  /** Up to the first record that does not come to stand: what a compaction carries is taken as if each had come alone. */
  async take(judged: Judged): Promise<void> {
    const { item, records } = judged
    const { documents, now } = this.#context
    const receivedAt = now()
    const fresh: Fresh[] = []
    let known = 0
    let end: Outcome | null = judged.rest
    let spoiled: string | null = null
    for (const [i, record] of records.entries()) {
      const place = await this.#place(judged, i, receivedAt)
      if (place === 'duplicate') known++
      else if (place === 'next') {
        const admission = await this.#try(record, receivedAt)
        if (admission?.verdict === 'refuse') {
          end = 'refuse'
          item.code = admission.code
          if (admission.spoiled) spoiled = record.body.document
          break
        }
        const stretch = this.#chains.add(record.id, record.body)
        fresh.push({ record, words: wordsOf(documents, record.body), admission, stretch })
      } else {
        end = place
        break
      }
    }
    this.#conclude(judged, { fresh, known, end, receivedAt })
    if (spoiled === null) return
    documents.dropCopy(spoiled)
    // The next copy is made from what is stored, so what stood before the bad record goes there first.
    await this.flush()
  }

  async flush(): Promise<void> {
    const arrivals = this.#arrivals
    this.#arrivals = []
    const { documents } = this.#context
    await documents.append(arrivals.map(({ arrival }) => arrival))
    for (const { item, outcome } of arrivals) {
      item.outcome = outcome
      item.hasStored = true
    }
    const seen = this.#seen
    this.#seen = []
    await markSeen(documents, seen)
    const aside = this.#aside
    this.#aside = []
    if (aside.length === 0) return
    const { context, place } = documents
    // Once it has stood what came with it.
    const kept = await keptAside(documents)
    const isGround = aside.some(({ document }) => isTitle(document))
    if (isGround) await documents.restand(() => addGround(context.store, context.clique, place, aside, kept))
    else await addAside(context.store, place, aside, kept)
  }

  /** `wait` and `aside` hold for what follows of the same item too. */
  async #place(
    { item, records, carries }: Judged,
    at: number,
    receivedAt: number,
  ): Promise<'next' | 'duplicate' | 'wait' | 'aside' | 'pass'> {
    const { documents } = this.#context
    const record = records[at]
    if (record === undefined) throw new Error('no such record')
    const { body, id } = record
    const { device, sequence } = body
    const chain = placeInChain(this.#chains.of(device), { ...body, id }, documents.context.outOfReach())
    if (chain.verdict === 'duplicate') return 'duplicate'
    const proof = chain.verdict === 'fork' ? chain.proof : chain.exposes
    if (proof !== undefined) await documents.hideFork(device, proof.sequence, item.bytes)
    const isBehindFork = sequence >= (documents.forks.get(device) ?? Infinity)
    if (proof !== undefined || isBehindFork) this.isUnsettled = true
    if (!isBehindFork) return chain.verdict === 'next' ? 'next' : 'wait'
    this.#chains.refuse(body)
    // Whatever branch it is on: others may have acknowledged it. What names may be built on is read whenever somebody looks.
    const admission = isTitle(body.document) ? await this.#judge(record, receivedAt) : null
    // It may show a fork, so nobody is to blame who hands it on.
    if (admission?.verdict === 'refuse') return 'pass'
    this.#aside.push(asideOf(item, records.slice(at), carries, receivedAt))
    return 'aside'
  }

  /** A compaction itself brings nothing to its document. */
  async #try(record: CarriedRecord, receivedAt: number): Promise<Admission | null> {
    if (record.body.kind === compactionKind) return null
    const copy = await this.#context.documents.copyOf(record.body.document)
    const admission = await this.#judge(record, receivedAt)
    if (admission.verdict === 'accept' && copy instanceof SharedDocument) {
      copy.apply(contributionOf(record, admission))
    }
    return admission
  }

  async #judge({ body }: CarriedRecord, receivedAt: number): Promise<Admission> {
    const { device, sequence, document, session, payload } = body
    const copy = await this.#context.documents.copyOf(document)
    const stretch = this.#chains.stretchOf(body)
    return admit(copy, { device, session, sequence, stretch, receivedAt, payload })
  }

  #conclude({ item, records, carries }: Judged, { fresh, known, end, receivedAt }: Taken): void {
    const { documents } = this.#context
    // What came before a bad record stands, so nobody can be blamed for handing it on.
    const isBlameless = end === 'refuse' && known + fresh.length > 0
    const outcome = end === null || isBlameless ? (fresh.length > 0 ? 'accepted' : 'duplicate') : end
    item.outcome = outcome
    if (outcome === 'refuse') item.code ??= 'record-stranger'
    else item.code = null
    const last = records.at(-1)
    if (outcome === 'duplicate' && last !== undefined) this.#seen.push({ at: last.body, relays: item.relays })
    if (fresh.length === 0) return
    const said = fresh.flatMap(({ words }) => words.acknowledges)
    this.isUnsettled ||= said.some(({ device }) => documents.forks.has(device))
    const whole = carries && end === null ? (records[0] ?? null) : null
    const arrival = arrivalOf(item, fresh, { carries, replacesFrom: whole, receivedAt })
    this.#arrivals.push({ item, outcome, arrival })
  }
}

interface Taken {
  /** Records that stand from now on. */
  readonly fresh: readonly Fresh[]
  /** How many before them stood already. */
  readonly known: number
  /** Where not all came to stand: what becomes of the rest. */
  readonly end: Outcome | null
  readonly receivedAt: number
}

/** A record that was known before, and the relays out of whose mailboxes it came now. */
export interface Seen {
  readonly at: ChainPlace
  readonly relays: readonly string[]
}

export async function markSeen({ context, place }: SpaceDocuments, seen: readonly Seen[]): Promise<void> {
  for (const relay of new Set(seen.flatMap(({ relays }) => relays))) {
    const there = seen.filter(({ relays }) => relays.includes(relay)).map(({ at }) => at)
    await markRelayed(context.store, context.clique, place, relay, there)
  }
}

export function wait(item: Incoming): null {
  item.outcome = 'wait'
  return null
}

export function refuse(item: Incoming, code: ErrorCode): null {
  item.outcome = 'refuse'
  item.code = code
  return null
}
