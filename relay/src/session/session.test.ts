import {
  mailboxIdOf,
  paddedSize,
  sealedRecordOverhead,
  toHex,
  verifyConsistency,
} from '@clique/crypto/verify'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  limits,
  openAttestation,
  openPolicy,
  openRange,
  openReceipt,
  tenantIdOf,
  proveInput,
} from '../../protocol/index.ts'
import { testKey } from '../../protocol/testing/relay-key.ts'
import { contentPlace } from '../storage/storage.ts'
import type { TenantId } from '../storage/storage.ts'
import { TestRelay } from '../testing/session-harness.ts'
import { TenantKeys, openMessage } from '../testing/tenant-keys.ts'
import { hashOfToken } from './tenant-requests.ts'
import { Session } from './session.ts'

const anna = new TenantKeys(1)
const stranger = new TenantKeys(2)
const box = testKey(230)
const boxId = mailboxIdOf(box.publicKey)
const annasBox = contentPlace(toHex(anna.id) as TenantId, boxId)
/** A record as small as they come, all zeros: the relay sees sizes alone. */
const record = new Uint8Array(paddedSize(1) + sealedRecordOverhead)

let relay = new TestRelay()
afterEach(async () => {
  await relay.close()
  relay = new TestRelay()
})

describe('a session', () => {
  it('[SE1] begins with hello, of a version that is spoken here', async () => {
    const device = await relay.device('12D3a')
    expect(await device.outcome({ kind: 'policy' })).toBe('policy')
    const early = await relay.device('12D3b')
    expect(await early.outcome({ kind: 'hello', version: 99 })).toBe('relay-version')
    expect(early.isEnded).toBe(true)
    expect(early.on({ kind: 'tick' })).toEqual([])
    const silent = new Session(new Uint8Array(32), '12D3c', () => true)
    expect(silent.on({ kind: 'message', message: { kind: 'policy', request: 1 } }, 1)).toEqual([
      { kind: 'send', message: { kind: 'closing', code: 'relay-hello-first' } },
      { kind: 'end' },
    ])
  })

  it('[SE2] ends when a request number is used twice at once, is zero, or bytes are no message', async () => {
    const device = await relay.device('12D3a')
    const policy = { kind: 'policy', request: 5 } as const
    device.on({ kind: 'message', message: policy })
    expect(device.on({ kind: 'message', message: policy })).toMatchObject([
      { message: { kind: 'closing', code: 'relay-message' } },
      { kind: 'end' },
    ])
    const other = await relay.device('12D3b')
    other.on({ kind: 'message', message: { ...policy, request: 0 } })
    expect(other.isEnded).toBe(true)
    const third = await relay.device('12D3c')
    third.on({ kind: 'garbage', code: 'frame-too-large' })
    expect(third.pushes).toEqual([{ kind: 'closing', code: 'frame-too-large' }])
  })

  it('[SE3] gives each one a nonce of its own, which ages', async () => {
    const [a, b] = [await relay.device('12D3a'), await relay.device('12D3a')]
    expect(a.facts.nonce).not.toEqual(b.facts.nonce)
    const keys = anna
    await relay.member(keys, '12D3m')
    expect(await b.outcome(keys.prove(a.facts))).toBe('signature-invalid')
    expect(await a.outcome(keys.prove({ ...a.facts, peer: '12D3x' }))).toBe('signature-invalid')
    relay.now += limits.nonceLife + 1
    expect(await a.outcome(keys.prove(a.facts))).toBe('relay-nonce-stale')
    await a.hello()
    expect(await a.outcome(keys.prove(a.facts))).toBe('attested')
  })

  it('[SE4] publishes every limit in a signed policy', async () => {
    const device = await relay.device('12D3a')
    const { policy } = await device.ask({ kind: 'policy' }, 'policy')
    const opened = await openPolicy(policy, relay.identity.key)
    expect(Object.fromEntries(opened.limits)).toEqual(limits)
  })
})

describe('a tenant', () => {
  it('[TN1] is registered with a token once, and again with the same registration', async () => {
    const device = await relay.device('12D3a')
    const token = new Uint8Array(16).fill(9)
    await relay.storage.allow(hashOfToken(token), relay.now, relay.now + 1000, 10)
    const registration = anna.register(relay.identity.key, token)
    const { tenant } = await device.ask(registration, 'registered')
    expect(tenant).toEqual(tenantIdOf(anna.admin.publicKey))
    expect(await device.outcome(registration)).toBe('registered')
    expect(await device.outcome(stranger.register(relay.identity.key, token))).toBe('relay-token-used')
    const guess = stranger.register(relay.identity.key, new Uint8Array(16))
    expect(await device.outcome(guess)).toBe('relay-token-unknown')
  })

  it('[TN1] proves that it holds both keys that it registers', async () => {
    const device = await relay.device('12D3a')
    const token = new Uint8Array(16).fill(9)
    const registration = anna.register(relay.identity.key, token)
    const signature = new Uint8Array(64)
    for (const broken of [{ adminSignature: signature }, { controlSignature: signature }]) {
      expect(await device.outcome({ ...registration, ...broken })).toBe('signature-invalid')
    }
    expect(await device.outcome(anna.register(testKey(99).publicKey, token))).toBe('signature-invalid')
  })

  it('[TN2] attests a device that holds its capability, for a while', async () => {
    const device = await relay.member(anna, '12D3a')
    const { attestation } = await device.ask(anna.prove(device.facts), 'attested')
    expect(await openAttestation(attestation, relay.identity.key)).toMatchObject({
      peer: '12D3a',
      tenant: anna.id,
      generation: 1,
      issued: relay.now,
      expires: relay.now + limits.attestationLife,
      size: 0,
    })
    expect(await device.outcome(stranger.prove(device.facts))).toBe('relay-capability-unknown')
    // The right key, truly signing that it is of another generation than it is.
    const { publicKey: key, sign } = anna.capability(1)
    const control = anna.controlMailbox
    const signature = sign(proveInput(device.facts, control, key, 2))
    const wrong = { kind: 'prove', control, key, generation: 2, signature } as const
    expect(await device.outcome(wrong)).toBe('relay-generation')
    relay.now += limits.attestationLife
    device.on({ kind: 'tick' })
    expect(device.pushes).toEqual([{ kind: 'closing', code: 'relay-nonce-stale' }])
  })

  it('[TN2] never shares a session with another', async () => {
    const device = await relay.member(anna, '12D3a')
    await relay.member(stranger, '12D3b')
    expect(await device.outcome(stranger.prove(device.facts))).toBe('relay-other-tenant')
  })

  it('[TN2] never shares a session with another, though both prove at once', async () => {
    await relay.member(anna, '12D3a')
    await relay.member(stranger, '12D3b')
    const device = await relay.device('12D3c')
    const outcomes = await Promise.all([
      device.outcome(anna.prove(device.facts)),
      device.outcome(stranger.prove(device.facts)),
      device.outcome(anna.prove(device.facts)),
    ])
    // Signatures are checked side by side, so either may be the first; what counts is that it stays alone.
    const isAnnas = device.session.attested?.tenant === toHex(anna.id)
    expect(device.session.attested?.tenant).toBe(toHex((isAnnas ? anna : stranger).id))
    const [own, other] = ['attested', 'relay-other-tenant']
    expect(outcomes).toEqual(isAnnas ? [own, other, own] : [other, own, other])
  })

  it('[TN3] is not proven by a generation that ends while it is', async () => {
    const member = await relay.member(anna, '12D3a')
    await member.ask(anna.renew(relay.identity.key, 2), 'done')
    const device = await relay.device('12D3c')
    relay.world.storage.logState = async (tenant) => {
      device.on({ kind: 'retired', tenant, generation: 1 })
      // Said again of one before, it takes nothing back.
      device.on({ kind: 'retired', tenant, generation: 0 })
      return { size: 0, root: new Uint8Array(32) }
    }
    expect(await device.outcome(anna.prove(device.facts, 1))).toBe('relay-capability-retired')
    expect(device.session.attested).toBeNull()
  })

  it('[TN3] renews its capability by its admin key: both count until the old one is retired', async () => {
    const device = await relay.member(anna, '12D3a')
    const old = await relay.member(anna, '12D3b')
    const { key } = relay.identity
    const forged = { ...anna.renew(key, 2), signature: stranger.admin.sign(new Uint8Array(1)) }
    expect(await device.outcome(forged)).toBe('signature-invalid')
    expect(await device.outcome(stranger.renew(key, 2))).toBe('relay-not-admin')
    expect(await device.outcome(anna.renew(key, 3))).toBe('relay-generation')
    expect(await device.outcome(anna.renew(key, 2))).toBe('done')
    expect(await device.outcome(anna.prove(device.facts, 1))).toBe('attested')
    expect(await device.outcome(anna.prove(device.facts, 2))).toBe('attested')
    expect(await device.outcome(anna.retire(key, 2))).toBe('relay-generation')
    expect(await device.outcome(anna.retire(key, 1))).toBe('done')
    expect(old.pushes).toEqual([{ kind: 'closing', code: 'relay-capability-retired' }])
    expect(device.isEnded).toBe(false)
    expect(await device.outcome(anna.prove(device.facts, 1))).toBe('relay-capability-retired')
    // Admins say it again in every session, which ends nothing anew.
    const heard = vi.spyOn(await relay.device('12D3d'), 'on')
    expect(await device.outcome(anna.retire(key, 1))).toBe('done')
    expect(heard).not.toHaveBeenCalledWith(expect.objectContaining({ kind: 'retired' }))
  })

  it('[TN4] lets others in only as the owner', async () => {
    const first = await relay.device('12D3a')
    const token = await relay.storage.claimToken(() => new Uint8Array(16).fill(3), hashOfToken)
    await first.ask(anna.register(relay.identity.key, token ?? new Uint8Array()), 'registered')
    const allowed = await first.ask(anna.allow(first.facts), 'allowed')
    const second = await relay.device('12D3b')
    await second.ask(stranger.register(relay.identity.key, allowed.token), 'registered')
    expect(await second.outcome(stranger.allow(second.facts))).toBe('relay-not-owner')
    expect(await second.outcome(anna.allow(first.facts))).toBe('signature-invalid')
    for (let i = 0; i < limits.allowsOutstanding; i++) await first.ask(anna.allow(first.facts), 'allowed')
    expect(await first.outcome(anna.allow(first.facts))).toBe('relay-too-many')
  })

  it('[TN5] gives tickets to attested devices, each good once and for a short time', async () => {
    const device = await relay.member(anna, '12D3a')
    const { ticket } = await device.ask({ kind: 'ticket' }, 'ticketed')
    expect(relay.world.tickets.use(ticket, relay.now)).toBe(toHex(anna.id))
    expect(relay.world.tickets.use(ticket, relay.now)).toBeNull()
    const late = await device.ask({ kind: 'ticket' }, 'ticketed')
    expect(relay.world.tickets.use(late.ticket, late.expires)).toBeNull()
    expect(await (await relay.device('12D3b')).outcome({ kind: 'ticket' })).toBe('relay-not-attested')
  })

  it('[TN6] proves its log consistent to attested devices', async () => {
    const device = await relay.member(anna, '12D3a')
    await device.open(anna.control, 'control')
    const states = []
    for (let i = 1; i < 6; i++) {
      const items = [Uint8Array.of(i)]
      const mailbox = anna.controlMailbox
      const stored = await device.ask({ kind: 'append', mailbox, keepUntil: 0, items }, 'stored')
      states.push(
        (await openReceipt(stored.receipt, { relay: relay.identity.key, mailbox, items })).checkpoint,
      )
    }
    const [, old, , , last] = states
    if (old === undefined || last === undefined) throw new Error('five checkpoints')
    const sizes = { oldSize: old.size, size: last.size }
    const { hashes } = await device.ask({ kind: 'consistency', ...sizes }, 'consistent')
    expect(verifyConsistency(old.size, last.size, old.root, last.root, hashes)).toBe(true)
    expect(await device.outcome({ kind: 'consistency', oldSize: 1, size: 99 })).toBe('relay-log-range')
    const other = await relay.device('12D3b')
    expect(await other.outcome({ kind: 'consistency', ...sizes })).toBe('relay-not-attested')
  })
})

describe('mailboxes', () => {
  it('[MB1] are opened by whoever signs with their key for this session', async () => {
    const device = await relay.member(anna, '12D3a')
    const message = openMessage(device.facts, anna.control, 'control')
    expect(await device.outcome({ ...message, signature: new Uint8Array(64) })).toBe('signature-invalid')
    expect(await device.outcome({ ...message, role: 'content' })).toBe('signature-invalid')
    expect(await device.outcome(message)).toBe('opened')
    const other = await relay.device('12D3b')
    expect(await other.outcome(message)).toBe('signature-invalid')
    expect(await other.append(anna.controlMailbox, record)).toBe('relay-mailbox-not-open')
    const reading = { kind: 'read', mailbox: anna.controlMailbox, cursor: 0, maxBytes: 1 } as const
    expect(await other.outcome(reading)).toBe('relay-mailbox-not-open')
    expect(await other.outcome({ kind: 'subscribe', mailbox: anna.controlMailbox })).toBe(
      'relay-mailbox-not-open',
    )
  })

  it('[MB2] of control need their key alone and come with the tenant', async () => {
    await relay.member(anna, '12D3a')
    const device = await relay.device('12D3b')
    expect(await device.open(anna.control, 'control')).toBe('opened')
    expect(await device.append(anna.controlMailbox, record)).toBe('stored')
    expect(await device.open(box, 'control')).toBe('relay-mailbox-unknown')
    expect(await device.open(anna.control, 'invitation')).toBe('relay-mailbox-kind')
    const member = await relay.member(anna, '12D3c')
    expect(await member.open(box, 'control')).toBe('relay-mailbox-unknown')
  })

  it('[MB4] that are not made yet are made by nobody whose attestation is over', async () => {
    const member = await relay.member(anna, '12D3a')
    expect(await member.open(box, 'invitation')).toBe('opened')
    relay.now += limits.attestationLife
    expect(await member.append(boxId, Uint8Array.of(1))).toBe('relay-mailbox-unknown')
  })

  it('[MB3] of content need an attestation', async () => {
    const member = await relay.member(anna, '12D3a')
    const device = await relay.device('12D3b')
    expect(await device.open(box, 'content')).toBe('relay-not-attested')
    expect(await member.open(box, 'content')).toBe('opened')
    expect(await device.open(box, 'content')).toBe('relay-not-attested')
    expect(await member.append(boxId, record)).toBe('stored')
    expect(await device.open(box, 'content')).toBe('relay-not-attested')
    relay.now += limits.attestationLife
    expect(await member.append(boxId, record)).toBe('relay-not-attested')
  })

  it('[MB3] of content are one within their tenant: who makes one of that name for another hinders nobody, and hears nothing', async () => {
    const [member, other] = [await relay.member(anna, '12D3a'), await relay.member(stranger, '12D3b')]
    const reader = await relay.member(anna, '12D3c')
    for (const device of [other, member, reader]) {
      expect(await device.open(box, 'content')).toBe('opened')
      await device.ask({ kind: 'subscribe', mailbox: boxId }, 'subscribed')
    }
    // As a member may do who has a clique of their own here, before anybody in the first wrote under the new keys.
    expect(await other.append(boxId, record, record)).toBe('stored')
    expect(await member.append(boxId, record)).toBe('stored')
    expect(reader.pushes).toEqual([{ kind: 'grew', mailbox: boxId, next: 1 }])
    expect(other.pushes).toEqual([])
    const reading = { kind: 'read', mailbox: boxId, cursor: 0, maxBytes: 1e6 } as const
    const facts = { relay: relay.identity.key, mailbox: boxId, from: 0 }
    for (const [device, tenant, count] of [
      [reader, anna.id, 1],
      [other, stranger.id, 2],
    ] as const) {
      const { items, statement } = await device.ask(reading, 'range')
      expect(items).toHaveLength(count)
      expect(await openRange(statement, items, facts)).toMatchObject({ tenant, next: count })
    }
    await reader.ask({ kind: 'unsubscribe', mailbox: boxId }, 'done')
    expect(await member.append(boxId, record)).toBe('stored')
    expect(reader.pushes).toHaveLength(1)
  })

  it.each(['invitation', 'recovery'] as const)(
    '[MB4] of %s are made by members and need their key alone',
    async (role) => {
      const device = await relay.device('12D3b')
      expect(await device.open(box, role)).toBe('relay-mailbox-unknown')
      const member = await relay.member(anna, '12D3a')
      expect(await member.open(box, role)).toBe('opened')
      expect(await member.append(boxId, Uint8Array.of(1))).toBe('stored')
      expect(await device.open(box, role)).toBe('opened')
      const range = await device.ask({ kind: 'read', mailbox: boxId, cursor: 0, maxBytes: 100 }, 'range')
      expect(range.items).toEqual([{ offset: 0, bytes: Uint8Array.of(1) }])
    },
  )

  it('[MB5] take padded records as content, and no empty or oversize items', async () => {
    const member = await relay.member(anna, '12D3a')
    await member.open(box, 'content')
    expect(await member.append(boxId, new Uint8Array(300))).toBe('relay-unpadded')
    expect(await member.append(boxId, record, new Uint8Array(0))).toBe('relay-item-size')
    expect(await member.append(boxId)).toBe('relay-item-size')
    expect(await relay.storage.findMailbox(annasBox)).toBeNull()
  })

  it('[MB6] give a receipt and signed ranges for what they hold', async () => {
    const member = await relay.member(anna, '12D3a')
    await member.open(box, 'content')
    const items = [record, new Uint8Array(record.length).fill(7)]
    const keepUntil = relay.now + limits.keepContent * 2
    const stored = await member.ask({ kind: 'append', mailbox: boxId, keepUntil, items }, 'stored')
    const facts = { relay: relay.identity.key, mailbox: boxId }
    const receipt = await openReceipt(stored.receipt, { ...facts, items })
    expect(receipt.leaf).toMatchObject({ first: 0, count: 2, keepUntil: relay.now + limits.keepContent })
    const range = await member.ask({ kind: 'read', mailbox: boxId, cursor: 1, maxBytes: 1e6 }, 'range')
    const signed = await openRange(range.statement, range.items, { ...facts, from: 1 })
    expect(signed).toMatchObject({ tenant: anna.id, to: 2, next: 2, size: 1, root: receipt.checkpoint.root })
    expect(range.items).toEqual([{ offset: 1, bytes: items[1] }])
  })

  it('[MB6] keep what a device with a wrong clock sends for two days at least', async () => {
    const member = await relay.member(anna, '12D3a')
    await member.open(box, 'content')
    const late = { kind: 'append', mailbox: boxId, keepUntil: relay.now - 1e10, items: [record] } as const
    const { receipt } = await member.ask(late, 'stored')
    const opened = await openReceipt(receipt, { relay: relay.identity.key, mailbox: boxId, items: [record] })
    expect(opened.leaf.keepUntil).toBe(relay.now + limits.keepAtLeast)
  })

  it('[MB7] tell those who subscribed that they grew', async () => {
    const [a, b] = [await relay.member(anna, '12D3a'), await relay.member(anna, '12D3b')]
    await a.open(box, 'content')
    await b.open(box, 'content')
    expect(await b.ask({ kind: 'subscribe', mailbox: boxId }, 'subscribed')).toMatchObject({ next: 0 })
    await a.append(boxId, record)
    expect(b.pushes).toEqual([{ kind: 'grew', mailbox: boxId, next: 1 }])
    await b.ask({ kind: 'unsubscribe', mailbox: boxId }, 'done')
    await a.append(boxId, record)
    expect(b.pushes).toHaveLength(1)
  })
})

describe('open mailboxes', () => {
  it(
    '[MB8] are limited in number, and one that is given back makes room for another',
    { timeout: 30_000 },
    async () => {
      const member = await relay.member(anna, '12D3a')
      await member.open(box, 'content')
      await member.ask({ kind: 'subscribe', mailbox: boxId }, 'subscribed')
      for (let n = 1; n < limits.mailboxesPerSession; n++) {
        expect(await member.open(testKey(232, n), 'content')).toBe('opened')
      }
      expect(await member.open(testKey(231), 'content')).toBe('relay-too-many')
      // What is open already needs no further place.
      expect(await member.open(box, 'content')).toBe('opened')
      await member.ask({ kind: 'close', mailbox: boxId }, 'done')
      expect(member.session.watched.size).toBe(0)
      expect(await member.append(boxId, record)).toBe('relay-mailbox-not-open')
      await member.ask({ kind: 'close', mailbox: boxId }, 'done')
      expect(await member.open(testKey(231), 'content')).toBe('opened')
      expect(await member.open(box, 'content')).toBe('relay-too-many')
    },
  )
})

describe('a mailbox that is not there', () => {
  it('[MB9] is empty to members, costs nothing to open, and begins with its first item', async () => {
    const [a, b] = [await relay.member(anna, '12D3a'), await relay.member(anna, '12D3b')]
    await a.open(box, 'content')
    await b.open(box, 'content')
    expect(await relay.storage.findMailbox(annasBox)).toBeNull()
    expect(await a.ask({ kind: 'subscribe', mailbox: boxId }, 'subscribed')).toMatchObject({ next: 0 })
    const reading = { kind: 'read', mailbox: boxId, cursor: 0, maxBytes: 1e6 } as const
    const empty = await a.ask(reading, 'range')
    const facts = { relay: relay.identity.key, mailbox: boxId, from: 0 }
    expect(await openRange(empty.statement, empty.items, facts)).toMatchObject({ to: 0, next: 0 })
    expect(await b.append(boxId, record)).toBe('stored')
    expect(a.pushes).toEqual([{ kind: 'grew', mailbox: boxId, next: 1 }])
    expect((await a.ask(reading, 'range')).items).toHaveLength(1)
  })

  it('[MB9] is gone again when all in it is over, and who had it open goes on', async () => {
    const member = await relay.member(anna, '12D3a')
    await member.open(box, 'content')
    await member.append(boxId, record)
    expect(await relay.storage.prune(relay.now + 2e9, 10)).toBe(1)
    const reading = { kind: 'read', mailbox: boxId, cursor: 0, maxBytes: 1e6 } as const
    expect(await member.ask(reading, 'range')).toMatchObject({ items: [] })
    expect(await member.append(boxId, record)).toBe('stored')
    expect((await member.ask(reading, 'range')).items).toMatchObject([{ offset: 1 }])
  })

  it('[MB9] is made as it was opened: others who were quicker are told from it', async () => {
    const [member, other] = [await relay.member(anna, '12D3a'), await relay.member(stranger, '12D3b')]
    await member.open(box, 'invitation')
    await other.open(box, 'invitation')
    expect(await other.append(boxId, record)).toBe('stored')
    expect(await member.append(boxId, record)).toBe('relay-other-tenant')
    const reading = { kind: 'read', mailbox: boxId, cursor: 0, maxBytes: 1e6 } as const
    expect(await member.outcome(reading)).toBe('relay-other-tenant')
    const second = await relay.member(anna, '12D3c')
    expect(await second.open(box, 'recovery')).toBe('relay-mailbox-kind')
  })

  it('[MB9] is of one kind in a session, until it is given back', async () => {
    const member = await relay.member(anna, '12D3a')
    expect(await member.open(box, 'content')).toBe('opened')
    expect(await member.open(box, 'invitation')).toBe('relay-mailbox-kind')
    await member.ask({ kind: 'close', mailbox: boxId }, 'done')
    expect(await member.open(box, 'invitation')).toBe('opened')
  })

  it('[Q4] is made at a pace, and what is there takes on', { timeout: 30_000 }, async () => {
    const member = await relay.member(anna, '12D3a')
    const append = async (n: number) => {
      const key = testKey(233, n)
      await member.open(key, 'recovery')
      return member.append(mailboxIdOf(key.publicKey), Uint8Array.of(1))
    }
    for (let n = 0; n < limits.mailboxBurst; n++) expect(await append(n)).toBe('stored')
    expect(await append(limits.mailboxBurst)).toBe('relay-too-fast')
    expect(await append(0)).toBe('stored')
    relay.now += 3_600_000 / limits.mailboxesPerHour
    await member.hello()
    expect(await append(limits.mailboxBurst)).toBe('stored')
    expect(await append(limits.mailboxBurst + 1)).toBe('relay-too-fast')
  })
})

describe('quotas', () => {
  it('[Q1] unattested devices fill their own small share of control, never that of members', async () => {
    const member = await relay.member(anna, '12D3a')
    const device = await relay.device('12D3b')
    await member.open(anna.control, 'control')
    await device.open(anna.control, 'control')
    const item = new Uint8Array(limits.itemSize)
    let refused = 'stored'
    for (let i = 0; refused === 'stored' || refused === 'relay-too-fast'; i++) {
      refused = await device.append(anna.controlMailbox, item)
      // It is slow, too: it has to wait.
      if (refused === 'relay-too-fast') relay.now += 60_000
      if (i > 500) throw new Error('without end')
    }
    expect(refused).toBe('relay-quota')
    await member.hello()
    await member.ask(anna.prove(member.facts), 'attested')
    expect(await member.append(anna.controlMailbox, item)).toBe('stored')
  })

  it('[Q2] a recovery mailbox is small', async () => {
    const member = await relay.member(anna, '12D3a')
    await member.open(box, 'recovery')
    const half = new Uint8Array(limits.recoveryMailboxBytes / 2 + 1)
    expect(await member.append(boxId, half)).toBe('stored')
    expect(await member.append(boxId, half)).toBe('relay-mailbox-full')
  })

  it('[Q5] signatures are checked at a pace, over all sessions of a PeerId, lower before it is attested', async () => {
    await relay.member(anna, '12D3a')
    const guess = testKey(234)
    const sessions = [await relay.device('12D3c'), await relay.device('12D3c')]
    let asked = 0
    const ask = async (): Promise<string> => {
      const session = sessions[asked++ % 2]
      if (session === undefined) throw new Error('two sessions')
      return session.outcome({
        ...openMessage(session.facts, guess, 'invitation'),
        signature: new Uint8Array(64),
      })
    }
    for (let i = 0; i < limits.strangerCheckBurst; i++) expect(await ask()).toBe('signature-invalid')
    expect(await ask()).toBe('relay-too-fast')
    const [session] = sessions
    if (session === undefined) throw new Error('two sessions')
    expect(await session.outcome(anna.prove(session.facts))).toBe('relay-too-fast')
    relay.now += 60_000 / limits.strangerChecksPerMinute
    expect(await session.outcome(anna.prove(session.facts))).toBe('attested')
    // From now on it has what members have.
    for (let i = 0; i <= limits.strangerCheckBurst; i++) {
      expect(await session.open(guess, 'content')).toBe('opened')
    }
    expect(await (await relay.device('12D3d')).open(guess, 'invitation')).toBe('relay-mailbox-unknown')
  })

  it('[Q5] a registration counts for both of its signatures', () => {
    const { allowances } = relay
    const check = (count: number, at: number) => allowances.spend('peer', 'strangerChecks', count, false, at)
    expect(check(limits.strangerCheckBurst - 1, 0)).toBe(true)
    expect(check(2, 0)).toBe(false)
    expect(check(1, 0)).toBe(true)
    const members = () => allowances.spend('peer', 'memberChecks', limits.memberCheckBurst, true, 0)
    expect([members(), members()]).toEqual([true, false])
  })

  it('[Q3] a PeerId sends a burst, then at its rate; a new one less than a known one', async () => {
    const { allowances } = relay
    const spend = (bytes: number, at: number, attested = true) =>
      allowances.spend('peer', 'bytes', bytes, attested, at)
    expect(spend(limits.newPeerBurst + 1, 0)).toBe(false)
    expect(spend(limits.newPeerBurst, 0)).toBe(true)
    expect(spend(1, 0)).toBe(false)
    expect(spend(limits.newPeerBytesPerSecond, 1000)).toBe(true)
    expect(spend(1, 1000)).toBe(false)
    const later = limits.newPeerFor * 2
    expect(spend(limits.newPeerBurst + 1, later)).toBe(true)
    expect(spend(limits.strangerBurst + 1, later * 2, false)).toBe(false)
  })

  it('[Q3] what is appended is taken off it', async () => {
    const member = await relay.member(anna, '12D3a')
    expect(await member.open(anna.control, 'control')).toBe('opened')
    const left = () => relay.allowances.spend('12D3a', 'bytes', limits.newPeerBurst, true, relay.now)
    expect(await member.append(anna.controlMailbox, record)).toBe('stored')
    expect(left()).toBe(false)
    expect(
      relay.allowances.spend('12D3a', 'bytes', limits.newPeerBurst - record.length, true, relay.now),
    ).toBe(true)
    expect(await member.append(anna.controlMailbox, record)).toBe('relay-too-fast')
  })
})
