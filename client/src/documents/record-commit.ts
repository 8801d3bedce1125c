import { placeInChain } from '@clique/crypto'
import type { CliqueLog, DeviceId, ErrorCode, KeyId, MemberId } from '@clique/crypto'
import type { SignedRecord } from '@clique/crypto'
import { addAside } from '../storage/forks.ts'
import type { NewAside } from '../storage/forks.ts'
import { markRelayed } from '../storage/records.ts'
import { admit } from './gate.ts'
import { KnownChains } from './known-chains.ts'
import { settleForks } from './settle-forks.ts'
import type { Arrival, SpaceDocuments } from './space-documents.ts'
import { Turns } from './turns.ts'
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
  code: ErrorCode | null
  /** Whose signature it carries, where that is a member. */
  author: MemberId | null
}

/** A record whose author might write it. */
export interface Judged {
  readonly item: Incoming
  readonly record: SignedRecord
  readonly keyId: KeyId
}

/** Under the lock: places records in their chains, tries them on copies, stores what stood both. */
export async function commitBatch(context: ReceptionContext, judged: readonly Judged[]): Promise<void> {
  const { documents } = context
  await documents.catchUp()
  const chains = await KnownChains.read(
    documents,
    judged.map(({ record }) => record.body),
  )
  const commit = new Commit(context, chains)
  const names = new Set(judged.map(({ record }) => record.body.document))
  for (const name of names) documents.pin(name)
  try {
    const ordered = judged.toSorted((a, b) => a.record.body.sequence - b.record.body.sequence)
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

/** Records of one batch on their way into storage. */
class Commit {
  readonly #context: ReceptionContext
  readonly #chains: KnownChains
  #arrivals: { item: Incoming; arrival: Arrival }[] = []
  /** Known already, and on relays as it turns out. */
  #seen: Seen[] = []
  #aside: NewAside[] = []
  /** Something came by which another branch of a forked chain may have to stand. */
  isUnsettled = false

  constructor(context: ReceptionContext, chains: KnownChains) {
    this.#context = context
    this.#chains = chains
  }

  async take({ item, record, keyId }: Judged): Promise<void> {
    const { documents, now } = this.#context
    const { device, sequence, document, session, payload } = record.body
    const receivedAt = now()
    if (!(await this.#isNext(item, record, receivedAt))) return
    const copy = await documents.copyOf(document)
    const admission = admit(copy, { device, session, sequence, receivedAt, update: payload })
    if (admission.verdict === 'refuse') {
      refuse(item, admission.code)
      if (!admission.spoiled) return
      documents.dropCopy(document)
      // The next copy is made from what is stored, so what stood before the bad record goes there first.
      await this.flush()
      return
    }
    const { bytes, relays } = item
    const words = wordsOf(documents, record.body)
    const row = { device, sequence, id: record.id, document, keyId, bytes, receivedAt, relays, ...words }
    const { contribution, growth } = admission
    this.isUnsettled ||= words.acknowledges.some((one) => documents.forks.has(one.device))
    this.#arrivals.push({ item, arrival: { record: row, contribution, growth } })
    this.#chains.add(record.id, record.body)
  }

  async flush(): Promise<void> {
    const arrivals = this.#arrivals
    this.#arrivals = []
    const { documents } = this.#context
    await documents.append(arrivals.map(({ arrival }) => arrival))
    for (const { item } of arrivals) item.outcome = 'accepted'
    const seen = this.#seen
    this.#seen = []
    await markSeen(documents, seen)
    const aside = this.#aside
    this.#aside = []
    await addAside(documents.context.store, documents.place, aside)
  }

  async #isNext(item: Incoming, { id, body }: SignedRecord, receivedAt: number): Promise<boolean> {
    const { documents } = this.#context
    const { device, sequence } = body
    const chain = placeInChain(this.#chains.of(device), { ...body, id }, documents.context.outOfReach())
    if (chain.verdict === 'duplicate') {
      item.outcome = 'duplicate'
      this.#seen.push({ at: body, relays: item.relays })
      return false
    }
    const proof = chain.verdict === 'fork' ? chain.proof : chain.exposes
    if (proof !== undefined) await documents.hideFork(device, proof.sequence, item.bytes)
    if (chain.verdict === 'fork' && proof?.sequence === sequence) this.#chains.refuse(body)
    if (proof !== undefined || sequence >= (documents.forks.get(device) ?? Infinity)) this.isUnsettled = true
    if (chain.verdict === 'gap') wait(item)
    if (sequence < (documents.forks.get(device) ?? Infinity)) return chain.verdict === 'next'
    // Whatever branch it is on: others may have acknowledged it.
    item.outcome = 'aside'
    const { previous, previousKey, document, key: keyId } = body
    const { bytes, relays } = item
    this.#aside.push({
      device,
      sequence,
      id,
      previous,
      previousKey,
      document,
      keyId,
      bytes,
      receivedAt,
      relays,
    })
    return false
  }
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

export interface ChainPlace {
  readonly device: DeviceId
  readonly sequence: number
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
