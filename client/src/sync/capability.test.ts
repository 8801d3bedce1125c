import { CliqueError, isCliqueError, mailboxIdOf, signerFromSeed, systemRandom, toHex } from '@clique/crypto'
import { tenantIdOf } from '@clique/relay/protocol'
import { afterEach, expect, test } from 'vitest'
import type { RelaySession } from '../network/relay-session.ts'
import { askForEnd, renewAtRelay } from './capability-at-relay.ts'
import { registerTenant, renewCapability } from '../network/tenants.ts'
import { LightRelay } from './light-relay.ts'
import {
  clique,
  closeAll,
  closers,
  linked,
  placeOf,
  surroundings,
  TestRelay,
} from './testing/people-and-relay.node.ts'
import type { Person } from './testing/people-and-relay.node.ts'
import { capabilitySigner } from './testing/test-clique.ts'

/** Against a real relay: what it lets in after the capability has changed. */
const soon = { timeout: 20_000 }
const slow = 60_000

afterEach(closeAll)

async function annaAndBen(): Promise<[Person, Person]> {
  const relay = await TestRelay.start()
  return (await clique(relay.token, await placeOf(relay.url), 'anna', 'ben')) as [Person, Person]
}

/** As the device that registered the clique, before it proves itself. */
function tellsRelay(anna: Person, told: number[]): void {
  const { replica } = anna
  anna.beforeProof = async (session: RelaySession) => {
    const admin = signerFromSeed(replica.shared.adminSeed)
    told.push(await renewAtRelay(session, admin, replica.facts().capabilities))
  }
}

test(
  '[CN10] who has only the old capability is let in to nothing but the control mailbox, and by what lies there again',
  async () => {
    const [anna, ben] = await annaAndBen()
    const told: number[] = []
    tellsRelay(anna, told)
    await Promise.all([anna.goOnline(), ben.goOnline()])
    for (const one of [anna, ben]) await expect.poll(() => one.connection?.state.kind, soon).toBe('online')
    await expect.poll(() => linked(anna), soon).toBe(1)
    await ben.goOffline()
    // Anna renews it, which her device does where it has registered the clique.
    anna.replica.generations = [2, 1]
    anna.replica.rosterChanged()
    await expect.poll(() => told.at(-1), soon).toBe(1)
    await expect.poll(() => anna.connection?.state.kind, soon).toBe('online')
    anna.replica.act(1)
    anna.replica.say('under new keys')
    await expect.poll(() => [...anna.replica.unsent, ...anna.replica.unsentItems], soon).toEqual([])

    // Ben comes back with what he had, and the roster would not let him be linked.
    const known = ben.replica.shared.devices.get(ben.replica.device)
    if (known === undefined) throw new Error('Ben is known')
    ben.replica.shared.devices.set(ben.replica.device, { ...known, isIn: false })
    await ben.goOnline()
    await expect.poll(() => ben.replica.items.size, soon).toBe(1)
    await expect
      .poll(() => ben.connection, soon)
      .toMatchObject({ state: { kind: 'relay-unreachable' }, trouble: 'relay-capability-retired' })
    expect(ben.replica.texts).toEqual([])
    expect([linked(anna), linked(ben)]).toEqual([0, 0])

    // Had it brought him the new one, he would be in again.
    ben.replica.shared.devices.set(ben.replica.device, known)
    ben.replica.generations = [2, 1]
    ben.replica.rosterChanged()
    await expect.poll(() => ben.replica.texts, soon).toEqual(['under new keys'])
    expect(ben.connection).toMatchObject({ state: { kind: 'online' }, trouble: null })
  },
  slow,
)

test(
  '[CN11] whoever registered the clique tells the relay, again and again the same; everybody can ask whether it was done',
  async () => {
    const [anna, ben] = await annaAndBen()
    const told: number[] = []
    const heard: (number | null)[] = []
    ben.replica.generations = [2, 1]
    const asks = async (session: RelaySession) => {
      heard.push(await askForEnd(session, ben.replica.facts().capabilities))
    }
    ben.beforeProof = asks
    // What he hears of between the two is proven, and is asked for then, unless the session ends.
    ben.afterProof = (session) =>
      asks(session).catch((error: unknown) => {
        if (!isCliqueError(error, 'relay-closed')) throw error
      })
    await ben.goOnline()
    await expect.poll(() => heard.at(-1), soon).toBe(0)
    anna.replica.generations = [3, 2, 1]
    tellsRelay(anna, told)
    for (let i = 0; i < 2; i++) {
      await anna.goOnline()
      await expect.poll(() => told.length, soon).toBe(i + 1)
      await expect.poll(() => anna.connection?.state.kind, soon).toBe('online')
      await anna.goOffline()
    }
    expect(told).toEqual([2, 2])
    ben.replica.generations = [3, 2, 1]
    ben.replica.rosterChanged()
    await expect.poll(() => heard.at(-1), soon).toBe(2)
    await expect.poll(() => ben.connection?.state.kind, soon).toBe('online')
  },
  slow,
)

test(
  '[TN9] a member who registers the next capability for a clique of their own hinders no removal, and has nobody attested there',
  async () => {
    const relay = await TestRelay.start()
    const place = await placeOf(relay.url)
    const [anna, ben] = (await clique(relay.token, place, 'anna', 'ben')) as [Person, Person]
    const light = await LightRelay.open([place], surroundings)
    closers.push(() => light.close())
    const { token } = await light.allow(signerFromSeed(anna.replica.shared.adminSeed))
    const [own, next] = [signerFromSeed(systemRandom(32)), capabilitySigner(anna.replica.shared, 2)]
    const control = { mailbox: mailboxIdOf(own.publicKey), signer: own }
    const [tenants, told]: [string[], number[]] = [[], []]
    anna.beforeProof = async (session) => {
      // As whoever leaves may do with what the last epoch brought, a moment before Anna.
      await registerTenant(session, token, { admin: own, capability: systemRandom(32), control })
      await renewCapability(session, own, { generation: 2, publicKey: next.publicKey })
      const admin = signerFromSeed(anna.replica.shared.adminSeed)
      told.push(await renewAtRelay(session, admin, anna.replica.facts().capabilities))
    }
    for (const one of [anna, ben]) {
      one.replica.generations = [2, 1]
      one.afterProof = async ({ tenant }) => void tenants.push(toHex(tenant))
    }
    await anna.goOnline()
    await expect.poll(() => told, soon).toEqual([1])
    await ben.goOnline()
    await expect.poll(() => linked(ben), soon).toBe(1)
    const { publicKey } = signerFromSeed(anna.replica.shared.adminSeed)
    expect(new Set(tenants)).toEqual(new Set([toHex(tenantIdOf(publicKey))]))
    ben.replica.say('under new keys')
    await expect.poll(() => ben.replica.unsent, soon).toEqual([])
  },
  slow,
)

test(
  '[CN12] a device that is out is linked with nobody and follows the control mailbox alone',
  async () => {
    const [anna, ben] = await annaAndBen()
    await Promise.all([anna.goOnline(), ben.goOnline()])
    for (const one of [anna, ben]) await expect.poll(() => linked(one), soon).toBe(1)
    ben.replica.isEnded = true
    ben.replica.rosterChanged()
    for (const one of [anna, ben]) await expect.poll(() => linked(one), soon).toBe(0)
    anna.replica.say('not for Ben')
    anna.replica.act(2)
    await expect.poll(() => ben.replica.items.size, soon).toBe(1)
    expect(ben.replica.texts).toEqual([])
  },
  slow,
)

test(
  '[CN19] what a relay refuses before the proof ends nothing, and is what people hear where the proof fails, too',
  async () => {
    const [anna, ben] = await annaAndBen()
    for (const one of [anna, ben]) {
      one.beforeProof = () => Promise.reject(new CliqueError('relay-token-used'))
    }
    await anna.goOnline()
    await expect.poll(() => anna.connection?.state.kind, soon).toBe('online')
    ben.replica.generations = [3]
    await ben.goOnline()
    await expect.poll(() => ben.connection?.trouble, soon).toBe('relay-token-used')
    expect(ben.proofs).toBe(0)
  },
  slow,
)
