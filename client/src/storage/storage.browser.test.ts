import { CliqueError, generateSigner, systemRandom, toHex } from '@clique/crypto'
import type { CliqueId, DeviceId, KeyId, MailboxId, MemberId, RecordId, SpaceId } from '@clique/crypto'
import { Dexie } from 'dexie'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { readClique, readCliques, readSecret } from './cliques.ts'
import { saveNewClique } from './new-clique.ts'
import { readSigner } from './signer.ts'
import { readDraft, saveDraft } from './drafts.ts'
import {
  markItemsRelayed,
  readItems,
  readItemsById,
  readKeyring,
  readUnrelayedItems,
  saveItems,
} from './items.ts'
import { readMailboxMarks, readVectors, saveMailboxMark, saveVector } from './peers.ts'
import { placeOf } from './place.ts'
import { readHeldByRelay } from './at-relay.ts'
import { appendRecords, markRelayed, readChain, readHeads, readLacking, readRecordsAfter } from './records.ts'
import { readUnrelayedSequences } from './unsent.ts'
import type { NewRecord } from './records.ts'
import { readNewestDocuments, readSnapshot, saveSnapshot } from './snapshots.ts'
import { deleteStore, guarded, openStore } from './store.ts'
import type { Store } from './store.ts'
import { fillDisk } from './testing/full-disk.ts'
import {
  addWaiting,
  maxWaiting,
  maxWaitingBytes,
  maxWaitingBytesOfAuthor,
  maxWaitingOfAuthor,
  readWaiting,
  removeWaiting,
} from './waiting.ts'
import type { Waiting } from './waiting.ts'

/** A machine under load is slow; what is waited for comes all the same. */
const soon = { timeout: 20_000 }

const id = (bytes: number) => toHex(systemRandom(bytes))
const clique = id(32) as CliqueId
const space = id(16) as SpaceId
const anna = id(32) as DeviceId
const place = placeOf(clique, space)

let name: string
let store: Store
beforeEach(async () => {
  name = `test-${id(8)}`
  store = await openStore(name)
})
afterEach(async () => {
  store.close()
  await deleteStore(name)
})

function makeRecord(sequence: number, document = 'talk/0'): NewRecord {
  return {
    device: anna,
    sequence,
    id: id(32) as RecordId,
    document,
    keyId: id(16) as KeyId,
    bytes: systemRandom(64),
    relays: [],
    receivedAt: 1_000 + sequence,
  }
}

const growth = (newest: number, entries = 1, document = 'talk/0') => [{ document, newest, entries }]

test('records, chain head and document mark are one commit', async () => {
  const expected = [{ device: anna, sequence: null }]
  const append = () =>
    appendRecords(store, clique, place, [makeRecord(1), makeRecord(2)], expected, growth(7, 2))
  // Whatever of it fails, nothing stays of what was written before that.
  for (const table of ['records', 'heads', 'documents'] as const) {
    fillDisk(store, table)
    await expect(append()).rejects.toMatchObject({ code: 'storage-full' })
    expect(await readRecordsAfter(store, place, 0)).toEqual([])
    expect(await readHeads(store, place)).toEqual([])
    expect(await readNewestDocuments(store, place, 5)).toEqual([])
    expect(await store.db.outbox.count()).toBe(0)
  }
  await append()
  expect(await readHeads(store, place)).toMatchObject([{ device: anna, sequence: 2 }])
  const [row] = await readNewestDocuments(store, place, 5)
  expect(row).toMatchObject({ document: 'talk/0', newest: 7, count: 2 })
  expect((await readRecordsAfter(store, place, 0)).at(-1)?.order).toBe(row?.mark)
})

test('a chain that moved meanwhile refuses the whole commit', async () => {
  await appendRecords(store, clique, place, [makeRecord(1)], [{ device: anna, sequence: null }], growth(1))
  const stale = appendRecords(
    store,
    clique,
    place,
    [makeRecord(1)],
    [{ device: anna, sequence: null }],
    growth(9),
  )
  await expect(stale).rejects.toMatchObject({ code: 'chain-head-moved' })
  expect(await readRecordsAfter(store, place, 0)).toHaveLength(1)
  expect((await readNewestDocuments(store, place, 1))[0]?.newest).toBe(1)
})

test('one sequence number of a device is stored once, whatever the head says', async () => {
  const expected = [{ device: anna, sequence: null }]
  const twice = appendRecords(store, clique, place, [makeRecord(1), makeRecord(1)], expected, growth(1))
  await expect(twice).rejects.toMatchObject({ code: 'storage-failed' })
  expect(await readRecordsAfter(store, place, 0)).toEqual([])
  expect(await readHeads(store, place)).toEqual([])
})

test('records are read by mark, by chain and by what no relay has', async () => {
  const records = [1, 2, 3, 4].map((n) => makeRecord(n, `talk/${n % 2}`))
  await appendRecords(
    store,
    clique,
    place,
    records,
    [{ device: anna, sequence: null }],
    [...growth(3, 2, 'talk/1'), ...growth(4, 2, 'talk/0')],
  )
  const all = await readRecordsAfter(store, place, 0)
  expect((await readRecordsAfter(store, place, all[1]?.order ?? 0)).map((row) => row.sequence)).toEqual([
    3, 4,
  ])
  expect((await readChain(store, place, anna, 1, 2)).map((row) => row.sequence)).toEqual([2, 3])
  expect((await readNewestDocuments(store, place, 2)).map((row) => row.document)).toEqual([
    'talk/0',
    'talk/1',
  ])
  await markRelayed(store, clique, place, 'a relay', [
    { device: anna, sequence: 1 },
    { device: anna, sequence: 3 },
    { device: anna, sequence: 99 },
  ])
  const lacking = await readLacking(store, place, 'a relay', anna, 10)
  expect(lacking.map((row) => row.sequence)).toEqual([2, 4])
  expect(await readUnrelayedSequences(store, place, anna)).toEqual(new Set([2, 4]))
})

test('an older snapshot does not replace a newer one', async () => {
  await saveSnapshot(store, place, 'talk/0', 9, Uint8Array.of(9))
  await saveSnapshot(store, place, 'talk/0', 4, Uint8Array.of(4))
  expect(await readSnapshot(store, place, 'talk/0')).toEqual({ mark: 9, state: Uint8Array.of(9) })
})

test('a late old vector takes nothing back', async () => {
  await saveVector(store, clique, place, anna, { x: 5, y: 1 })
  await saveVector(store, clique, place, anna, { x: 3, y: 2 })
  expect(await readVectors(store, place)).toEqual(new Map([[anna, { x: 5, y: 2 }]]))
})

test('a new clique is there whole: profile, keys, items and keyring', async () => {
  const signer = await generateSigner()
  const profile = {
    clique,
    member: id(32) as never,
    device: toHex(signer.publicKey) as DeviceId,
    peer: '12D3',
    name: 'Marmots',
    accent: 'teal',
    relays: [],
    conversation: space,
    since: 5,
    registration: null,
    ownsRelay: false,
  }
  await saveNewClique(store, {
    profile,
    signer: signer.secret,
    secrets: { kem: Uint8Array.of(1, 2), net: Uint8Array.of(3) },
    items: [{ id: 'op1', bytes: Uint8Array.of(8) }],
    keyring: Uint8Array.of(7),
  })
  expect(await readCliques(store)).toEqual([profile])
  expect(await readSecret(store, clique, 'kem')).toEqual(Uint8Array.of(1, 2))
  expect(await readSecret(store, clique, 'admin')).toBeNull()
  expect(await readKeyring(store, clique)).toEqual(Uint8Array.of(7))
  expect((await readItems(store, clique)).items).toEqual([{ id: 'op1', bytes: Uint8Array.of(8) }])
  const again = await readSigner(store, clique)
  expect(again.publicKey).toEqual(signer.publicKey)
  expect(await again.sign(Uint8Array.of(1))).toEqual(await signer.sign(Uint8Array.of(1)))
})

test('an unknown clique is a coded error', async () => {
  await expect(readClique(store, clique)).rejects.toMatchObject({ code: 'clique-unknown' })
})

test('[OB1] a relay that has a record is remembered by itself, and one of them is enough to be sent', async () => {
  const lacking = async (relay: string, limit = 9) =>
    (await readLacking(store, place, relay, anna, limit)).map(({ sequence }) => sequence)
  const at = (...sequences: number[]) => sequences.map((sequence) => ({ device: anna, sequence }))
  const records = [1, 2, 3, 4, 5, 6].map((n) => makeRecord(n))
  await appendRecords(store, clique, place, records, [{ device: anna, sequence: null }], growth(6, 6))
  expect([await lacking('first', 2), await lacking('second')]).toEqual([
    [1, 2],
    [1, 2, 3, 4, 5, 6],
  ])
  await markRelayed(store, clique, place, 'first', at(1, 2, 3))
  expect(await readUnrelayedSequences(store, place, anna)).toEqual(new Set([4, 5, 6]))
  expect([await lacking('first'), await lacking('second', 2)]).toEqual([
    [4, 5, 6],
    [1, 2],
  ])
  // Out of order, with what is known twice; a gap is remembered and closed.
  await markRelayed(store, clique, place, 'second', at(5, 3, 1))
  expect(await lacking('second', 2)).toEqual([2, 4])
  await markRelayed(store, clique, place, 'second', at(2, 3))
  expect(await lacking('second')).toEqual([4, 6])
  await markRelayed(store, clique, place, 'second', at(4))
  expect(await lacking('second')).toEqual([6])
  expect(await store.db.aheadAtRelay.count()).toBe(0)
  expect(await readUnrelayedSequences(store, place, anna)).toEqual(new Set([6]))
})

test('[OB1] what comes out of a mailbox is at that relay, and at no other', async () => {
  const record = { ...makeRecord(1), relays: ['first'] }
  await appendRecords(store, clique, place, [record], [{ device: anna, sequence: null }], growth(1))
  expect(await readUnrelayedSequences(store, place, anna)).toEqual(new Set())
  expect(await readLacking(store, place, 'first', anna, 9)).toEqual([])
  expect(await readLacking(store, place, 'second', anna, 9)).toHaveLength(1)
})

test('[OB9] a chain of which the beginning is for others alone leaves nothing to be remembered one by one', async () => {
  const heldAt = async () => [
    (await readHeldByRelay(store, place, 'first'))[anna],
    await store.db.aheadAtRelay.count(),
  ]
  const fresh = [51, 52, 53, 60, 61].map((n) => ({ ...makeRecord(n), relays: n === 60 ? [] : ['first'] }))
  await appendRecords(store, clique, place, fresh, [{ device: anna, sequence: null }], growth(61, 5))
  expect(await heldAt()).toEqual([53, 1])
  await markRelayed(store, clique, place, 'first', [{ device: anna, sequence: 60 }])
  expect(await heldAt()).toEqual([61, 0])
  expect(await readLacking(store, place, 'second', anna, 2)).toMatchObject([
    { sequence: 51 },
    { sequence: 52 },
  ])
})

test('[OB2] an item is kept once, and each relay that has it is remembered', async () => {
  const [one, two] = [
    { id: 'op1', bytes: Uint8Array.of(1) },
    { id: 'op0', bytes: Uint8Array.of(2) },
  ]
  await saveItems(store, clique, [one], Uint8Array.of(1))
  expect(await readUnrelayedItems(store, clique, 'first')).toEqual(['op1'])
  await saveItems(store, clique, [one, two], Uint8Array.of(2), {
    atRelays: new Map([['first', ['op1', 'op0']]]),
  })
  expect(await readUnrelayedItems(store, clique, 'first')).toEqual([])
  const lacking = await readUnrelayedItems(store, clique, 'second')
  // In the order in which they came here.
  expect(await readItemsById(store, clique, lacking, 9)).toEqual([one, two])
  expect(await readItemsById(store, clique, lacking, 1)).toEqual([one])
  await markItemsRelayed(store, clique, 'second', ['op1'])
  expect(await readUnrelayedItems(store, clique, 'second')).toEqual(['op0'])
  expect((await readItems(store, clique)).items.map((row) => row.id)).toEqual(['op1', 'op0'])
})

test('two tabs that start at once have one vault key', async () => {
  const other = `test-${id(8)}`
  const [a, b] = await Promise.all([openStore(other), openStore(other)])
  const draft = { text: 'half a sentence', files: [{ name: 'lake.jpg' }] }
  await saveDraft(a, place, draft)
  expect(await readDraft(b, place)).toEqual(draft)
  await saveDraft(b, place, { text: '', files: [] })
  expect(await readDraft(a, place)).toEqual({ text: '', files: [] })
  a.close()
  b.close()
  await deleteStore(other)
})

const waitingFrom = (author: MemberId | null, count: number, size = 1): Waiting[] =>
  Array.from({ length: count }, (_, n) => ({
    id: `${author} ${n}`,
    bytes: new Uint8Array(size),
    relays: [],
    author,
  }))

test('what waits is kept once and within a bound', async () => {
  const waiting = waitingFrom(null, maxWaiting + 3)
  expect(await addWaiting(store, place, waiting.slice(0, 2))).toEqual([])
  expect(await addWaiting(store, place, waiting)).toHaveLength(3)
  await removeWaiting(store, place, ['null 0'])
  expect(await readWaiting(store, place)).toHaveLength(maxWaiting - 1)
})

test('[WT1] each member has room to wait that nobody else can take', async () => {
  const [mallory, ben] = [id(32) as MemberId, id(32) as MemberId]
  expect(await addWaiting(store, place, waitingFrom(mallory, maxWaitingOfAuthor + 5))).toHaveLength(5)
  // What cannot be opened takes a pot of its own, and leaves the shares alone.
  expect(await addWaiting(store, place, waitingFrom(null, maxWaiting + 1))).toEqual([`null ${maxWaiting}`])
  expect(await addWaiting(store, place, waitingFrom(ben, maxWaitingOfAuthor))).toEqual([])
  expect(await readWaiting(store, place)).toHaveLength(maxWaiting + 2 * maxWaitingOfAuthor)
  await removeWaiting(store, place, [`${mallory} 0`])
  const late = waitingFrom(mallory, maxWaitingOfAuthor + 1).slice(-1)
  expect(await addWaiting(store, place, late)).toEqual([])
})

test('[WT2] the room to wait is bounded in bytes, for each member too', async () => {
  const mallory = id(32) as MemberId
  const size = maxWaitingBytesOfAuthor / 2
  const big = waitingFrom(mallory, 3, size)
  expect(await addWaiting(store, place, big)).toEqual([`${mallory} 2`])
  const fitting = maxWaitingBytes / size
  expect(await addWaiting(store, place, waitingFrom(null, fitting + 1, size))).toEqual([`null ${fitting}`])
})

test('a cursor is 0 until it is saved', async () => {
  const mailbox = id(32) as MailboxId
  expect(await readMailboxMarks(store, clique, 'one relay')).toEqual(new Map())
  await saveMailboxMark(store, clique, 'one relay', mailbox, { cursor: 42, settledAt: null })
  await saveMailboxMark(store, clique, 'another', mailbox, { cursor: 7, settledAt: 1_000 })
  expect(await readMailboxMarks(store, clique, 'one relay')).toEqual(
    new Map([[mailbox, { cursor: 42, settledAt: null }]]),
  )
})

test('a full disk is storage-full, bare or inside an abort; other faults are storage-failed', async () => {
  const quota = new Dexie.QuotaExceededError('full')
  await expect(guarded(Promise.reject(quota))).rejects.toMatchObject({ code: 'storage-full' })
  const abort = Object.assign(new Error('aborted'), { name: 'AbortError', inner: quota })
  await expect(guarded(Promise.reject(abort))).rejects.toMatchObject({ code: 'storage-full' })
  const own = new CliqueError('chain-head-moved')
  await expect(guarded(Promise.reject(own))).rejects.toBe(own)
  store.close()
  await expect(readHeads(store, place)).rejects.toMatchObject({ code: 'storage-failed' })
})

test('nothing that a person wrote or is called can be read at rest', async () => {
  await saveDraft(store, place, { text: 'MARKER', files: [] })
  const rows = await store.db.drafts.toArray()
  expect(new TextDecoder().decode(rows[0]?.sealed)).not.toContain('MARKER')
})

test('a connection that a full disk ended is told as such, and is there again with the room', async () => {
  await saveDraft(store, place, { text: 'before', files: [] })
  // As Chromium does it: requests are told of the abort alone, the transaction has the reason.
  const reason = new DOMException(
    'Connection is closing because of: IO error: FILE_ERROR_NO_SPACE',
    'UnknownError',
  )
  const reasons = vi.spyOn(IDBTransaction.prototype, 'error', 'get').mockReturnValue(reason)
  const { put } = IDBObjectStore.prototype
  vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementationOnce(function (this: IDBObjectStore, value) {
    const request = put.call(this, value)
    this.transaction.abort()
    return request
  })
  await expect(saveDraft(store, place, { text: 'lost', files: [] })).rejects.toMatchObject({
    code: 'storage-full',
  })
  reasons.mockRestore()
  // The browser ends the connection, and says of a new one only that it cannot be.
  const opening = vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(() => {
    throw new DOMException('Internal error opening backing store', 'UnknownError')
  })
  store.db.backendDB().dispatchEvent(new Event('close'))
  await expect(readDraft(store, place)).rejects.toMatchObject({ code: 'storage-full' })
  expect(opening).toHaveBeenCalled()
  opening.mockRestore()
  await vi.waitUntil(() => !store.db.hasFailed(), soon)
  expect(await readDraft(store, place)).toEqual({ text: 'before', files: [] })
  await saveDraft(store, place, { text: 'after', files: [] })
  expect(await readDraft(store, place)).toEqual({ text: 'after', files: [] })
})
