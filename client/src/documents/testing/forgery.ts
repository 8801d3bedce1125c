import { carryRecords, clientIdOf, compactionKind, decodeRecord, makeSessionId } from '@clique/crypto'
import {
  encodeSharedUpdate,
  nameRecord,
  sealedKeyId,
  sealRecord,
  sendingKey,
  signRecord,
  systemRandom,
} from '@clique/crypto'
import type { RecordBody, Signer, SpaceKey, UnverifiedRecord } from '@clique/crypto'
import * as Y from 'yjs'
import { readDocumentRecords, readRecordsAt } from '../../storage/records.ts'
import { Chapter } from '../chapter.ts'
import { chapterName, chapterPrefix } from '../chapter-name.ts'
import { kindIn, sharedKind, updateKind } from '../gate.ts'
import { openContents } from '../shared-contents.ts'
import type { RecordContribution } from '../shared-document.ts'
import { recordsIn } from '../standing.ts'
import { stretchOf } from '../stretch.ts'
import { encodeName } from '../title-update.ts'
import { describePayload, describeUpdate } from '../update-description.ts'
import type { TestMember } from './members.ts'
import { heldBy } from './shared-writers.ts'

export interface Forged {
  readonly body: RecordBody
  readonly bytes: Uint8Array
}

/** A record as a changed app of this member would make it: whatever it likes, truly signed and sealed. */
export async function forge(
  member: TestMember,
  changes: Partial<RecordBody> = {},
  by: { readonly signer?: Signer; readonly key?: SpaceKey; readonly message?: unknown } = {},
): Promise<Forged> {
  const { session, space } = member
  const head = (await session.documents(space)).heads.get(session.device) ?? null
  const own = makeSessionId(systemRandom)
  const key = by.key ?? sendingKey(session.log, space)
  if (key === null) throw new Error('no key')
  const body: RecordBody = {
    clique: session.clique,
    space,
    document: chapterName(0, chapterPrefix(session.log.state, key.epoch)),
    device: session.device,
    sequence: (head?.sequence ?? 0) + 1,
    key: key.keyId,
    previous: head?.id ?? null,
    previousKey: head?.keyId ?? null,
    session: own,
    heads: session.log.state.heads,
    dependencies: [],
    kind: kindIn(changes.document ?? ''),
    payload: new Uint8Array(0),
    ...changes,
  }
  const payload =
    changes.payload ?? (await chapterBefore(member, body)).append(body, by.message ?? messageNow('forged'))
  const signed = await signRecord({ ...body, payload }, by.signer ?? session.me.signer)
  return { body: signed.body, bytes: sealRecord(signed, key, systemRandom) }
}

/** Many messages of one member, signed and chained, that its own profile does not hold. */
export async function forgeChain(member: TestMember, count: number): Promise<Uint8Array[]> {
  const { body } = await forge(member)
  const chapter = await chapterBefore(member, body)
  const key = sendingKey(member.session.log, member.space)
  if (key === null) throw new Error('no key')
  const sealed: Uint8Array[] = []
  let { sequence, previous, previousKey } = body
  for (let i = 0; i < count; i++) {
    const time = Date.now() + i
    const payload = chapter.append(body, { kind: 'message', time, sentAt: time, text: `message ${i}` })
    const signed = await signRecord(
      { ...body, sequence, previous, previousKey, payload },
      member.session.me.signer,
    )
    sealed.push(sealRecord(signed, key, systemRandom))
    sequence++
    previous = signed.id
    previousKey = key.keyId
  }
  return sealed
}

/**
 * Messages that whoever has copied a member's device writes, in place of what follows `after` in its chain. `holder`: who has
 * the branch that they go on with.
 */
export async function forgeBranch(
  member: TestMember,
  after: number,
  texts: readonly string[],
  holder = member,
): Promise<Uint8Array[]> {
  const { session, space } = member
  const { place } = await session.documents(space)
  const [before] = await readRecordsAt(holder.store, place, [{ device: session.device, sequence: after }])
  const { body } = await forge(member)
  const key = sendingKey(session.log, space)
  if (key === null) throw new Error('no key')
  const chapter = await chapterBefore(holder, {
    ...body,
    sequence: after + 1,
    previousKey: before?.keyId ?? null,
  })
  const sealed: Uint8Array[] = []
  let [previous, previousKey] = [before?.id ?? null, before?.keyId ?? null]
  for (const [i, text] of texts.entries()) {
    const time = Date.now() + i
    const payload = chapter.append(body, { kind: 'message', time, sentAt: time, text })
    const own = { ...body, sequence: after + i + 1, previous, previousKey, payload }
    const signed = await signRecord(own, session.me.signer)
    sealed.push(sealRecord(signed, key, systemRandom))
    previous = signed.id
    previousKey = key.keyId
  }
  return sealed
}

/** A compaction that stands behind these records of a member, whoever holds them. `key`: under which they are sealed. */
export async function forgeCompaction(
  member: TestMember,
  records: readonly Uint8Array[],
  key = sendingKey(member.session.log, member.space),
): Promise<Uint8Array> {
  if (key === null) throw new Error('no key')
  const opened = records.map((bytes) => openRecord(member, bytes))
  const last = opened.at(-1)
  if (last === undefined) throw new Error('no records')
  const payload = carryRecords(opened.map(({ claims }) => claims))
  const { sequence, document, key: previousKey } = last.claims
  const place = { sequence: sequence + 1, previous: last.id, previousKey, document }
  return (await forge(member, { ...place, kind: compactionKind, payload }, { key })).bytes
}

function openRecord({ session, space }: TestMember, bytes: Uint8Array): UnverifiedRecord {
  const key = session.keysOf(space).get(sealedKeyId(bytes))
  if (key === undefined) throw new Error('no key')
  return decodeRecord(bytes, key, { clique: session.clique, space })
}

/** What a member holds of what a device wrote in a chapter before some record, in the stretch that this would be in. */
async function chapterBefore(
  { session, space, store }: TestMember,
  record: Pick<RecordBody, 'space' | 'document' | 'device' | 'sequence' | 'key' | 'previousKey'>,
): Promise<Chapter> {
  const documents = await session.documents(space)
  const chapter = new Chapter(record.space, record.document)
  const rows = await readDocumentRecords(store, documents.place, record.document, 0)
  const own = rows.filter(({ device, sequence }) => device === record.device && sequence < record.sequence)
  const last = own.toSorted((x, y) => x.sequence - y.sequence).at(-1)
  const stretch = stretchOf(documents.context, record, last)
  const records = own
    .filter((row) => (row.stretch ?? 1) === stretch)
    .flatMap((row) => recordsIn(documents, row))
  for (const { body, receivedAt } of records.toSorted((x, y) => x.body.sequence - y.body.sequence)) {
    const { device, sequence, kind, payload } = body
    if (kind !== updateKind) continue
    chapter.apply({ device, sequence, receivedAt, update: payload, described: describeUpdate(payload) })
  }
  return chapter
}

function messageNow(text: string): unknown {
  return { kind: 'message', time: Date.now(), sentAt: Date.now(), text }
}

/** The first of a device in a chapter. */
export function messageUpdate(body: RecordBody, text: string, root: string = body.device): Uint8Array {
  const doc = new Y.Doc({ gc: false })
  doc.clientID = clientIdOf(body, body)
  doc.getArray(root).push([messageNow(text)])
  return Y.encodeStateAsUpdate(doc)
}

/** Names of the conversation as whoever has copied a member's device gives them: `behind` these, or as a new beginning. */
export async function forgeNames(
  member: TestMember,
  names: readonly string[],
  behind: readonly Uint8Array[] = [],
): Promise<Uint8Array[]> {
  const sealed: Uint8Array[] = []
  const last = behind.at(-1)
  const found = last === undefined ? null : openRecord(member, last)
  let before: Pick<RecordBody, 'previous' | 'previousKey'> = {
    previous: found?.id ?? null,
    previousKey: found?.claims.key ?? null,
  }
  let held: RecordContribution[] = []
  for (const [i, name] of names.entries()) {
    const contents = openContents(heldBy(held))
    const said = encodeName(contents, { title: name, isCarried: false })
    contents.doc.destroy()
    const title = { document: 'title', kind: sharedKind, payload: encodeSharedUpdate(said) }
    const { body, bytes } = await forge(member, { ...before, ...title, sequence: behind.length + i + 1 })
    sealed.push(bytes)
    const { id } = nameRecord(body)
    before = { previous: id, previousKey: body.key }
    const { device, sequence } = body
    held = [...held, { device, sequence, id, receivedAt: 0, ...describePayload(title.payload, true) }]
  }
  return sealed
}
