import {
  capabilities,
  isCliqueError,
  mailboxIdOf,
  removeMember,
  setRole,
  signerFromSeed,
  systemRandom,
} from '@clique/crypto'
import type { MemberId } from '@clique/crypto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { commands } from 'vitest/browser'
import { TestMember } from '../documents/testing/members.ts'
import { fetchAbout } from '../network/about.ts'
import type { RelayPlace } from '../network/relay-address.ts'
import { allowClique, consentTo, registerTenant } from '../network/tenants.ts'
import { retireCapability, setAdminKeys } from '../network/tenants.ts'
import { readAdminKey, relayToTell } from '../storage/admin-keys.ts'
import { readClique, saveClique, sealSecret } from '../storage/cliques.ts'
import { readRetired } from '../storage/retired-at-relay.ts'
import { browserSurroundings, runEngine } from './engine.ts'
import { readNotes, shownBy, speaksAs } from './testing/notes-at-relay.ts'
import { speaksTo } from './testing/year-at-relay.ts'
import './testing/relay-commands.node.ts'

/** With a real relay in a process of its own. */
const soon = { timeout: 60_000 }
const slow = 240_000
const random = systemRandom
const closers: (() => unknown)[] = []
let place: RelayPlace
let anna: TestMember

beforeEach(async () => {
  const { url, claim } = await commands.startRelay()
  closers.push(() => commands.removeRelays())
  ;({ place } = await fetchAbout(url))
  anna = await TestMember.founder('Anna', 'full', [place])
  closers.push(() => anna.leaves())
  const { store, session } = anna
  const admin = await sealSecret(store, session.clique, 'admin', random(32))
  await store.db.secrets.put(admin)
  const token = new URL(claim).hash.replace('#claim=', '')
  const profile = await readClique(store, session.clique)
  await saveClique(store, { ...profile, relays: [place], registration: { token } })
})
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

/** The leading tab of this person, until it is closed. What waits a while is done after half a second. */
function wakes({ store }: TestMember): () => Promise<void> {
  const deposed = new AbortController()
  const later = (run: () => void, ms: number) => browserSurroundings.later(run, Math.min(ms, 500))
  const done = runEngine({ store, surroundings: { ...browserSurroundings, later } }, deposed.signal)
  const sleeps = (): Promise<void> => {
    deposed.abort()
    return done
  }
  closers.push(sleeps)
  return sleeps
}

async function invites(name: string): Promise<TestMember> {
  const member = await anna.invites(name)
  closers.push(() => member.leaves())
  return member
}

const clique = () => anna.session.clique
const isKnown = async ({ store, session }: TestMember): Promise<boolean> =>
  (await readAdminKey(store, session.clique, place.peer))?.isKnown === true
const retiredBy = async ({ store, session }: TestMember): Promise<number> =>
  (await readRetired(store, session.clique)).get(place.peer) ?? 0
const knows = (one: TestMember, member: MemberId): string | undefined =>
  one.session.log.state.members.get(member)?.status

test(
  '[AD1] an admin who did not register the clique ends somebody’s capability at the relay, with the other admin asleep',
  { timeout: slow },
  async () => {
    const [ben, carl] = [await invites('Ben'), await invites('Carl')]
    await carl.tells(anna)
    await ben.tells(anna)
    await anna.session.act((log, me) => setRole(log, me, ben.session.member, 'admin', { random }))
    const sleeps = wakes(anna)
    wakes(ben)
    await vi.waitUntil(() => isKnown(ben), soon)
    expect(await relayToTell(ben.store, ben.session.clique, [place])).toBe(place.peer)
    await sleeps()

    const held = await ben.session.held(ben.session.log.state)
    await ben.session.act((log, me) =>
      removeMember(log, me, carl.session.member, { random, held, countersigns: [], renewCapability: true }),
    )
    await vi.waitUntil(async () => (await retiredBy(ben)) === 1, soon)

    // Whoever registered it finds it done, and does not undo it.
    wakes(anna)
    await vi.waitUntil(async () => (await retiredBy(anna)) === 1, soon)
    await vi.waitUntil(() => knows(anna, carl.session.member) === 'out', soon)
    expect(await isKnown(anna)).toBe(true)
  },
)

test(
  '[AD2] whose right has ended is no admin to the relay any more, whoever registered the clique',
  { timeout: slow },
  async () => {
    const ben = await invites('Ben')
    await ben.tells(anna)
    await anna.session.act((log, me) => setRole(log, me, ben.session.member, 'owner', { random }))
    wakes(anna)
    wakes(ben)
    await vi.waitUntil(() => isKnown(ben), soon)
    const key = await readAdminKey(anna.store, anna.session.clique, place.peer)
    if (key === null) throw new Error('Anna registered it')
    const { session, close } = await speaksTo(place)
    closers.push(close)
    const answer = () =>
      retireCapability(session, signerFromSeed(key.seed), 1).catch((error: unknown) =>
        isCliqueError(error) ? error.code : error,
      )
    // The newest generation cannot be retired; the key is taken.
    expect(await answer()).toBe('relay-generation')
    await anna.session.act((log, me) => setRole(log, me, anna.session.member, 'member', { random }))
    await vi.waitUntil(async () => (await answer()) === 'relay-not-admin', soon)
    expect(await isKnown(ben)).toBe(true)
  },
)

test(
  '[AD3] a relay that was restored from before a removal is told again, and who asks it says so meanwhile',
  { timeout: slow },
  async () => {
    const [ben, carl] = [await invites('Ben'), await invites('Carl')]
    for (const one of [ben, carl]) await one.tells(anna)
    await anna.tells(carl)
    const sleeps = wakes(anna)
    wakes(carl)
    await vi.waitUntil(() => isKnown(anna), soon)
    await vi.waitUntil(async () => (await readClique(anna.store, clique())).registration === null, soon)
    await commands.backUpRelay()
    const held = await anna.session.held(anna.session.log.state)
    await anna.session.act((log, me) =>
      removeMember(log, me, ben.session.member, { random, held, countersigns: [], renewCapability: true }),
    )
    for (const one of [anna, carl]) await vi.waitUntil(async () => (await retiredBy(one)) === 1, soon)
    await sleeps()

    await commands.restoreRelay()
    await vi.waitUntil(async () => (await retiredBy(carl)) === 0, soon)
    wakes(anna)
    await vi.waitUntil(async () => (await retiredBy(carl)) === 1, soon)
    const { session, close } = await speaksTo(place)
    closers.push(close)
    const [, old] = capabilities(anna.session.log)
    if (old === undefined) throw new Error('there was one before')
    await expect(session.prove(shownBy(anna.session.log, old))).rejects.toMatchObject({
      code: 'relay-capability-retired',
    })
  },
)

test(
  '[AD4] a member who names an admin’s key in a clique of their own is refused, and the admin’s removal comes into force',
  { timeout: slow },
  async () => {
    const [ben, carl, dora] = [await invites('Ben'), await invites('Carl'), await invites('Dora')]
    for (const one of [carl, dora, ben]) await one.tells(anna)
    await anna.session.act((log, me) => setRole(log, me, ben.session.member, 'admin', { random }))
    for (const one of [ben, carl]) await anna.tells(one)
    const sleeps = wakes(anna)
    await vi.waitUntil(async () => (await readClique(anna.store, clique())).registration === null, soon)
    const [member, outside] = [await speaksAs(place, carl), await speaksTo(place)]
    closers.push(member.close, outside.close)
    const read = () => readNotes(member.session, place, carl)
    await vi.waitUntil(async () => (await read()).length === 1, soon)
    await sleeps()

    // Nobody is awake who could name Ben’s key in its own clique, and Carl reads his note.
    wakes(ben)
    await vi.waitUntil(async () => (await read()).length === 2, soon)
    const [, note] = await read()
    const founder = await readAdminKey(anna.store, clique(), place.peer)
    if (note === undefined || founder === null) throw new Error('both have a key')
    const [admin, first, own] = [founder.seed, random(32), random(32)].map(signerFromSeed)
    if (admin === undefined || first === undefined || own === undefined) throw new Error('three were made')
    const { token } = await allowClique(outside.session, admin)
    const control = { mailbox: mailboxIdOf(own.publicKey), signer: own }
    const keys = { admin: own, capability: first.publicKey, control }
    const tenant = await registerTenant(outside.session, token, keys)
    const { relay } = outside.session.facts
    const squat = { key: note.pseudonym, consent: note.consent }
    const named = [await consentTo(relay, tenant, own), squat]
    const refused = setAdminKeys(outside.session, own, named)
    await expect(refused).rejects.toMatchObject({ code: 'signature-invalid' })

    wakes(anna)
    await vi.waitUntil(() => isKnown(ben), soon)
    await vi.waitUntil(() => knows(ben, dora.session.member) === 'in', soon)
    const held = await ben.session.held(ben.session.log.state)
    await ben.session.act((log, me) =>
      removeMember(log, me, dora.session.member, { random, held, countersigns: [], renewCapability: true }),
    )
    await vi.waitUntil(async () => (await retiredBy(ben)) === 1, soon)
  },
)
