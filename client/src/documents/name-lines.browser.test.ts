import { encodeSharedUpdate, removeMember, sendingKey, systemRandom as random } from '@clique/crypto'
import { afterEach, expect, test } from 'vitest'
import { chapterPrefix } from './chapter-name.ts'
import { compactOwn, leastCarried } from './compact-own.ts'
import { ConversationWindow, windowStep } from './conversation-window.ts'
import { readNameLines } from './name-lines.ts'
import { openContents } from './shared-contents.ts'
import { readShared } from './shared-records.ts'
import { forge } from './testing/forgery.ts'
import { TestMember } from './testing/members.ts'
import { encodeName } from './title-update.ts'
import { hears, rowsOf } from './testing/readers.ts'
import { heldBy } from './testing/shared-writers.ts'
import { titleName } from './title-name.ts'
import { readTitle } from './title.ts'

let everybody: TestMember[] = []
afterEach(async () => {
  for (const member of everybody) await member.leaves()
})

async function founds(history: 'full' | 'since-join' = 'full'): Promise<TestMember> {
  const anna = await TestMember.founder('Anna', history)
  everybody = [anna]
  return anna
}

async function lets(by: TestMember, name: string): Promise<TestMember> {
  const member = await by.invites(name)
  everybody.push(member)
  await meet()
  return member
}

async function meet(...members: TestMember[]): Promise<void> {
  const all = members.length > 0 ? members : everybody
  for (const from of [...all, ...all]) for (const to of all) if (to !== from) await from.tells(to)
}

const names = ({ session, space }: TestMember, title: string) => session.name(space, title)

/** The newest messages with the names among them, or all; of many messages the first and the last. */
async function reads({ session, space }: TestMember, isWhole = false): Promise<string[]> {
  const documents = await session.documents(space)
  const window = new ConversationWindow(documents)
  let { messages, hasOlder } = await window.read()
  while (isWhole && hasOlder) ({ messages, hasOlder } = await window.readOlder())
  window.close()
  const { state } = session.log
  const lines = await readNameLines(documents, messages, hasOlder)
  const at = (index: number) =>
    (lines.get(index) ?? []).map(({ device, title }) => {
      const by = state.members.get(state.devices.get(device)?.member ?? session.member)
      return `(${by?.name}: ${title})`
    })
  return [...messages.flatMap(({ entry }, i) => [...at(i), entry.text]), ...at(messages.length)]
}

async function allRead(expected: readonly string[], members = everybody): Promise<void> {
  for (const member of members) expect(await reads(member), member.name).toEqual(expected)
}

test('[LIN4] a name stands where it was given, above the first who knew of it, for everybody alike', async () => {
  const anna = await founds()
  const ben = await lets(anna, 'Ben')
  await anna.says('one')
  await meet()
  await names(anna, 'Plans')
  // He has not heard of it yet.
  await ben.says('two')
  await meet()
  await allRead(['one', 'two', '(Anna: Plans)'])
  await ben.says('three')
  await names(ben, 'Trip')
  await meet()
  await anna.says('four')
  await meet()
  await allRead(['one', 'two', '(Anna: Plans)', 'three', '(Ben: Trip)', 'four'])
})

test('[LIN4] nobody dates a name back, be it their own or another’s', async () => {
  const anna = await founds()
  const ben = await lets(anna, 'Ben')
  await anna.says('one')
  await meet()
  await ben.says('two')
  await ben.says('three')
  await meet()
  ben.clockError = anna.clockError = -400 * 24 * 60 * 60 * 1000
  await names(ben, 'Plans')
  await meet()
  await anna.says('I knew')
  await meet()
  for (const member of everybody) {
    const rows = await reads(member)
    expect(rows.indexOf('(Ben: Plans)'), rows.join()).toBeGreaterThan(rows.indexOf('three'))
  }
})

test('[LIN4] of names that were given apart all are told of, last the one that stayed, and one given again is none', async () => {
  const anna = await founds()
  const ben = await lets(anna, 'Ben')
  await anna.says('one')
  await meet()
  await names(anna, 'Lake')
  await names(ben, 'Hills')
  await meet()
  const stayed = await readTitle(await anna.session.documents(anna.space))
  const lines = ['(Anna: Lake)', '(Ben: Hills)']
  await allRead(['one', ...(stayed === 'Lake' ? lines.toReversed() : lines)])
  await names(ben, stayed ?? '')
  await meet()
  await allRead(['one', ...(stayed === 'Lake' ? lines.toReversed() : lines)])
})

test('[LIN4] nobody who names it late, and as if they had heard of no name, takes away what was told of before', async () => {
  const anna = await founds()
  const ben = await lets(anna, 'Ben')
  for (const title of ['Plans', 'Trip']) await names(anna, title)
  await meet()
  const nothing = openContents(heldBy([]))
  const payload = encodeSharedUpdate(encodeName(nothing, { title: 'Mine', isCarried: false }))
  nothing.doc.destroy()
  const { bytes } = await forge(ben, { document: 'title', payload })
  await hears(anna, [bytes], null)
  await anna.says('one')
  const stayed = await readTitle(await anna.session.documents(anna.space))
  const own = ['(Anna: Plans)', '(Anna: Trip)']
  const told = stayed === 'Mine' ? [...own, '(Ben: Mine)'] : ['(Ben: Mine)', ...own]
  expect((await reads(anna)).filter((row) => row !== 'one')).toEqual(told)
})

test('[LIN4] a name beyond the cut of somebody who was removed is told of no more', async () => {
  const anna = await founds()
  const [ben, carl] = [await lets(anna, 'Ben'), await lets(anna, 'Carl')]
  await names(ben, 'Plans')
  await ben.says('one')
  await meet()
  await names(ben, 'Trip')
  await ben.tells(carl)
  expect(await reads(carl)).toEqual(['(Ben: Plans)', 'one', '(Ben: Trip)'])
  const held = await anna.session.held(anna.session.log.state)
  await anna.session.act((log, me) => removeMember(log, me, ben.session.member, { random, held }))
  await anna.tells(carl)
  await allRead(['(Ben: Plans)', 'one'], [anna, carl])
})

test('[LIN4] what is older than the messages on screen comes with the older ones, and goes to its place', async () => {
  const anna = await founds()
  const ben = await lets(anna, 'Ben')
  await names(anna, 'Before')
  await anna.says('first')
  await names(anna, 'Early')
  await meet()
  const talk = Array.from({ length: windowStep + 10 }, (_, i) => `Ben ${i}`)
  for (const text of talk.slice(0, 40)) await ben.says(text)
  await meet()
  // She has said nothing that is on screen.
  await names(anna, 'Late')
  await meet()
  for (const text of talk.slice(40)) await ben.says(text)
  await meet()
  const whole = ['(Anna: Before)', 'first', '(Anna: Early)', ...talk.slice(0, 40), '(Anna: Late)']
  const later = [...talk.slice(10, 40), '(Anna: Late)', ...talk.slice(40)]
  for (const member of everybody) {
    expect(await reads(member), member.name).toEqual(later)
    expect(await reads(member, true), member.name).toEqual([...whole, ...talk.slice(40)])
  }
  // Nor does a name come down to the first of her own words that is on screen.
  for (const text of ['last', 'but one']) {
    await anna.says(text)
    await meet()
    await ben.says(`after ${text}`)
    await meet()
    later.push(text, `after ${text}`)
  }
  await allRead(later.slice(4))
  for (let i = 0; i < 30; i++) await ben.says(`more ${i}`)
  await meet()
  for (const member of everybody) {
    expect(
      (await reads(member)).filter((row) => row.startsWith('(')),
      member.name,
    ).toEqual([])
  }
})

test('[LIN4] names stand where they stood when records are carried in one', async () => {
  const anna = await founds()
  const ben = await lets(anna, 'Ben')
  await names(anna, 'Plans')
  await meet()
  for (let i = 0; i < leastCarried / 2; i++) await ben.says(`Ben ${i}`)
  await anna.says('between')
  await names(anna, 'Trip')
  await meet()
  for (let i = 0; i < leastCarried; i++) await ben.says(`Ben again ${i}`)
  const before = await reads(ben, true)
  expect(before.filter((row) => row.startsWith('('))).toEqual(['(Anna: Plans)', '(Anna: Trip)'])
  await hears(ben, await ben.records(), 'relay')
  ben.clockError = 60 * 60_000
  await ben.session.write(ben.space, compactOwn)
  expect((await rowsOf(ben)).some(({ first }) => first !== undefined)).toBe(true)
  expect(await reads(ben, true)).toEqual(before)
  const carl = await lets(anna, 'Carl')
  await ben.tells(carl)
  expect(await reads(carl, true)).toEqual(before)
})

test('[LIN4] a name that is carried on for newcomers is told of to nobody', async () => {
  const anna = await founds('since-join')
  const ben = await lets(anna, 'Ben')
  await names(anna, 'Plans')
  await anna.says('one')
  await meet()
  const dora = await lets(anna, 'Dora')
  await ben.says('hello Dora')
  await meet()
  await allRead(['(Anna: Plans)', 'one', 'hello Dora'], [anna, ben])
  await allRead(['hello Dora'], [dora])
  await names(dora, 'Trip')
  await meet()
  await anna.says('fine')
  await meet()
  await allRead(['hello Dora', '(Dora: Trip)', 'fine'], [dora])
})

test('[LIN4] nobody renames unseen by saying that the new name was only carried', async () => {
  const anna = await founds()
  const ben = await lets(anna, 'Ben')
  await anna.says('one')
  await names(anna, 'Plans')
  await meet()
  const documents = await ben.session.documents(ben.space)
  const contents = openContents(await readShared(documents, await documents.shared('title')))
  const said = encodeName(contents, { title: 'Trip', isCarried: true })
  contents.doc.destroy()
  const forged = await forge(ben, { document: 'title', payload: encodeSharedUpdate(said) })
  await anna.session.receiveRecords(anna.space, [forged.bytes], null)
  expect(await reads(anna)).toEqual(['one', '(Anna: Plans)'])
  expect(await readTitle(await anna.session.documents(anna.space))).toBe('Plans')
})

test('[LIN4] of a name that was carried from nowhere all are told who can read whatever was before', async () => {
  const anna = await founds('since-join')
  const ben = await lets(anna, 'Ben')
  const dora = await lets(anna, 'Dora')
  const key = sendingKey(ben.session.log, ben.space)
  if (key === null) throw new Error('no key')
  const document = titleName(chapterPrefix(ben.session.log.state, key.epoch))
  const nothing = openContents(heldBy([]))
  const payload = encodeSharedUpdate(encodeName(nothing, { title: 'Trip', isCarried: true }))
  nothing.doc.destroy()
  const { bytes } = await forge(ben, { document, payload })
  for (const member of [anna, dora]) await hears(member, [bytes], null)
  for (const member of [anna, dora]) await member.says('one')
  const lines = async (member: TestMember) => (await reads(member)).filter((row) => row !== 'one')
  expect(await lines(anna)).toEqual(['(Ben: Trip)'])
  expect(await lines(dora)).toEqual([])
})

test('[LIN4] a name that was carried takes the place of none that was given meanwhile, and is not told of beside it', async () => {
  const anna = await founds('since-join')
  const ben = await lets(anna, 'Ben')
  await names(anna, 'Old')
  await meet()
  await lets(anna, 'Dora')
  await names(anna, 'New')
  await ben.says('hello')
  await meet()
  for (const member of [anna, ben]) {
    expect(await readTitle(await member.session.documents(member.space))).toBe('New')
    expect((await reads(member)).filter((row) => row !== 'hello')).toEqual(['(Anna: Old)', '(Anna: New)'])
  }
})
