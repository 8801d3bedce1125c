import { toHex } from '@clique/crypto/verify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { testKey } from '../../protocol/testing/relay-key.ts'
import { TestRelay } from '../testing/session-harness.ts'
import { TenantKeys } from '../testing/tenant-keys.ts'
import { hashOfToken } from './tenant-requests.ts'

let relay: TestRelay
const anna = new TenantKeys(1)
const stranger = new TenantKeys(2)
const second = testKey(250)

beforeEach(() => (relay = new TestRelay()))
afterEach(() => relay.close())

/** Anna's clique as the device with the second key speaks for it. */
function withSecondKey(): TenantKeys {
  return Object.assign(new TenantKeys(1), { admin: second })
}

describe('admin keys', () => {
  it('[TN7] one that was named renews and retires, and may leave out the one that registered', async () => {
    const device = await relay.member(anna, '12D3a')
    const other = await relay.member(anna, '12D3b')
    const ben = withSecondKey()
    const { key } = relay.identity
    expect(await other.outcome(ben.renew(key, 2))).toBe('relay-not-admin')
    const both = anna.admins(device.facts, anna.admin, second)
    expect(await device.outcome(both)).toBe('done')
    expect(await other.outcome(ben.renew(key, 2))).toBe('done')
    expect(await other.outcome(ben.prove(other.facts, 2))).toBe('attested')
    expect(await other.outcome(ben.retire(key, 1))).toBe('done')
    expect(device.isEnded).toBe(true)
    expect(await other.outcome(ben.admins(other.facts, second))).toBe('done')
    const again = await relay.device('12D3a')
    expect(await again.outcome(anna.renew(key, 3))).toBe('relay-not-admin')
    expect(await again.outcome(anna.admins(again.facts, anna.admin))).toBe('relay-not-admin')
    expect(await other.outcome(ben.renew(key, 3))).toBe('done')
  })

  it('[TN7] a list without its signer, of others, forged, or of another session is refused', async () => {
    const device = await relay.member(anna, '12D3a')
    const other = await relay.member(anna, '12D3b')
    const own = anna.admin
    expect(await device.outcome(anna.admins(device.facts, second))).toBe('relay-not-admin')
    const forged = { ...anna.admins(device.facts, own), signature: stranger.admin.sign(new Uint8Array(1)) }
    expect(await device.outcome(forged)).toBe('signature-invalid')
    expect(await other.outcome(anna.admins(device.facts, own))).toBe('signature-invalid')
    const foreign = await relay.member(stranger, '12D3c')
    expect(await foreign.outcome(anna.admins(foreign.facts, own))).toBe('relay-not-admin')
    expect(await relay.storage.findAdmin(second.publicKey)).toBeNull()
  })

  it('[TN8] a key is taken with its own word for this clique alone: without it nothing of the list is', async () => {
    const device = await relay.member(anna, '12D3a')
    const other = await relay.member(stranger, '12D3b')
    const third = testKey(249)
    const { facts } = device
    const list = anna.admins(facts, anna.admin, second, third)
    const [own, , last] = list.keys
    if (own === undefined || last === undefined) throw new Error('three were named')
    const { publicKey: key } = second
    const elsewhere = new Uint8Array(32).fill(9)
    const words = [
      // For another clique, at another relay, of another key, and of nobody.
      stranger.consent(facts.relay, second),
      anna.consent(elsewhere, second),
      { key, consent: anna.consent(facts.relay, third).consent },
      { key, consent: new Uint8Array(64) },
    ]
    for (const word of words) {
      expect(await device.outcome({ ...list, keys: [own, word, last] })).toBe('signature-invalid')
    }
    // Its own word for Anna's clique, as a member reads it there, counts in no clique of theirs.
    const theirs = stranger.admins(other.facts, stranger.admin, second)
    const stolen = { ...theirs, keys: [...theirs.keys.slice(0, 1), anna.consent(facts.relay, second)] }
    expect(await other.outcome(stolen)).toBe('signature-invalid')
    expect(await relay.storage.findAdmin(key)).toBeNull()
    expect(await device.outcome(list)).toBe('done')
    const ben = withSecondKey()
    expect(await device.outcome(ben.renew(relay.identity.key, 2))).toBe('done')
  })

  it('[TN7] a key that agreed to be of two cliques is of the first, and speaks in no session of the other', async () => {
    const device = await relay.member(anna, '12D3a')
    const other = await relay.member(stranger, '12D3b')
    const third = testKey(249)
    expect(await other.outcome(stranger.admins(other.facts, stranger.admin, second))).toBe('done')
    expect(await device.outcome(anna.admins(device.facts, anna.admin, second, third))).toBe('done')
    const idOf = async (key: Uint8Array) => (await relay.storage.findAdmin(key))?.id
    expect(await idOf(third.publicKey)).toBe(toHex(anna.id))
    expect(await idOf(second.publicKey)).toBe(toHex(stranger.id))
    const ben = withSecondKey()
    const { key } = relay.identity
    expect(await device.outcome(ben.renew(key, 2))).toBe('relay-not-admin')
    expect(await device.outcome(ben.retire(key, 1))).toBe('relay-not-admin')
    expect(await device.outcome(ben.admins(device.facts, second))).toBe('relay-not-admin')
  })

  it('[TN4] lets others in by any admin key of the owner', async () => {
    const device = await relay.device('12D3a')
    const token = await relay.storage.claimToken(() => new Uint8Array(16).fill(3), hashOfToken)
    await device.ask(anna.register(relay.identity.key, token ?? new Uint8Array()), 'registered')
    const ben = withSecondKey()
    expect(await device.outcome(ben.allow(device.facts))).toBe('relay-not-owner')
    await device.ask(anna.admins(device.facts, anna.admin, second), 'done')
    expect(await device.outcome(ben.allow(device.facts))).toBe('allowed')
  })
})
