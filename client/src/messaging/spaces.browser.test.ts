import { systemRandom } from '@clique/crypto'
import type { SpaceId } from '@clique/crypto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { TestMember } from '../documents/testing/members.ts'
import { LiveRoster } from '../security/live-roster.svelte.ts'
import { factsOf, SignerCache } from '../sync/roster-facts.ts'
import { Chats } from './chats.svelte.ts'
import { Spaces } from './spaces.svelte.ts'

const soon = { timeout: 20_000 }

/** What a member's screens are built on. */
class Screens {
  readonly member: TestMember
  readonly spaces: Spaces
  readonly chats: Chats
  readonly #roster = new LiveRoster()
  #isClosed = false

  constructor(member: TestMember) {
    const { session } = member
    this.member = member
    this.#roster.follow({
      get log() {
        return session.log
      },
      onRoster: (listener) => session.onChange(({ kind }) => kind === 'roster' && listener()),
    })
    this.chats = new Chats({
      store: session.store,
      clique: session.clique,
      session: () => Promise.resolve(session),
      onFault: (error) => {
        if (!this.#isClosed) throw error
      },
    })
    const titleOf = (space: SpaceId) => this.chats.rows.find((row) => row.space === space)?.title
    this.spaces = new Spaces(session, this.#roster, systemRandom, titleOf, () => session.end !== null)
  }

  async rows(): Promise<{ title: string; who: string[] | null; unread: number; isIn: boolean }[]> {
    await this.chats.update()
    return this.chats.rows.map(({ title, members, unread, isIn }) => ({
      title,
      who: members?.map(({ name }) => name) ?? null,
      unread,
      isIn,
    }))
  }

  mailboxes(): SpaceId[] {
    const { session } = this.member
    return factsOf(session.log, session.device, new SignerCache()).contents.map(({ space }) => space)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.chats.close()
    this.#roster.close()
    await this.member.leaves()
  }
}

let anna: Screens
let ben: Screens
let carl: Screens

beforeEach(async () => {
  const founder = await TestMember.founder('Anna')
  const others: TestMember[] = []
  for (const name of ['Ben', 'Carl']) {
    const one = await founder.invites(name)
    await one.tells(founder)
    others.push(one)
  }
  await founder.session.rotate()
  ;[anna, ben, carl] = [founder, ...others].map((member) => new Screens(member)) as [
    Screens,
    Screens,
    Screens,
  ]
  await meet()
})
afterEach(async () => {
  for (const screens of [anna, ben, carl]) await screens.close()
})

async function meet(...spaces: SpaceId[]): Promise<void> {
  for (const space of [anna.member.space, ...spaces]) {
    for (const other of [ben, carl]) {
      await other.member.tells(anna.member, space)
      await anna.member.tells(other.member, space)
    }
  }
}

const everybodys = { title: '', who: null, unread: 0, isIn: true }

test('[SPA7] of a conversation of others there is no row, no name, no count and no mailbox', async () => {
  const space = await anna.spaces.create({ title: ' Surprise ', members: [ben.member.session.member] })
  await anna.member.says('the cake is hidden', space)
  await meet(space)
  const rows = [{ title: 'Surprise', who: ['Ben', 'Anna'], unread: 0, isIn: true }, everybodys]
  expect(await anna.rows()).toEqual(rows)
  expect(await ben.rows()).toEqual([{ ...rows[0], who: ['Anna', 'Ben'], unread: 1 }, everybodys])
  expect(ben.chats.unread).toBe(1)
  expect(await carl.rows()).toEqual([everybodys])
  expect(carl.chats.unread).toBe(0)
  expect(carl.spaces.audience(space)).toBeNull()
  expect(anna.mailboxes()).toContain(space)
  expect(carl.mailboxes()).not.toContain(space)
  const { state } = carl.member.session.log
  expect(JSON.stringify([...state.spaces.values()])).not.toContain('Surprise')
})

test('whoever is taken out keeps the row of what they had, and nobody stays who is not shown', async () => {
  const members = [ben, carl].map(({ member }) => member.session.member)
  const space = await anna.spaces.create({ title: 'Walks', members })
  await meet(space)
  const view = anna.spaces.audience(space)
  expect(view?.members.map(({ name, me }) => [name, me])).toEqual([
    ['Ben', false],
    ['Carl', false],
    ['Anna', true],
  ])
  expect(view?.others).toEqual([])
  expect(carl.spaces.audience(space)).toMatchObject({ mayChange: false, mayLeave: true, isIn: true })
  await view?.remove(ben.member.session.member)
  expect(view?.members.map(({ name }) => name)).toEqual(['Carl', 'Anna'])
  expect(view?.others.map(({ name }) => name)).toEqual(['Ben'])
  await meet(space)
  expect(ben.spaces.audience(space)).toMatchObject({ title: 'Walks', isIn: false, mayLeave: false })
  await vi.waitUntil(() => ben.chats.rows.some(({ isIn }) => !isIn), soon)
  await view?.add([ben.member.session.member])
  await meet(space)
  expect(ben.spaces.audience(space)).toMatchObject({ isIn: true })
  await carl.spaces.audience(space)?.leave()
  await meet(space)
  expect(view?.members.map(({ name }) => name)).toEqual(['Ben', 'Anna'])
})

test('[FGT1] [FGT2] what was deleted of a conversation that one is out of has no row, in any tab, until one is let in again', async () => {
  const { session } = ben.member
  const space = await anna.spaces.create({ title: 'Walks', members: [session.member] })
  await anna.member.says('on Sunday', space)
  await meet(space)
  const view = ben.spaces.audience(space)
  expect(view?.mayForget).toBe(false)
  expect(ben.spaces.audience(ben.member.space)?.mayForget).toBe(false)
  await expect(view?.forget()).rejects.toMatchObject({ code: 'not-allowed' })
  await anna.spaces.audience(space)?.remove(session.member)
  await meet(space)
  expect(await ben.rows()).toContainEqual({ title: 'Walks', who: ['Anna'], unread: 1, isIn: false })
  const opened = await ben.member.tab()
  const tab = new Chats({
    store: opened.store,
    clique: opened.clique,
    session: () => Promise.resolve(opened),
    onFault: (error) => {
      throw error
    },
  })
  await vi.waitUntil(() => tab.ready && tab.rows.length === 2, soon)
  expect(view?.mayForget).toBe(true)
  await view?.forget()
  expect(await ben.rows()).toEqual([everybodys])
  await vi.waitUntil(() => tab.rows.length === 1, soon)
  tab.close()
  await anna.spaces.audience(space)?.add([session.member])
  await meet(space)
  await vi.waitUntil(() => ben.chats.rows.some(({ last }) => last?.text === 'on Sunday'), soon)
})

test('a conversation of everybody is everybody’s, and a name has letters', async () => {
  await expect(ben.spaces.create({ title: '  ', members: 'everyone' })).rejects.toMatchObject({
    code: 'name-invalid',
  })
  const space = await ben.spaces.create({ title: 'Recipes', members: 'everyone' })
  await meet(space)
  expect(await carl.rows()).toContainEqual({ title: 'Recipes', who: null, unread: 0, isIn: true })
  expect(carl.spaces.audience(space)).toMatchObject({ isEveryone: true, mayChange: false, mayLeave: false })
})

test('whoever is in a conversation names it, and the row and its page say so at once, for all who are in', async () => {
  const members = [ben.member.session.member]
  const space = await anna.spaces.create({ title: 'Surprise', members })
  await meet(space)
  const [annas, bens] = [anna, ben].map(({ spaces }) => spaces.audience(space))
  expect(bens).toMatchObject({ title: 'Surprise', mayName: true, mayChange: false })
  for (const wrong of ['', '  ', 'x'.repeat(65)]) {
    await expect(bens?.name(wrong)).rejects.toMatchObject({ code: 'name-invalid' })
  }
  await bens?.name('  The cake ')
  await ben.rows()
  expect(bens?.title).toBe('The cake')
  await meet(space)
  expect(await anna.rows()).toContainEqual({ title: 'The cake', who: ['Ben', 'Anna'], unread: 0, isIn: true })
  expect(annas?.title).toBe('The cake')
  // The same name again is nothing new.
  const before = await anna.member.records(space)
  await annas?.name('The cake')
  expect(await anna.member.records(space)).toEqual(before)
  // Ben is taken out: what it is called from then on is not for him.
  await annas?.remove(ben.member.session.member)
  await annas?.name('Without Ben')
  await meet(space)
  await anna.rows()
  expect(annas?.title).toBe('Without Ben')
  expect(await ben.rows()).toContainEqual({ title: 'The cake', who: ['Anna'], unread: 0, isIn: false })
  expect(bens).toMatchObject({ title: 'The cake', mayName: false })
  await expect(bens?.name('Mine')).rejects.toMatchObject({ code: 'not-allowed' })
})

test('the conversation of all carries the clique’s name until somebody gives it another', async () => {
  const { space } = carl.member
  expect(carl.spaces.audience(space)).toMatchObject({ title: '', isEveryone: true, mayName: true })
  await carl.spaces.audience(space)?.name('Kitchen')
  await meet()
  await meet()
  for (const one of [anna, ben, carl]) {
    expect(await one.rows()).toEqual([{ ...everybodys, title: 'Kitchen' }])
    expect(one.spaces.audience(space)?.title).toBe('Kitchen')
  }
})
