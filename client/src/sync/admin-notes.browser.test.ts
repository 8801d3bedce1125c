import { sealedRecordOverhead, setRole, signerFromSeed, systemRandom } from '@clique/crypto'
import {
  controlMailbox,
  fromBase64url,
  isCliqueError,
  mailboxIdOf,
  paddedSize,
  capabilities,
  toHex,
} from '@clique/crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { commands } from 'vitest/browser'
import { TestMember } from '../documents/testing/members.ts'
import { fetchAbout } from '../network/about.ts'
import type { RelayPlace } from '../network/relay-address.ts'
import { allowClique, registerTenant, retireCapability } from '../network/tenants.ts'
import { readAdminKey, readAdminNotes, saveAdminKey, saveAdminNotes } from '../storage/admin-keys.ts'
import { AdminDesk } from './admin-desk.ts'
import { notesMailbox, readNotes, shownBy, speaksAs } from './testing/notes-at-relay.ts'
import type { AtRelay } from './testing/notes-at-relay.ts'
import { speaksTo } from './testing/year-at-relay.ts'
import './testing/relay-commands.node.ts'

/** With a real relay in a process of its own; desks without the rest of an engine. */
const slow = { timeout: 120_000 }
const random = systemRandom
const closers: (() => unknown)[] = []
let place: RelayPlace
let anna: TestMember
let ben: TestMember
let carl: TestMember

beforeEach(async () => {
  const { url, claim } = await commands.startRelay()
  closers.push(() => commands.removeRelays())
  ;({ place } = await fetchAbout(url))
  anna = await TestMember.founder('Anna', 'full', [place])
  closers.push(() => anna.leaves())
  ;[ben, carl] = [await invites('Ben'), await invites('Carl')]
  for (const one of [ben, carl]) await one.tells(anna)
  await anna.session.act((log, me) => setRole(log, me, ben.session.member, 'admin', { random }))
  for (const one of [ben, carl]) await anna.tells(one)

  const seed = random(32)
  const { session, close } = await speaksTo(place)
  const { log, clique } = anna.session
  const { mailbox, keyPair } = controlMailbox(log)
  const first = capabilities(log).at(-1)
  if (first === undefined) throw new Error('a clique has a capability')
  const token = new URL(claim).hash.replace('#claim=', '')
  await registerTenant(session, fromBase64url(token), {
    admin: signerFromSeed(seed),
    capability: first.keyPair.publicKey,
    control: { mailbox, signer: signerFromSeed(keyPair.seed) },
  })
  await close()
  await saveAdminKey(anna.store, clique, place.peer, { seed, isKnown: true })
})
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

async function invites(name: string): Promise<TestMember> {
  const member = await anna.invites(name)
  closers.push(() => member.leaves())
  return member
}

/** This member's device comes to the relay, and has done there what there is to do for now. */
async function comes(
  member: TestMember,
  spoken?: AtRelay,
): Promise<{ hears(): Promise<void>; goes(): Promise<void> }> {
  const { session, close } = spoken ?? (await speaksAs(place, member))
  const onKnown = (): Promise<void> => Promise.resolve()
  const desk = new AdminDesk({ session: member.session, random, later: () => () => undefined, onKnown })
  await desk.use(session, place.peer)
  const { mailbox } = notesMailbox(place, member)
  return {
    hears: () => desk.grew(mailbox),
    goes: () => {
      desk.close()
      return close()
    },
  }
}

/** A session that the relay attests for a clique of Carl's own: he registered the capability there that Ben's device shows. */
async function misled(token: Uint8Array): Promise<AtRelay> {
  const { log } = ben.session
  const [newest] = capabilities(log)
  if (newest === undefined) throw new Error('a clique has a capability')
  const shown = shownBy(log, newest)
  const spoken = await speaksTo(place)
  const own = signerFromSeed(random(32))
  const control = { mailbox: mailboxIdOf(own.publicKey), signer: own }
  await registerTenant(spoken.session, token, { admin: own, capability: shown.publicKey, control })
  await spoken.session.prove({ ...shown, control: control.mailbox })
  return spoken
}

/** Carl, who is no admin, fills the mailbox with what nobody can open, as others read it. */
async function floods(): Promise<void> {
  const { session, close } = await speaksAs(place, carl)
  const box = notesMailbox(place, carl)
  await session.openMailbox(box, 'content')
  for (let left = 1100; left > 0; left -= 220) {
    const items = Array.from({ length: 220 }, () => random(paddedSize(300) + sealedRecordOverhead))
    for (const item of items) item[0] = 1
    await session.append(box.mailbox, items, session.relayNow + 24 * 60 * 60 * 1000)
  }
  await close()
}

/** What the relay says to this member's key. The newest generation cannot be retired; the key is taken. */
async function saidTo({ store, session: { clique } }: TestMember): Promise<unknown> {
  const key = await readAdminKey(store, clique, place.peer)
  if (key === null) throw new Error('this device has one')
  const { session, close } = await speaksTo(place)
  const answer = retireCapability(session, signerFromSeed(key.seed), 1)
  const code = await answer.catch((error: unknown) => (isCliqueError(error) ? error.code : error))
  await close()
  return code
}

async function isNoteThere({ store, session: { clique } }: TestMember): Promise<boolean> {
  const key = await readAdminKey(store, clique, place.peer)
  const { session, close } = await speaksAs(place, carl)
  const notes = await readNotes(session, place, carl)
  await close()
  const own = key === null ? '' : toHex(signerFromSeed(key.seed).publicKey)
  return notes.some(({ pseudonym }) => toHex(pseudonym) === own)
}

test('[AD5] whoever fills the mailbox of notes takes no admin off the list', slow, async () => {
  for (const member of [anna, ben, anna]) await (await comes(member)).goes()
  expect(await saidTo(ben)).toBe('relay-generation')
  await floods()
  expect(await isNoteThere(ben)).toBe(false)
  // In each session the whole list is named anew.
  await (await comes(anna)).goes()
  expect(await saidTo(ben)).toBe('relay-generation')
})

test(
  '[AD6] a note that others do not read any more is left again, in the next session and in this one',
  slow,
  async () => {
    for (const member of [anna, ben, anna]) await (await comes(member)).goes()
    await floods()
    expect(await isNoteThere(ben)).toBe(false)
    const { hears } = await comes(ben)
    expect(await isNoteThere(ben)).toBe(true)
    await floods()
    expect(await isNoteThere(ben)).toBe(false)
    await hears()
    expect(await isNoteThere(ben)).toBe(true)
  },
)

test(
  '[AD8] whoever fills the mailbox of notes keeps no new admin from finding the word of another',
  slow,
  async () => {
    await (await comes(anna)).goes()
    await floods()
    await (await comes(ben)).goes()
    expect(await isNoteThere(ben)).toBe(true)
    await (await comes(anna)).goes()
    expect(await saidTo(ben)).toBe('relay-generation')
  },
)

test(
  '[AD8] a tenant that a relay speaks of without an admin’s word for it gets none, and is nothing later',
  slow,
  async () => {
    const { store, session } = ben
    const founder = await readAdminKey(anna.store, anna.session.clique, place.peer)
    if (founder === null) throw new Error('Anna registered the clique')
    const outside = await speaksTo(place)
    const { token } = await allowClique(outside.session, signerFromSeed(founder.seed))
    await outside.close()
    const there = await misled(token)
    const { goes } = await comes(ben, there)
    expect(await readNotes(there.session, place, ben)).toEqual([])
    expect(await readAdminNotes(store, session.clique, place.peer)).toBeNull()
    await goes()
    for (const member of [anna, ben, anna]) await (await comes(member)).goes()
    expect(await saidTo(ben)).toBe('relay-generation')
    expect(await readAdminNotes(store, session.clique, place.peer)).not.toBeNull()
  },
)

test(
  '[AD8] a relay that speaks of another tenant than before hears of no key of this device',
  slow,
  async () => {
    const { store, session } = ben
    await saveAdminNotes(store, session.clique, place.peer, new Uint8Array(32))
    await (await comes(ben)).goes()
    expect(await readAdminKey(store, session.clique, place.peer)).toBeNull()
    const { session: open, close } = await speaksAs(place, carl)
    expect(await readNotes(open, place, carl)).toEqual([])
    await close()
  },
)
