import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { allChunkIdsOf } from '../documents/attached-file.ts'
import { TestMember } from '../documents/testing/members.ts'
import { drawPicture } from '../media/testing/pictures.ts'
import { markUploaded } from '../storage/chunk-uploads.ts'
import { addUploads } from '../storage/testing/add-uploads.ts'
import { heldChunks } from '../storage/chunks.ts'
import { markRelayed } from '../storage/records.ts'
import { readList } from '../storage/snapshots.ts'
import { fillDisk } from '../storage/testing/full-disk.ts'
import { Chats } from './chats.svelte.ts'
import type { ChatRow } from './chats-view.ts'
import { Conversation } from './conversation.svelte.ts'

/** A machine under load is slow; what is waited for comes all the same. */
const soon = { timeout: 20_000 }

let anna: TestMember
let ben: TestMember
const open: { close(): void }[] = []
const faults: unknown[] = []
const onFault = (error: unknown) => faults.push(error)

beforeEach(async () => {
  anna = await TestMember.founder('Anna')
  ben = await anna.invites('Ben')
  await ben.tells(anna)
})
afterEach(async () => {
  for (const view of open.splice(0)) view.close()
  await anna.leaves()
  await ben.leaves()
  expect(faults.splice(0)).toEqual([])
})

function openConversation(member: TestMember, session = () => Promise.resolve(member.session)): Conversation {
  const { store, space } = member
  const view = new Conversation({
    store,
    clique: member.session.clique,
    space,
    session,
    fetching: () => null,
    onFault,
  })
  open.push(view)
  return view
}

function chatsOf({ store, session }: TestMember, opened = Promise.resolve(session)): Chats {
  return new Chats({ store, clique: session.clique, session: () => opened, onFault })
}

const texts = (view: Conversation) => view.rows.map(({ authorName, text }) => `${authorName}: ${text}`)

test('a message is there when say resolves, then goes from queued to relay to delivered', async () => {
  const view = openConversation(anna)
  await view.say('hi')
  expect(texts(view)).toEqual(['Anna: hi'])
  expect(view.rows[0]).toMatchObject({ mine: true, clockOff: false, state: { kind: 'queued' } })
  const { place } = await anna.session.documents(anna.space)
  const { device, clique } = anna.session
  await markRelayed(anna.store, clique, place, 'a relay', [{ device, sequence: 1 }])
  await vi.waitUntil(() => view.rows[0]?.state.kind === 'on-relay', soon)
  await anna.tells(ben)
  await anna.session.noteVector(anna.space, ben.session.device, await ben.session.vector(anna.space))
  await vi.waitUntil(() => view.rows[0]?.state.kind === 'delivered', soon)
  expect(view.rows[0]?.state).toEqual({ kind: 'delivered', to: 1, of: 1 })
})

test('what comes from others appears by itself', async () => {
  const view = openConversation(anna)
  await ben.says('hello')
  await ben.tells(anna)
  await vi.waitUntil(() => view.rows.length > 0, soon)
  expect(texts(view)).toEqual(['Ben: hello'])
  expect(view.rows[0]?.mine).toBe(false)
})

test('a conversation is painted as it was before the clique is open', async () => {
  const first = openConversation(anna)
  await first.say('seen before')
  await vi.waitUntil(() => first.ready, soon)
  first.close()
  const { promise, resolve } = Promise.withResolvers<typeof anna.session>()
  const second = openConversation(anna, () => promise)
  await vi.waitUntil(() => second.ready, soon)
  expect(texts(second)).toEqual(['Anna: seen before'])
  await ben.says('new')
  await ben.tells(anna)
  resolve(anna.session)
  await vi.waitUntil(() => second.rows.length === 2, soon)
})

test('a text that cannot be sent stays with its writer', async () => {
  const view = openConversation(anna)
  const long = 'x'.repeat(view.maxLength + 1)
  await view.saveDraft(long)
  await expect(view.say(long)).rejects.toMatchObject({ code: 'message-too-long' })
  expect(view.draft).toBe(long)
  await view.saveDraft('short')
  await view.say('short')
  expect(view.draft).toBe('')
})

test('a message that was kept is not given back because its view could not be', async () => {
  fillDisk(anna.store, 'views')
  const view = openConversation(anna)
  await view.say('kept')
  expect(texts(view)).toEqual(['Anna: kept'])
  expect(faults.splice(0)).toMatchObject([{ code: 'storage-full' }])
  await view.say('and on')
  expect(texts(view)).toEqual(['Anna: kept', 'Anna: and on'])
})

test('the list of chats follows the draft, and forgets it once it is sent', async () => {
  const chats = chatsOf(anna)
  open.push(chats)
  await vi.waitUntil(() => chats.ready, soon)
  const view = openConversation(anna)
  await view.saveDraft('half a sen')
  await vi.waitUntil(() => chats.rows[0]?.draft.text === 'half a sen', soon)
  await view.say('half a sen')
  await vi.waitUntil(
    () => chats.rows[0]?.draft.text === '' && chats.rows[0].last?.text === 'half a sen',
    soon,
  )
})

test('the list of chats is painted as it was, with the names that were given, before the clique is open', async () => {
  const first = chatsOf(anna)
  open.push(first)
  await vi.waitUntil(() => first.ready, soon)
  await anna.session.name(anna.space, 'Trip')
  await anna.says('who comes?')
  await vi.waitUntil(() => first.rows[0]?.title === 'Trip' && first.rows[0].last !== null, soon)
  const kept = () => readList<ChatRow[]>(anna.store, anna.session.clique)
  await expect.poll(async () => (await kept())?.[0]?.last?.text, soon).toBe('who comes?')
  const second = chatsOf(anna, new Promise(() => undefined))
  open.push(second)
  await vi.waitUntil(() => second.rows.length > 0, soon)
  expect(second.ready).toBe(false)
  expect(second.rows).toMatchObject([{ title: 'Trip', isOwn: true, last: { text: 'who comes?' } }])
})

test('a draft is there again', async () => {
  await openConversation(anna).saveDraft('half a sen')
  const again = openConversation(anna)
  await vi.waitUntil(() => again.draft !== '', soon)
  expect(again.draft).toBe('half a sen')
})

test('the line of what is unread stands where reading ended', async () => {
  const first = openConversation(anna)
  await ben.says('one')
  await ben.tells(anna)
  await vi.waitUntil(() => first.rows.length === 1, soon)
  await first.markRead()
  first.close()
  await ben.says('two')
  await ben.tells(anna)
  const chats = chatsOf(anna)
  open.push(chats)
  await vi.waitUntil(() => chats.ready, soon)
  expect(chats.rows).toMatchObject([{ space: anna.space, title: '', unread: 1, last: { text: 'two' } }])
  const second = openConversation(anna)
  await vi.waitUntil(() => second.unreadFrom !== null, soon)
  expect(second.rows.find(({ key }) => key === second.unreadFrom)?.text).toBe('two')
  await second.markRead()
  await vi.waitUntil(() => chats.unread === 0, soon)
})

const isReady = (view: Conversation, count: number) => () =>
  view.tray?.items.filter(({ state }) => state.kind === 'ready').length === count

test('photos and a caption are one message, with its files held here', async () => {
  const view = openConversation(anna)
  await view.attach([await drawPicture('lake.jpg'), await drawPicture('hill.png', { type: 'image/png' })])
  await vi.waitUntil(isReady(view, 2), { timeout: 20_000 })
  await view.saveDraft('From the lake')
  await view.say('From the lake')
  expect(view.tray?.items).toEqual([])
  expect(view.draft).toBe('')
  const [row] = view.rows
  expect(row?.files.map(({ name }) => name)).toEqual(['lake.jpg', 'hill.png'])
  const ids = allChunkIdsOf(row?.files ?? [])
  expect(await heldChunks(anna.store, anna.session.clique, ids)).toEqual(new Set(ids))
  await vi.waitUntil(() => view.shelf !== null, soon)
  await anna.tells(ben)
  const other = openConversation(ben)
  await vi.waitUntil(() => other.rows.length === 1, soon)
  expect(other.rows[0]).toMatchObject({ text: 'From the lake', files: row?.files })
})

test('a photo without words is a message, and nothing at all is none', async () => {
  const view = openConversation(anna)
  await expect(view.say('')).rejects.toMatchObject({ code: 'message-empty' })
  await view.attach([await drawPicture('lake.jpg')])
  await vi.waitUntil(isReady(view, 1), { timeout: 20_000 })
  await view.say('')
  expect(view.rows).toMatchObject([{ text: '', files: [{ name: 'lake.jpg' }] }])
  const chats = chatsOf(anna)
  open.push(chats)
  await vi.waitUntil(() => chats.ready, soon)
  expect(chats.rows).toMatchObject([{ last: { text: '', files: [{ name: 'lake.jpg' }] } }])
})

test('a message with files is queued until they are at the relay too', async () => {
  const view = openConversation(anna)
  await view.attach([new File(['la'], 'notes.txt')])
  await vi.waitUntil(isReady(view, 1), { timeout: 20_000 })
  await view.say('')
  const { device, clique } = anna.session
  const chunks = allChunkIdsOf(view.rows[0]?.files ?? [])
  const uploads = chunks.map((chunk) => ({ space: anna.space, chunk }))
  await addUploads(anna.store, clique, 'relay', uploads)
  const other = openConversation(anna)
  const { place } = await anna.session.documents(anna.space)
  await markRelayed(anna.store, clique, place, 'relay', [{ device, sequence: 1 }])
  await vi.waitUntil(() => other.rows[0]?.state.kind === 'queued', soon)
  await markUploaded(anna.store, clique, 'relay', chunks)
  await vi.waitUntil(() => other.rows[0]?.state.kind === 'on-relay', soon)
})

test('files of a draft are there again, and typing before they are read loses none', async () => {
  const view = openConversation(anna)
  await view.attach([await drawPicture('lake.jpg')])
  await vi.waitUntil(isReady(view, 1), { timeout: 20_000 })
  await view.saveDraft('half a sen')
  view.close()
  const again = openConversation(anna)
  await again.saveDraft('half a sentence')
  await vi.waitUntil(isReady(again, 1), soon)
  again.close()
  const third = openConversation(anna)
  await vi.waitUntil(isReady(third, 1), soon)
  expect(third.draft).toBe('half a sentence')
  await third.say('whole')
  expect(third.rows).toMatchObject([{ text: 'whole', files: [{ name: 'lake.jpg' }] }])
})

test('a file that is being made ready when the conversation is left is in its draft afterwards', async () => {
  const view = openConversation(anna)
  await view.attach([await drawPicture('lake.jpg', { width: 3000, height: 2000 })])
  expect(view.tray?.isPreparing).toBe(true)
  view.close()
  const again = openConversation(anna)
  await vi.waitUntil(isReady(again, 1), { timeout: 20_000 })
  expect(again.tray?.items).toMatchObject([{ name: 'lake.jpg' }])
})

test('files that could not be sent are back in the tray', async () => {
  const view = openConversation(anna)
  await view.attach([await drawPicture('lake.jpg')])
  await vi.waitUntil(isReady(view, 1), { timeout: 20_000 })
  await expect(view.say('x'.repeat(view.maxLength + 1))).rejects.toMatchObject({ code: 'message-too-long' })
  expect(isReady(view, 1)()).toBe(true)
  await view.say('short')
  expect(view.rows).toMatchObject([{ text: 'short', files: [{ name: 'lake.jpg' }] }])
})
