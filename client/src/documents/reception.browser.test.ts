import {
  CliqueError,
  generateSigner,
  makeSessionId,
  makeSpaceId,
  signerFromSecret,
  systemRandom,
  toHex,
} from '@clique/crypto'
import type { DeviceId, OperationId, SignerSecret } from '@clique/crypto'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import * as Y from 'yjs'
import { readRecordsAfter } from '../storage/records.ts'
import { readNewestDocuments } from '../storage/snapshots.ts'
import { readUnrelayedSequences } from '../storage/unsent.ts'
import { fillDisk } from '../storage/testing/full-disk.ts'
import { maxWaitingOfAuthor, readWaiting } from '../storage/waiting.ts'
import { waitingId } from './reception.ts'
import { forge, forgeChain, messageUpdate } from './testing/forgery.ts'
import { TestMember } from './testing/members.ts'

let anna: TestMember
let ben: TestMember
beforeEach(async () => {
  anna = await TestMember.founder('Anna')
  ben = await anna.invites('Ben')
  await ben.tells(anna)
  await ben.says('before')
  await ben.tells(anna)
})
afterEach(async () => {
  await anna.leaves()
  await ben.leaves()
})

/** Everything that Anna's profile holds of the conversation. */
async function kept(): Promise<unknown> {
  const { place } = await anna.session.documents(anna.space)
  return {
    records: await readRecordsAfter(anna.store, place, 0),
    heads: [...(await anna.session.vector(anna.space))],
    waiting: await readWaiting(anna.store, place),
    rows: await anna.sees(),
  }
}

async function expectRefused(bytes: Uint8Array, code: string): Promise<void> {
  const before = await kept()
  const reception = await anna.session.receiveRecords(anna.space, [bytes], null)
  expect(reception).toMatchObject({ accepted: 0, waiting: 0, refused: [{ index: 0, code }] })
  expect(await kept()).toEqual(before)
}

test('[SHO2] a record of a stranger who has the key is refused', async () => {
  const signer = await generateSigner()
  const device = toHex(signer.publicKey) as DeviceId
  const first = { device, sequence: 1, previous: null, previousKey: null }
  const { bytes } = await forge(ben, first, { signer })
  await expectRefused(bytes, 'record-stranger')
})

test('a record that names no roster is refused', async () => {
  const { bytes } = await forge(ben, { heads: [] })
  await expectRefused(bytes, 'record-stranger')
})

test('[REC6] a record signed by somebody else is refused', async () => {
  const { bytes } = await forge(ben)
  const other = await forge(ben, {}, { signer: await swapped(ben) })
  expect(bytes).not.toEqual(other.bytes)
  await expectRefused(other.bytes, 'signature-invalid')
})

/** Claims Ben's key and signs with another. */
async function swapped(member: TestMember) {
  const stranger = await generateSigner()
  const secret: SignerSecret = stranger.secret
  const signer = await signerFromSecret(secret)
  return { publicKey: member.session.me.signer.publicKey, sign: signer.sign }
}

test('[REC5] a record of another clique or space is refused', async () => {
  const clique = toHex(systemRandom(32)) as typeof ben.session.clique
  await expectRefused((await forge(ben, { clique })).bytes, 'record-wrong-clique')
  await expectRefused((await forge(ben, { space: makeSpaceId(systemRandom) })).bytes, 'record-wrong-space')
})

test('a truncated, changed, oversize or garbage record is refused', async () => {
  const { bytes } = await forge(ben)
  await expectRefused(bytes.slice(0, -1), 'record-format')
  await expectRefused(new Uint8Array(0), 'record-format')
  await expectRefused(new Uint8Array(3_000_000), 'too-large')
  const changed = bytes.slice()
  changed[60] = (changed[60] ?? 0) ^ 1
  await expectRefused(changed, 'aead-open')
  const other = bytes.slice()
  other[0] = 9
  await expectRefused(other, 'version-unknown')
})

test('a document or kind of another version is refused', async () => {
  await expectRefused((await forge(ben, { document: 'notes/1' })).bytes, 'document-unknown')
  await expectRefused((await forge(ben, { kind: 'yjs-9' })).bytes, 'document-unknown')
})

test('[GATE3] a record that writes into somebody else’s root is refused', async () => {
  const { body } = await forge(ben)
  const payload = messageUpdate(body, 'put into her mouth', anna.session.device)
  await expectRefused((await forge(ben, { session: body.session, payload })).bytes, 'gate-foreign-parent')
})

test('a record whose update is no update is refused', async () => {
  await expectRefused((await forge(ben, { payload: systemRandom(200) })).bytes, 'gate-unreadable')
  await expectRefused((await forge(ben, { payload: Uint8Array.of(0, 0, 7) })).bytes, 'gate-unreadable')
})

test('a record that is bad leaves the good ones around it alone', async () => {
  const bad = await forge(ben, { payload: systemRandom(50) })
  await ben.says('good')
  const records = await ben.records()
  const reception = await anna.session.receiveRecords(anna.space, [bad.bytes, ...records], null)
  expect(reception).toMatchObject({ accepted: 1, duplicates: 1, refused: [{ index: 0 }] })
  expect(await anna.sees()).toEqual(['Ben: before', 'Ben: good'])
})

/** A record of Ben's, said to be of tomorrow. Yjs integrates its item from now on and then throws. */
async function forgeThrowing() {
  const time = Date.now() + 24 * 60 * 60 * 1000
  const bad = await forge(ben, {}, { message: { kind: 'message', time, sentAt: time, text: 'throws' } })
  const { integrate } = Y.Item.prototype
  const found = { items: 0 }
  const spy = vi.spyOn(Y.Item.prototype, 'integrate').mockImplementation(function (this: Y.Item, ...args) {
    integrate.apply(this, args)
    const [value] = this.content.getContent() as { text?: string }[]
    if (value?.text !== 'throws') return
    found.items++
    throw new Error('in the middle')
  })
  onTestFinished(() => spy.mockRestore())
  return { bad, found }
}

test('[GATE2] an update that makes Yjs throw in the middle of its transaction harms nothing but itself', async () => {
  const { bad, found } = await forgeThrowing()
  await ben.says('good')
  const records = await ben.records()
  const reception = await anna.session.receiveRecords(anna.space, [bad.bytes, ...records], null)
  expect(found.items).toBe(1)
  expect(reception).toMatchObject({ accepted: 1, refused: [{ index: 0, code: 'gate-incomplete' }] })
  expect(await anna.sees()).toEqual(['Ben: before', 'Ben: good'])
  await ben.says('after')
  await ben.tells(anna)
  expect(await anna.sees()).toEqual(['Ben: before', 'Ben: good', 'Ben: after'])
})

/** What was noted of it on the copy on which each record was tried. */
async function newestChapter({ session, store, space }: TestMember) {
  const { place } = await session.documents(space)
  const [row] = await readNewestDocuments(store, place, 1)
  return { document: row?.document, newest: row?.newest, count: row?.count }
}

test.each(['in the same batch', 'later'])(
  '[GATE2] nothing stays of what made Yjs throw: a good record with the same clocks is what it is, %s',
  async (when) => {
    const { bad, found } = await forgeThrowing()
    const good = await forge(ben, { session: bad.body.session })
    expect(good.body.sequence).toBe(bad.body.sequence)
    const batches = when === 'later' ? [[bad], [good]] : [[bad, good]]
    const refused: unknown[] = []
    for (const batch of batches) {
      const sealed = batch.map(({ bytes }) => bytes)
      refused.push(...(await anna.session.receiveRecords(anna.space, sealed, null)).refused)
    }
    expect(found.items).toBe(1)
    expect(refused).toMatchObject([{ index: 0, code: 'gate-incomplete' }])
    // Ben's profile has seen no bad one.
    expect(await ben.session.receiveRecords(ben.space, [good.bytes], null)).toMatchObject({ accepted: 1 })
    expect(await ben.sees()).toEqual(['Ben: before', 'Ben: forged'])
    expect(await anna.sees()).toEqual(await ben.sees())
    expect(await newestChapter(anna)).toEqual(await newestChapter(ben))
  },
)

test('a replayed record changes nothing, alone or twice in one batch', async () => {
  const records = await ben.records()
  const before = await kept()
  const again = await anna.session.receiveRecords(anna.space, [...records, ...records], null)
  expect(again).toMatchObject({ accepted: 0, duplicates: 2, waiting: 0, refused: [] })
  expect(await kept()).toEqual(before)
  await ben.says('new')
  const fresh = (await ben.records()).slice(-1)
  const twice = await anna.session.receiveRecords(anna.space, [...fresh, ...fresh], null)
  expect(twice).toMatchObject({ accepted: 1, duplicates: 1 })
  expect(await anna.sees()).toEqual(['Ben: before', 'Ben: new'])
})

test('[CHN2] records behind a gap wait and come out in order', async () => {
  for (const text of ['one', 'two', 'three']) await ben.says(text)
  const [, one, two, three] = await ben.records()
  if (!one || !two || !three) throw new Error('three records')
  const late = await anna.session.receiveRecords(anna.space, [three, two], 'a relay')
  expect(late).toMatchObject({ accepted: 0, waiting: 2, refused: [] })
  expect(await anna.sees()).toEqual(['Ben: before'])
  await anna.session.receiveRecords(anna.space, [one], 'a relay')
  expect(await anna.sees()).toEqual(['Ben: before', 'Ben: one', 'Ben: two', 'Ben: three'])
  const { place } = await anna.session.documents(anna.space)
  expect(await readWaiting(anna.store, place)).toEqual([])
})

test('[WT3] what waits takes the room of its author, who has signed it', async () => {
  const heads = [toHex(systemRandom(32)) as OperationId]
  const ofBen = await forge(ben, { heads })
  const stranger = await generateSigner()
  const device = toHex(stranger.publicKey) as DeviceId
  const ofNobody = await forge(ben, { heads, device }, { signer: stranger })
  const unopened = ofBen.bytes.slice().fill(7, 1, 17)
  const given = [ofBen.bytes, ofNobody.bytes, unopened]
  expect(await anna.session.receiveRecords(anna.space, given, null)).toMatchObject({ waiting: 3 })
  const { place } = await anna.session.documents(anna.space)
  const waiting = await readWaiting(anna.store, place)
  const authorOf = (bytes: Uint8Array) => waiting.find(({ id }) => id === waitingId(bytes))?.author
  expect(given.map(authorOf)).toEqual([ben.session.member, null, null])
  // In Ben's name, but not by Ben: it takes nobody's room.
  await expectRefused(
    (await forge(ben, { heads }, { signer: await swapped(ben) })).bytes,
    'signature-invalid',
  )
})

test('[WT4] one member’s gaps keep nobody else’s records from waiting', async () => {
  const flood = await forgeChain(ben, maxWaitingOfAuthor + 3)
  const behind = await anna.session.receiveRecords(anna.space, flood.slice(1), null)
  expect(behind).toMatchObject({ waiting: maxWaitingOfAuthor })
  expect(behind.refused).toHaveLength(2)
  const carl = await ben.invites('Carl')
  await carl.tells(anna)
  for (const text of ['one', 'two']) await carl.says(text)
  const [one, two] = await carl.records()
  if (one === undefined || two === undefined) throw new Error('two records')
  expect(await anna.session.receiveRecords(anna.space, [two], null)).toMatchObject({
    waiting: 1,
    refused: [],
  })
  await anna.session.receiveRecords(anna.space, [one], null)
  expect(await anna.sees()).toEqual(['Ben: before', 'Carl: one', 'Carl: two'])
  await carl.leaves()
})

test('records under a newer roster and epoch wait for it', async () => {
  const carl = await ben.invites('Carl')
  await carl.says('I am new')
  const early = await anna.session.receiveRecords(anna.space, await carl.records(), null)
  expect(early).toMatchObject({ accepted: 0, waiting: 1, refused: [] })
  await carl.tells(anna)
  expect(await anna.sees()).toEqual(['Ben: before', 'Carl: I am new'])
  await carl.leaves()
})

test('a record that names unknown heads waits', async () => {
  const heads = [toHex(systemRandom(32)) as OperationId]
  const { bytes } = await forge(ben, { heads })
  expect(await anna.session.receiveRecords(anna.space, [bytes], null)).toMatchObject({ waiting: 1 })
  expect(await anna.sees()).toEqual(['Ben: before'])
})

test('[CHN5] a chain with two ends is hidden from where it parts', async () => {
  const one = await forge(ben, { session: makeSessionId(systemRandom) })
  await ben.says('the other')
  await ben.tells(anna)
  expect(await anna.sees()).toEqual(['Ben: before', 'Ben: the other'])
  const reception = await anna.session.receiveRecords(anna.space, [one.bytes], null)
  expect(reception).toMatchObject({ accepted: 0, waiting: 1, refused: [] })
  expect(await anna.sees()).toEqual(['Ben: before'])
  await ben.says('more')
  expect(await ben.tells(anna)).toMatchObject({ accepted: 0 })
  expect(await anna.sees()).toEqual(['Ben: before'])
})

test('a device that sees its own chain forked writes no more', async () => {
  const one = await forge(ben, { session: makeSessionId(systemRandom) })
  await ben.says('the other')
  await ben.session.receiveRecords(ben.space, [one.bytes], null)
  await expect(ben.says('more')).rejects.toMatchObject({ code: 'own-chain-forked' })
})

test('a profile that was rolled back adopts its own records before it writes on', async () => {
  // What a copy of Ben's profile would have written and others hold.
  const lost = await forge(ben, { session: makeSessionId(systemRandom) })
  await anna.session.receiveRecords(anna.space, [lost.bytes], null)
  expect(await anna.tells(ben)).toMatchObject({ accepted: 1 })
  await ben.says('after')
  expect(await ben.tells(anna)).toMatchObject({ accepted: 1, refused: [] })
  expect(await anna.sees()).toEqual(['Ben: before', 'Ben: forged', 'Ben: after'])
  expect(await ben.sees()).toEqual(await anna.sees())
})

test('a full disk stores and shows nothing, and the records are taken the next time', async () => {
  await ben.says('large')
  const before = await kept()
  fillDisk(anna.store, 'records')
  const records = await ben.records()
  await expect(anna.session.receiveRecords(anna.space, records, null)).rejects.toMatchObject({
    code: 'storage-full',
  })
  expect(await kept()).toEqual(before)
  await anna.session.receiveRecords(anna.space, records, null)
  expect(await anna.sees()).toEqual(['Ben: before', 'Ben: large'])
})

/** Ben's records that no relay is known to have. */
async function unsent(): Promise<number[]> {
  const { place } = await anna.session.documents(anna.space)
  return [...(await readUnrelayedSequences(anna.store, place, ben.session.device))]
}

test('a fault in the middle of a batch leaves nothing behind, and the records are taken the next time', async () => {
  const sealed = await forgeChain(ben, 3)
  const documents = await anna.session.documents(anna.space)
  const read = documents.copyOf.bind(documents)
  const copyOf = vi.spyOn(documents, 'copyOf')
  copyOf.mockImplementationOnce(read).mockImplementationOnce(read)
  copyOf.mockRejectedValueOnce(new CliqueError('storage-full'))
  await expect(anna.session.receiveRecords(anna.space, sealed, null)).rejects.toMatchObject({
    code: 'storage-full',
  })
  copyOf.mockRestore()
  const reception = await anna.session.receiveRecords(anna.space, sealed, null)
  expect(reception).toMatchObject({ accepted: 3, refused: [] })
})

test('what came from a mailbox is not in the outbox; what a mailbox shows again leaves it', async () => {
  expect(await unsent()).toHaveLength(1)
  await anna.session.receiveRecords(anna.space, await ben.records(), 'a relay')
  expect(await unsent()).toEqual([])
  await ben.says('next')
  await anna.session.receiveRecords(anna.space, await ben.records(), 'a relay')
  expect(await unsent()).toEqual([])
})

test('what a peer and a mailbox bring at the same moment is not in the outbox, whoever is first', async () => {
  for (const fromMailboxFirst of [true, false]) {
    await ben.says('both ways')
    const records = await ben.records()
    const ways = fromMailboxFirst ? ['a relay', null] : [null, 'a relay']
    await Promise.all(ways.map((way) => anna.session.receiveRecords(anna.space, records, way)))
    expect(await unsent()).toEqual([])
  }
})

test('what waits and is then shown by a mailbox is not in the outbox when it comes out', async () => {
  await anna.session.receiveRecords(anna.space, await ben.records(), 'a relay')
  for (const text of ['one', 'two']) await ben.says(text)
  const [, one, two] = await ben.records()
  if (!one || !two) throw new Error('two records')
  await anna.session.receiveRecords(anna.space, [two], null)
  await anna.session.receiveRecords(anna.space, [two], 'a relay')
  await anna.session.receiveRecords(anna.space, [one], 'a relay')
  expect(await anna.sees()).toEqual(['Ben: before', 'Ben: one', 'Ben: two'])
  expect(await unsent()).toEqual([])
})

test('a long catch-up leaves the page time between its batches', async () => {
  const count = 300
  const sealed = await forgeChain(ben, count)
  let turns = 0
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = () => {
    turns++
    port2.postMessage(null)
  }
  port2.postMessage(null)
  const reception = await anna.session.receiveRecords(anna.space, sealed, null)
  port1.close()
  expect(reception).toMatchObject({ accepted: count, refused: [] })
  expect(turns).toBeGreaterThan(count / 64)
})
