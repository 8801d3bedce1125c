import { mailboxIdOf, paddedSize, sealedRecordOverhead } from '@clique/crypto/verify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openAttestation, proveInput } from '../../protocol/index.ts'
import { testKey } from '../../protocol/testing/relay-key.ts'
import { TestRelay } from '../testing/session-harness.ts'
import type { TestSession } from '../testing/session-harness.ts'
import { TenantKeys } from '../testing/tenant-keys.ts'

let relay: TestRelay
const anna = new TenantKeys(1)
/** A clique of somebody who knows all capabilities of Anna's, and registers them as those of their own. */
const squatter = Object.assign(new TenantKeys(2), { capability: (g: number) => anna.capability(g) })
const stranger = new TenantKeys(3)

beforeEach(() => (relay = new TestRelay()))
afterEach(() => relay.close())

/** Of which tenant the relay attests that this device is. */
async function tenantOf(device: TestSession, keys: TenantKeys, generation: number): Promise<Uint8Array> {
  const { attestation } = await device.ask(keys.prove(device.facts, generation), 'attested')
  return (await openAttestation(attestation, relay.identity.key)).tenant
}

describe('a capability', () => {
  it('[TN9] that a member registered first for a clique of their own is registered for its own all the same', async () => {
    const { key } = relay.identity
    const theirs = await relay.member(squatter, '12D3s')
    const device = await relay.member(anna, '12D3a')
    // Before an admin of Anna's is here with it.
    expect(await theirs.outcome(squatter.renew(key, 2))).toBe('done')
    expect(await theirs.outcome(squatter.renew(key, 3))).toBe('done')
    expect(await device.outcome(anna.renew(key, 2))).toBe('done')
    expect(await tenantOf(device, anna, 2)).toEqual(anna.id)
    expect(await tenantOf(theirs, squatter, 2)).toEqual(squatter.id)
    expect(await device.outcome(anna.retire(key, 1))).toBe('done')
    const late = await relay.device('12D3b')
    expect(await late.outcome(anna.prove(late.facts, 1))).toBe('relay-capability-retired')
    // What ends in theirs, with all who are attested there, ends nothing in Anna's.
    expect(await theirs.outcome(squatter.retire(key, 2))).toBe('relay-capability-retired')
    expect([theirs.isEnded, device.isEnded]).toEqual([true, false])
    expect(await tenantOf(await relay.device('12D3c'), anna, 2)).toEqual(anna.id)
  })

  it('[TN9] is proven for the tenant that the proof names by its control mailbox, and for none by another mailbox', async () => {
    const theirs = await relay.member(squatter, '12D3s')
    const member = await relay.member(anna, '12D3a')
    await relay.member(stranger, '12D3x')
    const box = testKey(230)
    const content = mailboxIdOf(box.publicKey)
    await member.open(box, 'content')
    expect(await member.append(content, new Uint8Array(paddedSize(1) + sealedRecordOverhead))).toBe('stored')
    const device = await relay.device('12D3b')
    const proof = anna.prove(device.facts)
    const carried = { ...proof, control: squatter.controlMailbox }
    expect(await device.outcome(carried)).toBe('signature-invalid')
    const { publicKey: key, sign } = anna.capability(1)
    for (const control of [stranger.controlMailbox, content, mailboxIdOf(testKey(229).publicKey)]) {
      const signature = sign(proveInput(device.facts, control, key, 1))
      expect(await device.outcome({ ...proof, control, signature })).toBe('relay-capability-unknown')
    }
    expect(await tenantOf(device, anna, 1)).toEqual(anna.id)
    expect(await theirs.outcome(anna.prove(theirs.facts))).toBe('relay-other-tenant')
  })
})
