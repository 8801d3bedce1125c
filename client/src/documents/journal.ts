import { CliqueError, headsFor, sealRecord, signRecord, toAcknowledge } from '@clique/crypto'
import type { CliqueLog, DeviceKeys, HeldEnd, OperationId, Random, RecordBody } from '@clique/crypto'
import type { RecordDependency, SessionId, SpaceKey } from '@clique/crypto'
import { readAcknowledgementsBy } from '../storage/acknowledgements.ts'
import type { NewRecord } from '../storage/records.ts'
import type { AlsoWritten } from '../storage/store.ts'
import { readLastDocument, readNewestDocuments } from '../storage/snapshots.ts'
import type { Arrival } from './arrivals.ts'
import { chapterPrefix, chapterToWrite } from './chapter-name.ts'
import type { Chapter, ChapterWriter } from './chapter.ts'
import type { Entry } from './entries.ts'
import { admit, kindIn } from './gate.ts'
import { nextTime } from './hybrid-time.ts'
import { limitIn } from './raises.ts'
import { SharedDocument } from './shared-document.ts'
import type { SpaceDocuments } from './space-documents.ts'
import { stretchOf } from './stretch.ts'
import { isWithin } from './visibility.ts'
import { wordsOf } from './words.ts'

export interface WriteContext {
  readonly documents: SpaceDocuments
  readonly log: CliqueLog
  readonly key: SpaceKey
  readonly me: DeviceKeys
  readonly session: SessionId
  readonly random: Random
  readonly now: number
  /** What goes into the same commit. */
  readonly also?: AlsoWritten | undefined
}

/** Something that is written under the lock, with all that is needed for it. */
export type Writing = (context: WriteContext) => Promise<void>

/** Chapters whose newest time is looked at: the one that is written to, and those that latecomers write to. */
const chaptersSeen = 4

/**
 * Writes one entry: edit on a copy, seal, commit, then show. The caller holds the clique's lock and has caught up
 * with storage. When it throws nothing was written and nothing is shown.
 * @throws CliqueError `own-chain-forked`, `storage-full`, `storage-failed`
 */
export async function writeEntry(context: WriteContext, makeEntry: (time: number) => Entry): Promise<void> {
  const { documents, log, me, now } = context
  if (documents.forks.has(me.id)) throw new CliqueError('own-chain-forked')
  const copy = await openChapter(context)
  try {
    const entry = makeEntry(nextTime(await timesSeen(documents, copy), now))
    const payload = copy.append(nextWriter(context), entry)
    const heads = headsFor(log, me.id)
    const dependencies = await acknowledged(context, heads)
    await documents.append([await sealEdit(context, copy, { payload, heads, dependencies })], context.also)
  } catch (error) {
    documents.dropCopy(copy.name)
    throw error
  }
}

/** A copy of the chapter to write to. */
async function openChapter({ documents, log, key }: WriteContext): Promise<Chapter> {
  const prefix = chapterPrefix(log.state, key.epoch)
  const last = await readLastDocument(documents.context.store, documents.place, prefix)
  const copy = await documents.copyOf(chapterToWrite(last, prefix))
  if (copy instanceof SharedDocument) throw new TypeError('no chapter')
  return copy
}

/** Of the record that this device writes next. */
function nextWriter({ documents, key, me, session }: WriteContext): Required<ChapterWriter> {
  const head = documents.heads.get(me.id)
  const next = { sequence: (head?.sequence ?? 0) + 1, key: key.keyId, previousKey: head?.keyId ?? null }
  const stretch = stretchOf(documents.context, next, head)
  return { device: me.id, session, stretch }
}

async function timesSeen(documents: SpaceDocuments, copy: Chapter): Promise<number[]> {
  const rows = await readNewestDocuments(documents.context.store, documents.place, chaptersSeen)
  const times = rows.map(({ newest }) => newest)
  // A row's newest may be a time that nobody follows; what lies below it is then read from the entries.
  for (const chapter of [...documents.loaded, copy]) {
    for (const { entry } of chapter.entries()) times.push(entry.time)
  }
  return times
}

/** An edit that was made on a copy of its document, as the next record of this device. */
export async function sealEdit(
  context: WriteContext,
  copy: Chapter | SharedDocument,
  edit: Pick<RecordBody, 'payload' | 'heads' | 'dependencies'>,
): Promise<Arrival> {
  const { now } = context
  const body = nextBody(context, { ...edit, document: copy.name, kind: kindIn(copy.name) })
  const { sequence, payload } = body
  const admission = admit(copy, { ...nextWriter(context), sequence, receivedAt: now, payload })
  // What others would refuse must never be signed.
  if (admission.verdict === 'refuse') throw new Error(`own edit refused: ${admission.code}`)
  const record = await sealBody(context, body)
  const { contribution, growth } = admission
  return { record, contributions: [{ ...contribution, id: record.id }], growth }
}

/** What this device would sign next. */
export function nextBody(
  { documents, key, me, session }: WriteContext,
  own: Pick<RecordBody, 'document' | 'kind' | 'payload' | 'heads' | 'dependencies'>,
): RecordBody {
  const { clique, space } = documents.context
  const head = documents.heads.get(me.id) ?? null
  return {
    ...own,
    clique,
    space,
    device: me.id,
    sequence: (head?.sequence ?? 0) + 1,
    key: key.keyId,
    previous: head?.id ?? null,
    previousKey: head?.keyId ?? null,
    session,
  }
}

export async function sealBody(context: WriteContext, body: RecordBody): Promise<NewRecord> {
  const { documents, key, me, random, now } = context
  const { device, sequence, document } = body
  const signed = await signRecord(body, me.signer)
  const bytes = sealRecord(signed, key, random)
  const row = { device, sequence, id: signed.id, document, keyId: key.keyId, bytes, receivedAt: now }
  return { ...row, stretch: nextWriter(context).stretch, relays: [], ...wordsOf(documents, body) }
}

/** What this device holds of others and shows, beyond what its records have acknowledged before. */
export async function acknowledged(
  { documents, log, me }: WriteContext,
  heads: readonly OperationId[],
): Promise<RecordDependency[]> {
  const { store, space } = documents.context
  const held: HeldEnd[] = []
  for (const [device, { sequence, id }] of documents.heads) {
    const isShown = isWithin(limitIn(documents, device), { sequence, id })
    if (isShown && !documents.forks.has(device)) held.push({ device, sequence, record: id })
  }
  const rows = await readAcknowledgementsBy(store, documents.place, me.id)
  const said = new Map(rows.map(({ device, sequence }) => [device, sequence]))
  return toAcknowledge(log.graph.stateAt(heads), space, me.id, held, said)
}
