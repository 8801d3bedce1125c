import { systemRandom } from '@clique/crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { commands } from 'vitest/browser'
import type { TestMember } from '../documents/testing/members.ts'
import type { AuthRole, AuthSide } from '../network/auth.ts'
import { runAuth } from '../network/link.ts'
import { fetchAbout } from '../network/about.ts'
import type { RelayPlace } from '../network/relay-address.ts'
import { channelPair } from '../network/testing/channel-pair.ts'
import { PeerLink } from './peer-link.ts'
import { SessionReplica } from './session-replica.ts'
import { noCheckpoints } from './testing/no-checkpoints.ts'
import { liveThroughAYear } from './testing/year.ts'
import type { Year } from './testing/year.ts'
import { goesOnline, registerWithCapabilities } from './testing/year-at-relay.ts'
import './testing/relay-commands.node.ts'

const soon = { timeout: 60_000 }
const slow = 240_000

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

async function replicaOf({ session }: TestMember): Promise<SessionReplica> {
  const replica = await SessionReplica.open(session)
  closers.push(() => replica.close())
  return replica
}

/** As `Links` does it, over streams in memory: first both prove who they are, then they tell each other what they hold. */
async function meet(dialer: TestMember, listener: TestMember): Promise<void> {
  const [near, far] = await prove(dialer, listener)
  const channels = channelPair()
  const later = (run: () => void, ms: number): (() => void) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  }
  const host = { checkpoints: noCheckpoints, later }
  for (const link of [
    new PeerLink(channels[0], far.device, { ...host, replica: near }),
    new PeerLink(channels[1], near.device, { ...host, replica: far }),
  ]) {
    closers.push(() => link.close())
  }
}

async function prove(dialer: TestMember, listener: TestMember): Promise<[SessionReplica, SessionReplica]> {
  const [near, far] = [await replicaOf(dialer), await replicaOf(listener)]
  const side = (replica: SessionReplica, role: AuthRole, otherPeer: string): AuthSide => {
    const facts = replica.facts()
    const { clique, device, signer, peer } = replica
    return {
      role,
      clique,
      device,
      signer,
      ownPeer: peer,
      otherPeer,
      gateKeys: facts.gateKeys,
      heads: facts.heads,
      deviceInRoster: (id) => facts.devices.get(id) ?? null,
      random: systemRandom,
    }
  }
  const proofs = channelPair()
  const proven = await Promise.all([
    runAuth(proofs[0], side(near, 'dialer', far.peer)),
    runAuth(proofs[1], side(far, 'listener', near.peer)),
  ])
  expect(proven.map(({ device }) => device)).toEqual([far.device, near.device])
  return [near, far]
}

describe.each(['full', 'since-join'] as const)(
  'a device that was away for a year, with history %s,',
  (history) => {
    let year: Year
    let place: RelayPlace
    beforeAll(async () => {
      const { url, claim } = await commands.startRelay()
      place = (await fetchAbout(url)).place
      year = await liveThroughAYear(history, [place])
      await registerWithCapabilities(place, claim, year.anna)
    }, slow)
    afterAll(async () => {
      for (const one of year.everybody) await one.leaves()
      await commands.removeRelays()
    })

    test(
      '[AWA1] gets in again from the relay alone, and reads all that was written',
      async () => {
        const { anna, yan } = year
        const brought = await goesOnline(anna)
        await expect.poll(() => brought.replica.unrelayedItems(place.peer, 'all', 1), soon).toEqual([])
        await expect
          .poll(() => brought.replica.unrelayedRecords(place.peer, anna.space, 'all', 1, 0), soon)
          .toEqual([])
        await brought.close()
        const { close } = await goesOnline(yan)
        closers.push(close)
        await expect.poll(() => yan.session.log.state.hash, soon).toBe(anna.session.log.state.hash)
        await expect.poll(() => yan.sees(), soon).toEqual(await anna.sees())
        expect(yan.session.faults.bad.size).toBe(0)
      },
      slow,
    )

    test('[AWA1] gets in again from one member alone, and reads all that was written', async () => {
      const { anna, ben, newcomer, zoe } = year
      // Nobody whom the roster of last year names, and with no epoch in common.
      await expect(prove(zoe, newcomer)).rejects.toMatchObject({ code: expect.stringMatching(/^auth-/) })
      await meet(zoe, ben)
      await expect.poll(() => zoe.session.log.state.hash, soon).toBe(anna.session.log.state.hash)
      const said = await anna.sees()
      expect(said).toContain('Anna: week 52')
      await expect.poll(() => zoe.sees(), soon).toEqual(said)
      expect(zoe.session.faults.bad.size).toBe(0)
      await zoe.says('I am back')
      await expect.poll(() => ben.sees(), soon).toContain('Zoe: I am back')

      await meet(zoe, newcomer)
      await expect.poll(() => newcomer.sees(), soon).toContain('Zoe: I am back')
      await newcomer.says('Welcome back')
      await expect.poll(() => zoe.sees(), soon).toContain('Guest 8: Welcome back')
    })
  },
)
