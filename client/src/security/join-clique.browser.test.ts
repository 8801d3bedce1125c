import { createInvitation, rotateEpoch, systemRandom, toHex } from '@clique/crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CliqueSession } from '../documents/clique-session.ts'
import { TestMember } from '../documents/testing/members.ts'
import { readItems } from '../storage/items.ts'
import { deleteStore, openStore } from '../storage/store.ts'
import type { Store } from '../storage/store.ts'
import { enterClique, openInvitation } from './join-clique.ts'
import { makeRecoveryKit, saveRecoveryKit } from './recovery-kit.ts'
import type { RelayDoor } from './relay-door.ts'

const day = 24 * 60 * 60 * 1000

let host: TestMember
let store: Store
beforeEach(async () => {
  host = await TestMember.founder('Anna', 'since-join')
  store = await openStore(`test-${toHex(systemRandom(8))}`)
  await saveRecoveryKit(store, (await makeRecoveryKit(systemRandom)).kit)
})
afterEach(async () => {
  const { name } = store
  store.close()
  await deleteStore(name)
  await host.leaves()
})

async function itemsOf(member: TestMember): Promise<Uint8Array[]> {
  const { items } = await readItems(member.store, member.session.clique)
  return items.map(({ bytes }) => bytes)
}

/** A relay that holds what the host has made, and one package. */
function doorTo(packageBytes: Uint8Array): RelayDoor {
  const never = () => Promise.reject(new Error('nobody asks for this here'))
  return {
    ask: never,
    register: never,
    allow: never,
    fetchPackages: () => Promise.resolve([packageBytes]),
    fetchControl: () => itemsOf(host),
  }
}

test('who joined reads what somebody wrote who has not heard of it, for the invitation alone', async () => {
  const { clique } = host.session
  const wish = { role: 'member', uses: 1, expiresAt: Date.now() + day, random: systemRandom } as const
  const made = await host.session.act((log, me) => createInvitation(log, me, wish))
  const here = { store, door: doorTo(made.package), random: systemRandom, now: Date.now }
  const invitation = await openInvitation(here, { clique, relays: [], secret: made.secret })
  expect(await enterClique(here, invitation, 'Ben')).toBe(clique)

  await host.session.act((log, me) => rotateEpoch(log, me, { random: systemRandom }))
  await host.says('is nobody here yet?')
  const guest = await CliqueSession.open(store, clique)
  try {
    await guest.receiveItems(await itemsOf(host), 'a relay')
    const reception = await guest.receiveRecords(host.space, await host.records(), 'a relay')
    expect(reception).toMatchObject({ accepted: 1, waiting: 0, passedOver: 0, refused: [] })
    expect(await host.sees(guest)).toEqual(['Anna: is nobody here yet?'])
  } finally {
    await guest.close()
  }
})
