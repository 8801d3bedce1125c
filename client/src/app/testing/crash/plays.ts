import { createInvitation, leaveClique, rotateEpoch, systemRandom, toHex } from '@clique/crypto'
import type { SpaceId } from '@clique/crypto'
import { expect, vi } from 'vitest'
import { CliqueSession } from '../../../documents/clique-session.ts'
import { TestMember } from '../../../documents/testing/members.ts'
import { foundClique } from '../../../security/create-clique.ts'
import { makeInvitation } from '../../../security/invitation-acts.ts'
import { enterClique, openInvitation } from '../../../security/join-clique.ts'
import { makeRecoveryKit, readRecoveryKit, saveRecoveryKit } from '../../../security/recovery-kit.ts'
import type { RelayDoor } from '../../../security/relay-door.ts'
import { readCliques } from '../../../storage/cliques.ts'
import { readInvitations } from '../../../storage/invitations.ts'
import { deleteStore, openStore } from '../../../storage/store.ts'
import type { Store } from '../../../storage/store.ts'
import { readWaiting } from '../../../storage/waiting.ts'
import { policy, relayPlace, takeIn } from './paths.ts'
import type { Input, PathName, Reception } from './paths.ts'
import { expectSound, expectTaken, givenBy, keyringOf, textsIn } from './soundness.ts'
import type { Given } from './soundness.ts'
import type { Walked } from './stage.ts'
import { imageOf } from './store-image.ts'
import type { StoreImage } from './store-image.ts'

/** A path, all that is there before it, and what must hold after every stop. */
export interface Play {
  readonly name: string
  readonly path: PathName
  /** The worker that writes files is stopped, instead of the page that waits for it. */
  readonly stopsWriter: boolean
  begin(): Promise<Scene>
}

export interface Scene {
  readonly image: StoreImage
  readonly input: Input
  /** The next start, in a store that was stopped. `given`: what others took before. */
  check(store: Store, walked: Walked, given: readonly Given[]): Promise<void>
}

const dayMs = 24 * 60 * 60 * 1000

/** What has happened before a path, and what it has to come to. */
interface Before {
  /** Whose profile is stopped: Anna's, where nothing is said. */
  readonly walker?: TestMember
  /** Who takes what the walker has: Ben, where nothing is said. */
  readonly taker?: TestMember
  readonly others?: readonly TestMember[]
  readonly input: Input
  check(session: CliqueSession, walked: Walked): Promise<void>
}

/** Anna has a clique with Ben in it, and both have done what comes before. */
export async function annaAndBen(
  happens: (anna: TestMember, ben: TestMember) => Promise<Before> | Before,
): Promise<Scene> {
  const anna = await TestMember.founder('Anna')
  const ben = await anna.invites('Ben')
  await ben.tells(anna)
  const { walker = anna, taker = ben, others = [], input, check } = await happens(anna, ben)
  const { space } = anna
  const { clique } = anna.session
  const [image, peer] = [await imageOf(walker.store), await imageOf(taker.store)]
  const keyring = await keyringOf(walker.store, clique)
  for (const one of [anna, ben, ...others]) await one.leaves()
  return {
    image,
    input: { clique, space, ...input },
    async check(store, walked, given) {
      const session = await CliqueSession.open(store, clique)
      await expectSound(session, space, keyring)
      await check(session, walked)
      // Whoever was stopped goes on, and others see one sound chain.
      await session.say(space, 'next')
      const texts = await textsIn(session, space)
      expect(texts.at(-1)).toBe('next')
      expect(
        await expectTaken(peer, clique, space, [...given, await givenBy(session.store, clique, space)]),
      ).toEqual(texts)
      await expectSound(session, space, keyring)
      await session.close()
    },
  }
}

const say: Play = {
  name: 'writing messages',
  path: 'say',
  stopsWriter: false,
  begin: () =>
    annaAndBen(async (anna) => {
      await anna.says('before')
      return { input: { texts: ['one', 'two'] }, check: expectTexts(anna.space, ['before', 'one', 'two']) }
    }),
}

/** Those that were acknowledged, and at most one more; each once. */
function expectTexts(space: SpaceId, all: readonly string[]) {
  return async (session: CliqueSession, { kept }: Walked): Promise<void> => {
    const texts = await textsIn(session, space)
    // The first was there before.
    const least = 1 + kept.length
    expect(all.slice(0, texts.length)).toEqual(texts)
    expect(texts.length).toBeGreaterThanOrEqual(least)
    expect(texts.length).toBeLessThanOrEqual(least + 1)
  }
}

/** So many records that a snapshot is due with the first of them. */
const sayWithSnapshot: Play = {
  name: 'writing messages while a snapshot is due',
  path: 'say',
  stopsWriter: false,
  begin: () =>
    annaAndBen(async (anna) => {
      for (let i = 0; i < 63; i++) await anna.says(`${i}`)
      const { space } = anna
      return {
        input: { texts: ['one', 'two'] },
        async check(session, { kept }) {
          const texts = await textsIn(session, space)
          expect(texts.slice(-4).filter((text) => kept.includes(text))).toEqual(kept)
        },
      }
    }),
}

const sayAfterLeaving: Play = {
  name: 'writing a message that begins an epoch',
  path: 'say',
  stopsWriter: false,
  begin: () =>
    annaAndBen(async (anna, ben) => {
      const cleo = await anna.invites('Cleo')
      await cleo.tells(anna)
      await anna.says('before')
      await anna.tells(ben)
      await ben.session.act((log, me) => leaveClique(log, me, { random: systemRandom }))
      await ben.tells(anna)
      const check = expectTexts(anna.space, ['before', 'one'])
      return { taker: cleo, others: [cleo], input: { texts: ['one'] }, check }
    }),
}

const act: Play = {
  name: 'roster acts with new keys',
  path: 'act',
  stopsWriter: false,
  begin: () =>
    annaAndBen(async (anna) => {
      await anna.says('before')
      return {
        input: {},
        async check({ log }, { kept }) {
          expect(kept.filter((id) => !log.operations.has(id as never))).toEqual([])
          expect(log.waiting).toEqual([])
          await Promise.resolve()
        },
      }
    }),
}

const receive: Play = {
  name: 'taking in items and records',
  path: 'receive',
  stopsWriter: false,
  begin: () =>
    annaAndBen(async (anna, ben) => {
      const { space } = anna
      const { clique } = anna.session
      const known = (await givenBy(anna.store, clique, space)).items.length
      await anna.says('a1')
      await anna.session.act((log, me) => rotateEpoch(log, me, { random: systemRandom }))
      await anna.says('a2')
      await anna.says('a3')
      const before = await givenBy(anna.store, clique, space)
      const cleo = await anna.invites('Cleo')
      await anna.tells(cleo)
      await cleo.says('c1')
      const [c1] = (await givenBy(cleo.store, clique, space)).records.slice(-1)
      await cleo.tells(anna)
      const after = await givenBy(anna.store, clique, space)
      const [a1, a2, a3] = before.records
      if (a1 === undefined || a2 === undefined || a3 === undefined || c1 === undefined)
        throw new Error('too few')
      const receptions: readonly Reception[] = [
        { kind: 'records', bytes: [a3, a2] },
        { kind: 'records', bytes: [a1] },
        { kind: 'items', bytes: before.items.slice(known).toReversed() },
        { kind: 'records', bytes: [c1, a1, a2] },
        { kind: 'items', bytes: after.items.slice(1) },
      ]
      return {
        walker: ben,
        taker: anna,
        others: [cleo],
        input: { receptions },
        async check(session, { kept }) {
          // The cursor of the mailbox stands behind what was acknowledged.
          for (const reception of receptions.slice(kept.length)) await takeIn(session, space, reception)
          // What waited is tried again behind the back of whoever opens.
          const { place } = await session.documents(space)
          await vi.waitUntil(async () => (await readWaiting(session.store, place)).length === 0, {
            timeout: 30_000,
          })
          expect((await textsIn(session, space)).toSorted()).toEqual(['a1', 'a2', 'a3', 'c1'])
          expect(await readWaiting(session.store, session.clique)).toEqual([])
        },
      }
    }),
}

const invite: Play = {
  name: 'making an invitation',
  path: 'invite',
  stopsWriter: false,
  begin: () =>
    annaAndBen(() => ({
      input: {},
      async check(session, { kept }) {
        const open = [...session.log.state.invitations.values()].filter(({ status }) => status === 'open')
        const links = await readInvitations(session.store, session.clique)
        expect(open.filter(({ id }) => !links.some((link) => link.invite === id))).toEqual([])
        expect(kept.filter((id) => !links.some((link) => link.invite === id))).toEqual([])
        // What came to nothing goes with the next one.
        const wish = { role: 'member', uses: 1, expiresAt: Date.now() + dayMs, random: systemRandom } as const
        const { invite } = await makeInvitation(session.store, session, wish)
        const left = (await readInvitations(session.store, session.clique)).map((link) => link.invite)
        expect(new Set(left)).toEqual(new Set([...open.map(({ id }) => id), invite]))
      },
    })),
}

const never = () => Promise.reject(new Error('nobody asks for this here'))

function doorTo(door: Partial<RelayDoor>): RelayDoor {
  return { ask: never, register: never, allow: never, fetchPackages: never, fetchControl: never, ...door }
}

async function imageWithKit(): Promise<StoreImage> {
  const store = await openStore(`test-${toHex(systemRandom(8))}`)
  try {
    await saveRecoveryKit(store, (await makeRecoveryKit(systemRandom)).kit)
    return await imageOf(store)
  } finally {
    store.close()
    await deleteStore(store.name)
  }
}

/** Every clique has its slot of the recovery kit, and nothing else has one. */
async function expectSlots(store: Store): Promise<void> {
  const cliques = (await readCliques(store)).map(({ clique }) => clique)
  const used = (await readRecoveryKit(store))?.slots.flatMap(({ use }) => (use === null ? [] : [use]))
  expect(new Set(used)).toEqual(new Set(cliques))
}

async function expectOpens(store: Store): Promise<void> {
  for (const { clique, conversation } of await readCliques(store)) {
    const session = await CliqueSession.open(store, clique)
    await expectSound(session, conversation, await keyringOf(store, clique))
    const before = await textsIn(session, conversation)
    await session.say(conversation, 'hello')
    expect(await textsIn(session, conversation)).toEqual([...before, 'hello'])
    await session.close()
  }
}

const create: Play = {
  name: 'making a clique',
  path: 'create',
  stopsWriter: false,
  async begin() {
    return {
      image: await imageWithKit(),
      input: {},
      async check(store, { kept }) {
        await expectSlots(store)
        const cliques = await readCliques(store)
        // Whoever has told the relay holds the keys.
        if (kept.length > 0) expect(cliques).toHaveLength(1)
        const isSettled = kept.some((one) => one instanceof Object && 'clique' in one)
        if (isSettled) expect(cliques[0]?.registration).toBeNull()
        await expectOpens(store)
        const door = doorTo({
          ask: () => Promise.resolve({ place: relayPlace, isClaimed: true }),
          register: () => Promise.resolve(),
        })
        const here = { store, door, random: systemRandom, now: Date.now }
        await foundClique(here, { policy, memberName: 'Anna', relay: relayPlace.url, token: 'another' })
        expect(await readCliques(store)).toHaveLength(cliques.length + 1)
        await expectSlots(store)
      },
    }
  },
}

const join: Play = {
  name: 'joining',
  path: 'join',
  stopsWriter: false,
  async begin() {
    const anna = await TestMember.founder('Anna')
    const wish = { role: 'member', uses: 1, expiresAt: Date.now() + dayMs, random: systemRandom } as const
    const made = await anna.session.act((log, me) => createInvitation(log, me, wish))
    const { items } = await givenBy(anna.store, anna.session.clique, anna.space)
    const { clique } = anna.session
    const host = await imageOf(anna.store)
    const { space } = anna
    await anna.leaves()
    const link = { clique, relays: [], secret: made.secret }
    return {
      image: await imageWithKit(),
      input: { link, package: made.package, items },
      async check(store, { kept }) {
        await expectSlots(store)
        const cliques = await readCliques(store)
        if (kept.length > 0) expect(cliques).toHaveLength(1)
        if (cliques.length === 0) {
          // Nobody has heard of what came to nothing, so the link is as good as before.
          const fetchPackages = () => Promise.resolve([made.package])
          const door = doorTo({ fetchPackages, fetchControl: () => Promise.resolve(items) })
          const here = { store, door, random: systemRandom, now: Date.now }
          await enterClique(here, await openInvitation(here, link), 'Cleo')
          await expectSlots(store)
        }
        await expectOpens(store)
        const session = await CliqueSession.open(store, clique)
        expect(await expectTaken(host, clique, space, [await givenBy(session.store, clique, space)])).toEqual(
          ['hello'],
        )
        await session.close()
      },
    }
  },
}

export const cliquePlays: readonly Play[] = [
  say,
  sayWithSnapshot,
  sayAfterLeaving,
  act,
  receive,
  invite,
  create,
  join,
]
