import { removeMember, setRole, systemRandom as random } from '@clique/crypto'
import type { Role } from '@clique/crypto'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readItems } from '../storage/items.ts'
import { ConversationWindow } from './conversation-window.ts'
import type { FoldedMessage } from './conversation-fold.ts'
import { hideMessage, letStand, showMessage } from './moderate.ts'
import { TestMember } from './testing/members.ts'

let anna: TestMember
let ben: TestMember
let carla: TestMember
let everybody: TestMember[]

/** Anna founded it, Ben is a moderator, Carla and Dan are members; Dan has said something. */
beforeEach(async () => {
  anna = await TestMember.founder('Anna')
  ben = await anna.invites('Ben')
  await ben.tells(anna)
  carla = await anna.invites('Carla')
  await carla.tells(anna)
  everybody = [anna, ben, carla]
  await gives(anna, ben, 'moderator')
  await allMeet()
  await carla.says('rude words')
  await allMeet()
})
afterEach(async () => {
  for (const member of everybody.splice(0)) await member.leaves()
})

async function gives(by: TestMember, to: TestMember, role: Role): Promise<void> {
  await by.session.act((log, me) => setRole(log, me, to.session.member, role, { random }))
}

async function allMeet(): Promise<void> {
  for (const one of everybody) for (const other of everybody) if (one !== other) await one.tells(other)
}

async function messagesOf(member: TestMember): Promise<readonly FoldedMessage[]> {
  const window = new ConversationWindow(await member.session.documents(member.space))
  const { messages } = await window.read()
  window.close()
  return messages
}

async function find(member: TestMember, text: string): Promise<FoldedMessage> {
  const found = (await messagesOf(member)).find(({ entry }) => entry.text === text)
  if (found === undefined) throw new Error('no such message')
  return found
}

async function hides(member: TestMember, text: string): Promise<void> {
  await hideMessage(member.session, member.space, await find(member, text))
}

async function shows(member: TestMember, text: string): Promise<void> {
  await showMessage(member.session, member.space, await find(member, text))
}

/** What is hidden on somebody's screen, by whom. */
async function hiddenAt(member: TestMember): Promise<string[]> {
  const { state } = member.session.log
  return (await messagesOf(member))
    .filter(({ hides }) => hides.length > 0)
    .map(({ entry, hides }) => {
      const by = hides.map((hide) => state.members.get(hide.by)?.name)
      return `${entry.text} by ${by.join(' and ')}`
    })
}

async function allAgree(expected: string[]): Promise<void> {
  await allMeet()
  for (const member of everybody) expect(await hiddenAt(member), member.name).toEqual(expected)
}

test('[MOD1] a moderator hides a message for everybody and shows it again', async () => {
  await hides(ben, 'rude words')
  await allAgree(['rude words by Ben'])
  // It stays where it is, and what came in between too.
  await carla.says('but true')
  await shows(ben, 'rude words')
  await allAgree([])
  expect(await anna.sees()).toEqual(['Carla: rude words', 'Carla: but true'])
})

test('[MOD1] nobody hides a message who may not, and no device writes that it did', async () => {
  await anna.says('as the founder')
  await allMeet()
  await expect(hides(ben, 'as the founder')).rejects.toMatchObject({ code: 'not-allowed' })
  await expect(hides(carla, 'as the founder')).rejects.toMatchObject({ code: 'not-allowed' })
  await hides(anna, 'rude words')
  await allMeet()
  await expect(shows(ben, 'rude words')).rejects.toMatchObject({ code: 'not-allowed' })
  await allAgree(['rude words by Anna'])
})

test('[MOD3] who hides while another shows has the message hidden, whichever clock was ahead', async () => {
  await hides(ben, 'rude words')
  await allMeet()
  ben.clockError = -3_600_000
  await shows(anna, 'rude words')
  await hides(ben, 'rude words')
  await allAgree(['rude words by Ben'])
  await shows(anna, 'rude words')
  await allAgree([])
})

test('[MOD2] a role that is taken away ends what its holder hides apart, and lets stand what was there', async () => {
  await carla.says('more of it')
  await allMeet()
  await hides(ben, 'rude words')
  await allMeet()
  await letStand(anna.session, ben.session.member)
  await gives(anna, ben, 'member')
  // Ben has not heard of it.
  await hides(ben, 'more of it')
  expect(await hiddenAt(ben)).toHaveLength(2)
  await allAgree(['rude words by Ben'])
  await gives(anna, ben, 'moderator')
  await allAgree(['rude words by Ben', 'more of it by Ben'])
})

test('[MOD2] what somebody hid who is removed stays hidden, and nothing that they date back joins it', async () => {
  await carla.says('more of it')
  await allMeet()
  await hides(ben, 'rude words')
  await allMeet()
  await anna.session.act(async (log, me) =>
    removeMember(log, me, ben.session.member, {
      random,
      held: await anna.session.held(log.state),
      renewCapability: false,
      countersigns: [],
    }),
  )
  await hides(ben, 'more of it')
  await ben.tells(anna)
  await ben.tells(carla)
  await anna.tells(carla)
  for (const member of [anna, carla]) expect(await hiddenAt(member)).toEqual(['rude words by Ben'])
})

test('[MOD4] a message that is dated far ahead is hidden as well, and its chapter is looked for', async () => {
  carla.clockError = 400 * 24 * 60 * 60 * 1000
  await carla.says('from next year')
  carla.clockError = 0
  await allMeet()
  await hides(ben, 'from next year')
  await anna.says('today')
  await allAgree(['from next year by Ben'])
})

test('[MOD4] in whatever order roles and entries come, the same ones hide the same messages', async () => {
  const pieces: { kind: 'item' | 'record'; bytes: Uint8Array }[] = []
  const known = new Set<string>()
  const gather = async () => {
    for (const one of everybody) {
      const { items } = await readItems(one.store, one.session.clique)
      for (const { bytes } of items) add('item', bytes)
      for (const bytes of await one.records()) add('record', bytes)
    }
  }
  const add = (kind: 'item' | 'record', bytes: Uint8Array) => {
    const name = bytes.slice(0, 64).join()
    if (known.has(name)) return
    known.add(name)
    pieces.push({ kind, bytes })
  }
  const [first, second] = [await anna.invites('First'), await anna.invites('Second')]
  await first.tells(anna)
  await second.tells(anna)
  everybody.push(first, second)
  await allMeet()
  await gather()
  pieces.splice(0)
  await hides(ben, 'rude words')
  await carla.says('more of it')
  await carla.tells(ben)
  await hides(ben, 'more of it')
  await letStand(anna.session, ben.session.member)
  await gives(anna, ben, 'member')
  await carla.tells(anna)
  await hides(anna, 'more of it')
  await shows(ben, 'rude words')
  await gather()
  for (const observer of [first, second]) {
    const [shuffled = []] = fc.sample(fc.shuffledSubarray(pieces, { minLength: pieces.length }), 1)
    for (const { kind, bytes } of shuffled) {
      if (kind === 'item') await observer.session.receiveItems([bytes], null)
      else await observer.session.receiveRecords(observer.space, [bytes], null)
    }
  }
  await allMeet()
  // Ben's were not held by Anna when she took the role away, so neither his hides nor his show counts.
  for (const observer of everybody) expect(await hiddenAt(observer)).toEqual(['more of it by Anna'])
})
