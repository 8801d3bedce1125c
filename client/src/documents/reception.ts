import { decodeRecord, isCliqueError, labels, sealedKeyId } from '@clique/crypto'
import { sha256, toHex, verifyRecord } from '@clique/crypto'
import type { CarriedRecord, ErrorCode, RecordId, UnverifiedRecord } from '@clique/crypto'
import { addWaiting, readWaiting, removeWaiting } from '../storage/waiting.ts'
import { judgeAuthor, memberOf } from './author-verdict.ts'
import { chapterPrefix } from './chapter-name.ts'
import { areKnown } from './gate.ts'
import { commitBatch, markSeen, refuse, wait } from './record-commit.ts'
import type { Incoming, Judged, Outcome, ReceptionContext, Seen } from './record-commit.ts'
import { settleForks } from './settle-forks.ts'
import type { SpaceDocuments } from './space-documents.ts'
import { nameOf, readRecordsOf, unpack } from './standing.ts'
import type { ChainPlace } from './standing.ts'
import { Turns } from './turns.ts'
import { takenIn, weighWanted } from './wanted.ts'

export interface Refusal {
  /** Place in the list that was given. */
  readonly index: number
  readonly code: ErrorCode
}

export interface RecordReception {
  readonly accepted: number
  readonly duplicates: number
  /** Kept apart until a key, a roster, an earlier record or word has come that others hold that branch of a forked chain. */
  readonly waiting: number
  /** Sealed for others alone, before this device was invited: it can never open them and keeps nothing of them. */
  readonly passedOver: number
  /** Neither stored nor shown. With `waiting-full` there was no room: ask for it again later. */
  readonly refused: readonly Refusal[]
}

/**
 * Records that are opened, judged and committed together: enough that one flush serves many, few enough that handing
 * them to the database takes less than a frame or two.
 */
const batchSize = 256
/** Records that what is opened together may carry, but for what the last of it does. */
const batchCarried = 1024

/** Takes in sealed records from anywhere: `relay` is the PeerId of the one out of whose mailbox they came. Nothing that they hold can make it throw; a full disk can. */
export async function receiveSealed(
  context: ReceptionContext,
  sealed: readonly Uint8Array[],
  relay: string | null,
): Promise<RecordReception> {
  const relays = relay === null ? [] : [relay]
  const incoming = sealed.map((bytes, index) => toIncoming(bytes, index, relays, false))
  await takeAll(context, incoming)
  const left = await keepWaiting(context, incoming)
  if (incoming.some(hasMoved)) await retryWaiting(context)
  return countOutcomes(incoming, left)
}

/** Tries again what waits; called when something came that it may have waited for. */
export async function retryWaiting(context: ReceptionContext): Promise<number> {
  const { store } = context.documents.context
  const pool = context.documents.place
  let accepted = 0
  if (context.documents.forks.size > 0) await context.lock(() => settle(context.documents))
  for (;;) {
    const waiting = await readWaiting(store, pool)
    if (waiting.length === 0) return accepted
    const incoming = waiting.map(({ bytes, relays }, index) => toIncoming(bytes, index, relays, true))
    await takeAll(context, incoming)
    const settled = waiting.filter((_, i) => incoming[i]?.outcome !== 'wait')
    await removeWaiting(
      store,
      pool,
      settled.map(({ id }) => id),
    )
    accepted += incoming.filter(({ outcome }) => outcome === 'accepted').length
    if (!incoming.some(hasMoved)) return accepted
  }
}

/** Something may have waited for it: for what it stands for, or to hear of a fork. */
function hasMoved({ outcome, hasStored }: Incoming): boolean {
  return hasStored || outcome === 'aside'
}

/** Under the lock. */
async function settle(documents: SpaceDocuments): Promise<void> {
  await documents.catchUp()
  await settleForks(documents)
}

function toIncoming(bytes: Uint8Array, index: number, relays: readonly string[], isKept: boolean): Incoming {
  return { bytes, index, relays, isKept, outcome: 'wait', hasStored: false, code: null, author: null }
}

async function takeAll(context: ReceptionContext, incoming: readonly Incoming[]): Promise<void> {
  let committed: Promise<void> = Promise.resolve()
  try {
    for (let start = 0; start < incoming.length;) {
      const { fresh, taken } = await openBatch(context, incoming.slice(start, start + batchSize))
      start += taken
      const judged = judgeAll(context, fresh)
      // While one batch goes to the disk, the next is opened and its signatures are checked.
      await committed
      committed = judged.then((all) => commitAll(context, all))
      committed.catch(() => undefined)
    }
  } finally {
    await committed
  }
}

async function judgeAll(context: ReceptionContext, opened: readonly Opened[]): Promise<readonly Judged[]> {
  const turns = new Turns()
  const judging: Promise<Judged | null>[] = []
  for (const entry of opened) {
    await turns.next()
    judging.push(judge(context, entry))
  }
  return (await Promise.all(judging)).filter((one) => one !== null)
}

async function commitAll(context: ReceptionContext, judged: readonly Judged[]): Promise<void> {
  if (judged.length > 0) await context.lock(() => commitBatch(context, judged))
}

interface Opened {
  readonly item: Incoming
  readonly claimed: UnverifiedRecord
  /** It, after those that it carries. */
  readonly records: readonly CarriedRecord[]
}

/** Those that are not known yet, of the first `taken` of them: one small record may carry many. */
async function openBatch(
  context: ReceptionContext,
  batch: readonly Incoming[],
): Promise<{ fresh: readonly Opened[]; taken: number }> {
  const { documents } = context
  await weighWanted(documents)
  const opened: Opened[] = []
  const turns = new Turns()
  let taken = 0
  for (let carried = 0; taken < batch.length && carried < batchCarried; taken++) {
    const item = batch[taken]
    if (item === undefined) break
    await turns.next()
    const one = openIncoming(context, item)
    if (one === null) continue
    opened.push(one)
    carried += one.records.length
  }
  const stored = await readStored(
    context,
    opened.map(({ claimed }) => claimed.claims),
  )
  const fresh: Opened[] = []
  const seen: Seen[] = []
  for (const entry of opened) {
    const { claims, id } = entry.claimed
    if (stored.get(nameOf(claims)) !== id) fresh.push(entry)
    else {
      entry.item.outcome = 'duplicate'
      seen.push({ at: claims, relays: entry.item.relays })
    }
  }
  await markSeen(documents, seen)
  return { fresh, taken }
}

/** Opens and decodes; null for what waits, is for others or is refused. */
function openIncoming({ documents, log }: ReceptionContext, item: Incoming): Opened | null {
  return coded(item, () => {
    const keyId = sealedKeyId(item.bytes)
    const key = documents.context.keys().get(keyId)
    if (key === undefined) return documents.context.outOfReach().has(keyId) ? pass(item) : wait(item)
    const claimed = decodeRecord(item.bytes, key, documents.context)
    const { claims: body, signed, id } = claimed
    const records = unpack({ body, signed, id })
    if (!areKnown(records, chapterPrefix(log().state, key.epoch))) return refuse(item, 'document-unknown')
    return { item, claimed, records }
  })
}

/**
 * Checks membership, which costs little, then the signature. What waits is looked at again and again, and its signature
 * once before: it takes its author's room, which nobody else may fill. Of a compaction each record is judged for itself.
 */
async function judge({ documents, log }: ReceptionContext, entry: Opened): Promise<Judged | null> {
  const { item, claimed } = entry
  const verdicts = entry.records.map(({ id, body }) =>
    judgeAuthor(log(), { id, claims: body }, (device) => takenIn(documents, device)),
  )
  const count = verdicts.findIndex((one) => one !== 'member')
  const records = count < 0 ? entry.records : entry.records.slice(0, count)
  const author = verdicts[count] ?? 'member'
  const isNothing = records.length === 0
  if (isNothing && author === 'stranger') return refuse(item, 'record-stranger')
  if (isNothing && author === 'wait' && item.isKept) return wait(item)
  const record = await verifyRecord(claimed).catch((error: unknown) =>
    coded(item, () => {
      throw error
    }),
  )
  if (record === null) return null
  item.author = memberOf(log(), record.body.device)
  if (isNothing) return wait(item)
  const rest = count < 0 ? null : author === 'wait' ? 'wait' : 'refuse'
  return { item, records, rest, carries: entry.records.length > 1 }
}

function pass(item: Incoming): null {
  item.outcome = 'pass'
  return null
}

/** A fault of the bytes becomes the item's refusal; a fault of ours stays an error. */
function coded<T>(item: Incoming, read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (isCliqueError(error)) return refuse(item, error.code)
    throw error
  }
}

/** Ids of the stored records with these places in their chains. */
async function readStored(
  { documents }: ReceptionContext,
  places: readonly ChainPlace[],
): Promise<Map<string, RecordId>> {
  const held = places.filter(
    ({ device, sequence }) => sequence <= (documents.heads.get(device)?.sequence ?? 0),
  )
  const records = await readRecordsOf(documents, held)
  return new Map(records.map((one) => [nameOf(one), one.id]))
}

/** Puts aside what waits; returns the places of those for which there was no room. */
async function keepWaiting(
  { documents }: ReceptionContext,
  incoming: readonly Incoming[],
): Promise<Set<number>> {
  const waiting = incoming
    .filter(({ outcome }) => outcome === 'wait')
    .map(({ index, bytes, relays, author }) => ({ index, bytes, relays, author, id: waitingId(bytes) }))
  const left = new Set(await addWaiting(documents.context.store, documents.place, waiting))
  return new Set(waiting.filter(({ id }) => left.has(id)).map(({ index }) => index))
}

/** Names bytes that cannot be opened yet. */
export function waitingId(bytes: Uint8Array): string {
  return toHex(sha256(labels.storageWaiting, bytes))
}

function countOutcomes(incoming: readonly Incoming[], left: ReadonlySet<number>): RecordReception {
  const count = (wanted: Outcome) => incoming.filter(({ outcome }) => outcome === wanted).length
  const refused = incoming.flatMap(({ index, code }): Refusal[] => (code === null ? [] : [{ index, code }]))
  for (const index of left) refused.push({ index, code: 'waiting-full' })
  return {
    accepted: count('accepted'),
    duplicates: count('duplicate'),
    waiting: count('wait') + count('aside') - left.size,
    passedOver: count('pass'),
    refused,
  }
}
