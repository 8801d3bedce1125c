import { clientIdOf, makeSessionId, sealRecord, sendingKey, signRecord, systemRandom } from '@clique/crypto'
import type { RecordBody, Signer, SpaceKey } from '@clique/crypto'
import * as Y from 'yjs'
import { readRecordsAt } from '../../storage/records.ts'
import { Chapter } from '../chapter.ts'
import { chapterName, chapterPrefix } from '../chapter-name.ts'
import { updateKind } from '../gate.ts'
import type { TestMember } from './members.ts'

export interface Forged {
  readonly body: RecordBody
  readonly bytes: Uint8Array
}

/** A record as a changed app of this member would make it: whatever it likes, truly signed and sealed. */
export async function forge(
  member: TestMember,
  changes: Partial<RecordBody> = {},
  by: { readonly signer?: Signer; readonly key?: SpaceKey } = {},
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
    kind: updateKind,
    payload: new Uint8Array(0),
    ...changes,
  }
  const payload = changes.payload ?? messageUpdate(body, 'forged')
  const signed = await signRecord({ ...body, payload }, by.signer ?? session.me.signer)
  return { body: signed.body, bytes: sealRecord(signed, key, systemRandom) }
}

/** Many messages of one member, signed and chained, that its own profile does not hold. */
export async function forgeChain(member: TestMember, count: number): Promise<Uint8Array[]> {
  const { body } = await forge(member)
  const chapter = new Chapter(body.space, body.document)
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

/** Messages that whoever has copied a member's device writes, in place of what follows `after` in its chain. */
export async function forgeBranch(
  member: TestMember,
  after: number,
  texts: readonly string[],
): Promise<Uint8Array[]> {
  const { session, space } = member
  const { place } = await session.documents(space)
  const [before] = await readRecordsAt(session.store, place, [{ device: session.device, sequence: after }])
  const { body } = await forge(member)
  const key = sendingKey(session.log, space)
  if (key === null) throw new Error('no key')
  const chapter = new Chapter(space, body.document)
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

export function messageUpdate(body: RecordBody, text: string, root: string = body.device): Uint8Array {
  const doc = new Y.Doc({ gc: false })
  doc.clientID = clientIdOf(body, body, 0)
  doc.getArray(root).push([{ kind: 'message', time: Date.now(), sentAt: Date.now(), text }])
  return Y.encodeStateAsUpdate(doc)
}
