import {
  concat,
  idToBytes,
  removeMember,
  sealPseudonym,
  setRole,
  signerFromSeed,
  toHex,
} from '@clique/crypto'
import type { DeviceId } from '@clique/crypto'
import { limits, tenantIdOf } from '@clique/relay/protocol'
import { beforeEach, expect, test } from 'vitest'
import { people } from '../../../crypto/src/testing/people.ts'
import type { Person } from '../../../crypto/src/testing/people.ts'
import { Told } from '../../../crypto/src/testing/told.ts'
import type { Teller } from '../../../crypto/src/testing/told.ts'
import { consentTo } from '../network/tenants.ts'
import { AdminNotes } from './admin-notes.ts'

const [relay, tenant, elsewhere] = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
]
const own = { key: new Uint8Array(32).fill(4), consent: new Uint8Array(64) }
let anna: Person
let ben: Person

beforeEach(async () => {
  ;({ anna, ben } = await people(21, 'anna', 'ben'))
  await anna.creates()
  const invitation = await anna.invites({ role: 'admin' })
  await ben.joins(invitation, anna.items)
  await anna.receives(...ben.items)
})

function opened(kept: Uint8Array | null): AdminNotes {
  const notes = AdminNotes.read(relay, tenant, kept)
  if (notes === null) throw new Error('it is of this tenant')
  return notes
}

/** What somebody leaves, with their word for a tenant. */
async function noteOf({ log, device, random }: Person, of: Uint8Array): Promise<Uint8Array> {
  const pseudonym = signerFromSeed(new Uint8Array(32).fill(5))
  const { consent } = await consentTo(relay, of, pseudonym)
  return sealPseudonym(log, { relay, device: device.signer, pseudonym, consent }, random)
}

const isNamed = (notes: AdminNotes): boolean =>
  notes.named(anna.log.state, anna.device.id, own).some(({ key }) => key !== own.key)

test('[AD5] what was read of a device is kept until the roster has it out, and names it while it is an admin’s', async () => {
  const read = opened(null)
  await read.take(anna.log, await noteOf(ben, tenant))
  expect(isNamed(read)).toBe(true)
  const kept = read.settle(anna.log.state)
  expect(isNamed(opened(kept))).toBe(true)

  for (const role of ['member', 'admin'] as const) {
    await anna.does((log, me, options) => setRole(log, me, ben.root.id, role, options))
    expect(isNamed(opened(kept))).toBe(role === 'admin')
    expect(opened(kept).settle(anna.log.state)).toEqual(kept)
  }
  await anna.does((log, me, options) =>
    removeMember(log, me, ben.root.id, {
      ...options,
      held: () => null,
      countersigns: [],
      renewCapability: true,
    }),
  )
  expect(isNamed(opened(kept))).toBe(false)
  expect(opened(kept).settle(anna.log.state)).toEqual(tenant)
})

test('[AD8] a note with a word for another tenant is passed over, and so is a relay that speaks of another', async () => {
  const notes = opened(null)
  const taken = notes.take(anna.log, await noteOf(ben, elsewhere))
  await expect(taken).rejects.toMatchObject({ code: 'signature-invalid' })
  expect(isNamed(notes)).toBe(false)
  expect(AdminNotes.read(relay, elsewhere, notes.settle(anna.log.state))).toBeNull()
})

test('[AD8] a tenant is proven by the note of another admin, and by nobody else’s and no other word of theirs', async () => {
  const { carl } = await people(22, 'carl')
  await carl.joins(await anna.invites(), anna.items)
  await ben.receives(...anna.items, ...carl.items)
  const notes = opened(null)
  const isProven = (read = notes) => read.isProven(ben.log.state, ben.device.id, own.key)
  for (const one of [carl, ben]) await notes.take(ben.log, await noteOf(one, tenant))
  await notes.take(ben.log, await noteOf(anna, elsewhere)).catch(() => undefined)
  expect(isProven()).toBe(false)
  await notes.take(ben.log, await noteOf(anna, tenant))
  expect(isProven()).toBe(true)

  // So it is from then on, whoever is an admin.
  const kept = notes.settle(ben.log.state)
  await anna.does((log, me, options) => setRole(log, me, ben.root.id, 'owner', options))
  await anna.does((log, me, options) => setRole(log, me, anna.root.id, 'member', options))
  await ben.receives(...anna.items)
  expect([isProven(), isProven(opened(kept))]).toEqual([true, true])
  const late = opened(null)
  await late.take(ben.log, await noteOf(anna, tenant))
  expect(isProven(late)).toBe(false)
})

test('[AD8] the key that registered the clique needs no other’s word', () => {
  const { state } = anna.log
  const of = (named: Uint8Array) => AdminNotes.read(relay, tenantIdOf(named), null)
  expect(of(own.key)?.isProven(state, anna.device.id, own.key)).toBe(true)
  expect(of(elsewhere)?.isProven(state, anna.device.id, own.key)).toBe(false)
})

test.each(['full', 'since-join'] as const)(
  '[AD8] whoever comes later reads notes from before, with %s as well',
  async (history) => {
    const [first, last] = Object.values(await people(23, 'first', 'last')) as [Person, Person]
    await first.creates({ history })
    const note = await noteOf(first, tenant)
    await last.joins(await first.invites({ role: 'admin' }), first.items)
    const notes = opened(null)
    await notes.take(last.log, note)
    expect(notes.isProven(last.log.state, last.device.id, own.key)).toBe(true)
  },
)

/** As kept after the notes of these devices, in this order; each has its place in `all` as its key. */
function keptOf(devices: readonly DeviceId[], all: readonly DeviceId[]): Uint8Array {
  const parts = devices.flatMap((id) => [idToBytes(id), keyOf(all.indexOf(id)), new Uint8Array(64)])
  return concat(tenant, ...parts)
}

function keyOf(place: number): Uint8Array {
  return new Uint8Array(32).fill(place + 100)
}

test('[AD7] of more admins’ devices than a relay takes, whoever names them names the most senior', () => {
  const told = new Told('many admins')
  const founder = told.anna
  const admins: Teller[] = [founder]
  while (admins.length < 9) admins.push(told.admit(founder, 'admin'))
  const devices = admins.flatMap((one) => {
    const first = one.device
    const more = Array.from({ length: 7 }, () => told.add(one).device)
    return [first, ...more].toSorted()
  })
  told.meet(...admins)
  const state = told.roster(...admins)
  const senior = devices.slice(0, limits.adminKeys).map((_, place) => toHex(keyOf(place)))
  const namedBy = (place: number, heard: readonly DeviceId[]): string[] => {
    const device = devices[place]
    if (device === undefined) throw new Error('somebody names')
    const me = { key: keyOf(place), consent: new Uint8Array(64) }
    return opened(keptOf(heard, devices))
      .named(state, device, me)
      .map(({ key }) => toHex(key))
  }
  expect(devices).toHaveLength(72)
  expect(namedBy(0, devices)).toEqual(senior)
  expect(namedBy(40, devices.toReversed())).toEqual(senior)
  // Whom others do not name any more names itself instead of the last one: a list without its signer is refused.
  expect(namedBy(70, devices)).toEqual([...senior.slice(0, -1), toHex(keyOf(70))])
})
