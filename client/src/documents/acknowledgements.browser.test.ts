import { makeSessionId, removeMember, systemRandom as random } from '@clique/crypto'
import type { RecordBody } from '@clique/crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readAcknowledgementsOf } from '../storage/acknowledgements.ts'
import { readRecordsAfter } from '../storage/records.ts'
import { forge } from './testing/forgery.ts'
import { TestMember } from './testing/members.ts'

let anna: TestMember
let ben: TestMember
let carl: TestMember
beforeEach(async () => {
  anna = await TestMember.founder('Anna')
  ben = await anna.invites('Ben')
  await ben.tells(anna)
  carl = await anna.invites('Carl')
  await carl.tells(anna)
  await anna.tells(ben)
})
afterEach(async () => {
  for (const member of [anna, ben, carl]) await member.leaves()
})

async function bodiesOf(member: TestMember): Promise<RecordBody[]> {
  const documents = await member.session.documents(member.space)
  const rows = await readRecordsAfter(member.store, documents.place, 0)
  return rows
    .filter(({ device }) => device === member.session.device)
    .map((row) => documents.open(row).claims)
}

/** Names and sequences that a member's records acknowledge, record by record. */
async function acknowledgedBy(member: TestMember): Promise<string[][]> {
  const names = new Map([anna, ben, carl].map(({ name, session }) => [session.device, name]))
  const bodies = await bodiesOf(member)
  return bodies.map(({ dependencies }) =>
    dependencies.map(({ device, sequence }) => `${names.get(device)} ${sequence}`).toSorted(),
  )
}

test('[CHN11] a message acknowledges what its author holds of others, and says each only once', async () => {
  await ben.says('one')
  await ben.says('two')
  await carl.says('I too')
  await ben.tells(anna)
  await carl.tells(anna)
  await anna.says('both')
  await anna.says('nothing new')
  await ben.says('three')
  await ben.tells(anna)
  // Another tab, or the app after a restart, knows what was said.
  const tab = await anna.tab()
  await tab.say(anna.space, 'and on')
  expect(await acknowledgedBy(anna)).toEqual([['Ben 2', 'Carl 1'], [], ['Ben 3']])
  const [first] = await bodiesOf(anna)
  const { heads } = await carl.session.documents(carl.space)
  expect(first?.dependencies.find(({ device }) => device === carl.session.device)?.record).toBe(
    heads.get(carl.session.device)?.id,
  )
})

test('[CHN11] what is acknowledged is remembered by whoever hears it', async () => {
  await ben.says('one')
  await ben.tells(anna)
  await anna.says('heard')
  await anna.tells(carl)
  const { place } = await carl.session.documents(carl.space)
  const rows = await readAcknowledgementsOf(carl.store, place, ben.session.device)
  expect(rows).toMatchObject([{ by: anna.session.device, at: 1, sequence: 1 }])
})

test('[CHN11] nobody acknowledges a chain that is forked, or a device that is known to be out', async () => {
  await ben.says('one')
  await ben.tells(anna)
  const other = await forge(ben, {
    session: makeSessionId(random),
    sequence: 1,
    previous: null,
    previousKey: null,
  })
  await anna.session.receiveRecords(anna.space, [other.bytes], null)
  await anna.says('two of one')
  await carl.says('before')
  await carl.tells(anna)
  await anna.session.act((log, me) => removeMember(log, me, carl.session.member, { random }))
  await anna.says('out')
  expect(await acknowledgedBy(anna)).toEqual([[], []])
})

test('[CHN11] what is said of a device that is out by the roster that it names is passed over', async () => {
  await ben.says('one')
  await ben.tells(anna)
  const { heads } = await ben.session.documents(ben.space)
  const last = heads.get(ben.session.device)
  if (last === undefined) throw new Error('a record')
  const dependencies = [{ device: ben.session.device, sequence: last.sequence, record: last.id }]
  await anna.session.act((log, me) => removeMember(log, me, ben.session.member, { random }))
  const late = await forge(anna, { dependencies })
  await anna.tells(carl)
  await carl.session.receiveRecords(carl.space, [late.bytes], null)
  const { place } = await carl.session.documents(carl.space)
  expect(await carl.sees()).toEqual(['Ben: one', 'Anna: forged'])
  expect(await readAcknowledgementsOf(carl.store, place, ben.session.device)).toEqual([])
})
