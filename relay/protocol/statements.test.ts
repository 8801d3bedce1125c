import {
  bytesToId,
  decode,
  encode,
  labels,
  leafHash,
  mailboxIdOf,
  nodesOf,
  proveInclusion,
} from '@clique/crypto/verify'
import { frontierRoot, appendLeaf, emptyFrontier, signCheckpoint } from '@clique/crypto/verify'
import { describe, expect, it } from 'vitest'
import { readAbout } from './about.ts'
import { limits } from './limits.ts'
import { hashOfBatch, leafToBytes, logOrigin, openReceipt, receiptToBytes } from './receipt.ts'
import type { Leaf } from './receipt.ts'
import { openLogStatement } from './log-statement.ts'
import {
  hashOfItems,
  openAttestation,
  openPolicy,
  openRange,
  policyLimit,
  signAttestation,
  signPolicy,
  signRange,
} from './statements.ts'
import type { Policy } from './statements.ts'
import { testKey } from './testing/relay-key.ts'
import {
  bytesToWebRtcPlace,
  maxWebRtcAddresses,
  maxWebRtcPlaceSize,
  webRtcPlaceToBytes,
} from './webrtc-place.ts'

const relay = testKey(1)
const otherRelay = testKey(2)
const tenant = new Uint8Array(32).fill(5)
const root = new Uint8Array(32).fill(6)
const mailbox = bytesToId('mailbox', new Uint8Array(32).fill(7))

describe('attestations', () => {
  const attestation = {
    relay: relay.publicKey,
    peer: '12D3KooWabc',
    tenant,
    generation: 2,
    issued: 1000,
    expires: 2000,
    size: 3,
    root,
  }
  const signed = signAttestation(attestation, relay.signStatement)

  it('[S1] say what the relay signed', async () => {
    expect(await openAttestation(signed, relay.publicKey)).toEqual(attestation)
  })

  it('[S1] of another relay, or that name another relay, are refused', async () => {
    await expect(openAttestation(signed, otherRelay.publicKey)).rejects.toThrow('relay-signature')
    const strange = signAttestation(attestation, otherRelay.signStatement)
    await expect(openAttestation(strange, otherRelay.publicKey)).rejects.toThrow('relay-signature')
  })

  it('[S2] with any byte changed, cut or added are refused', async () => {
    for (let i = 0; i < signed.length; i++) {
      const changed = signed.slice()
      changed[i] = (changed[i] ?? 0) ^ 1
      await expect(openAttestation(changed, relay.publicKey)).rejects.toThrow(/relay-(signature|answer)/)
      await expect(openAttestation(signed.subarray(0, i), relay.publicKey)).rejects.toThrow('relay-answer')
    }
    await expect(openAttestation(Uint8Array.of(...signed, 0), relay.publicKey)).rejects.toThrow(
      'relay-answer',
    )
  })

  it('[S3] are not taken for a policy or a range', async () => {
    await expect(openPolicy(signed, relay.publicKey)).rejects.toThrow('relay-signature')
    const asked = { relay: relay.publicKey, mailbox, from: 0 }
    await expect(openRange(signed, [], asked)).rejects.toThrow('relay-signature')
  })
})

describe('signed ranges', () => {
  const items = [
    { offset: 4, bytes: Uint8Array.of(1) },
    { offset: 6, bytes: Uint8Array.of(2) },
  ]
  const range = {
    relay: relay.publicKey,
    tenant,
    mailbox,
    from: 3,
    to: 7,
    next: 9,
    items: hashOfItems(items),
    time: 5,
    size: 3,
    root,
  }
  const asked = { relay: relay.publicKey, mailbox, from: 3 }
  const sign = (changes: Partial<typeof range>): Uint8Array =>
    signRange({ ...range, ...changes }, relay.signStatement)

  it('[S4] are read with the items they cover', async () => {
    expect(await openRange(sign({}), items, asked)).toEqual(range)
  })

  it('[S4] that lack an item, hold another or name it at another offset are refused', async () => {
    const [first, second] = items
    if (first === undefined || second === undefined) throw new Error('two items')
    for (const given of [
      [first],
      [first, { offset: 6, bytes: Uint8Array.of(3) }],
      [first, { ...second, offset: 5 }],
    ]) {
      await expect(openRange(sign({}), given, asked)).rejects.toThrow('relay-answer')
    }
  })

  it.each([
    ['another cursor', { from: 2 }],
    ['another mailbox', { mailbox: bytesToId('mailbox', new Uint8Array(32)) }],
    ['an end before its items', { to: 6 }],
    ['an end past the mailbox', { to: 10 }],
  ])('[S4] with %s are refused', async (_what, changes) => {
    await expect(openRange(sign(changes), items, asked)).rejects.toThrow('relay-answer')
  })

  it('[S4] that give nothing and do not move on while there is more are refused', async () => {
    const stuck = sign({ to: 3, items: hashOfItems([]) })
    await expect(openRange(stuck, [], asked)).rejects.toThrow('relay-answer')
  })

  it('[S4] at the end of a mailbox, or beyond it, are empty', async () => {
    for (const from of [9, 20]) {
      const empty = sign({ from, to: from, items: hashOfItems([]) })
      expect((await openRange(empty, [], { ...asked, from })).to).toBe(from)
    }
  })
})

describe('policies', () => {
  const plain = {
    relay: relay.publicKey,
    version: 1,
    issued: 5,
    stunPort: 3478,
    webRtc: null,
    limits: new Map<string, number>(),
  }
  const webRtc = {
    certificate: new Uint8Array(32).fill(8),
    port: 8788,
    addresses: [Uint8Array.of(203, 0, 113, 5), new Uint8Array(16).fill(0x20)],
  }
  const open = (policy: Policy) => openPolicy(signPolicy(policy, relay.signStatement), relay.publicKey)

  it('[S5] say where WebRTC connections are taken, if anywhere, and are what they were before if not', async () => {
    expect(await open({ ...plain, webRtc })).toEqual({ ...plain, webRtc })
    expect(await open(plain)).toEqual(plain)
    const body = encode([1, relay.publicKey, 1, 5, 3478, new Map()])
    const older = encode([body, relay.signStatement(labels.relayPolicy, body)])
    expect(signPolicy(plain, relay.signStatement)).toEqual(older)
  })

  it('[S5] whose place for WebRTC is none are refused', async () => {
    const address = Uint8Array.of(1, 2, 3, 4)
    for (const change of [
      { port: 0 },
      { port: 65_536 },
      { addresses: [] },
      { addresses: Array.from({ length: maxWebRtcAddresses + 1 }, () => address) },
      { addresses: [address.slice(1)] },
      { certificate: new Uint8Array(31) },
    ]) {
      await expect(open({ ...plain, webRtc: { ...webRtc, ...change } })).rejects.toThrow('relay-answer')
      expect(() => bytesToWebRtcPlace(webRtcPlaceToBytes({ ...webRtc, ...change }))).toThrow()
    }
    expect(bytesToWebRtcPlace(webRtcPlaceToBytes(webRtc))).toEqual(webRtc)
    expect(() => bytesToWebRtcPlace(new Uint8Array(maxWebRtcPlaceSize + 1))).toThrow('shape-out-of-range')
    const all = Array.from({ length: maxWebRtcAddresses }, () => new Uint8Array(16))
    expect(webRtcPlaceToBytes({ ...webRtc, addresses: all }).length).toBeLessThanOrEqual(maxWebRtcPlaceSize)
  })

  it('[S5] say where STUN is answered, if anywhere', async () => {
    for (const stunPort of [null, 1, 65_535]) {
      const policy = { ...plain, stunPort }
      const opened = await openPolicy(signPolicy(policy, relay.signStatement), relay.publicKey)
      expect(opened.stunPort).toBe(stunPort)
    }
    const signed = signPolicy({ ...plain, stunPort: 65_536 }, relay.signStatement)
    await expect(openPolicy(signed, relay.publicKey)).rejects.toThrow('relay-answer')
  })

  it('[S5] publish every limit by name', async () => {
    const published = new Map<string, number>(Object.entries({ ...limits, itemSize: 1234 }))
    const policy = { ...plain, limits: published }
    const opened = await openPolicy(signPolicy(policy, relay.signStatement), relay.publicKey)
    expect(opened).toEqual(policy)
    expect(policyLimit(opened, 'itemSize')).toBe(1234)
    expect(policyLimit({ ...opened, limits: new Map() }, 'itemSize')).toBe(limits.itemSize)
  })
})

describe('receipts', () => {
  const items = [Uint8Array.of(1, 2), Uint8Array.of(3)]
  const key = new Uint8Array(32).fill(9)
  const box = mailboxIdOf(key)
  const leaf: Leaf = { mailbox: box, first: 0, count: 2, batch: hashOfBatch(items), time: 10, keepUntil: 20 }
  const signer = {
    publicKey: relay.publicKey,
    sign: (bytes: Uint8Array) => Promise.resolve(relay.sign(bytes)),
  }

  async function makeReceipt(index = 2, size = 5): Promise<Uint8Array> {
    const leaves = Array.from({ length: size }, (_, i) => leafHash(Uint8Array.of(i)))
    leaves[index] = leafHash(leafToBytes(leaf))
    const frontier = leaves.reduce((before, hash) => appendLeaf(before, hash), emptyFrontier)
    const origin = logOrigin(relay.publicKey, tenant)
    const note = await signCheckpoint(signer, { origin, size, root: frontierRoot(frontier) })
    const proof = proveInclusion(nodesOf(leaves), index, size)
    return receiptToBytes({ tenant, leaf: leafToBytes(leaf), index, proof, note })
  }
  const sent = { relay: relay.publicKey, mailbox: box, items }

  it('[S6] show the batch in the log that the relay signed', async () => {
    const receipt = await openReceipt(await makeReceipt(), sent)
    expect(receipt).toMatchObject({ tenant, leaf, index: 2 })
    expect(receipt.checkpoint.size).toBe(5)
  })

  it('[S6] of other items, another mailbox or another relay are refused', async () => {
    const bytes = await makeReceipt()
    await expect(openReceipt(bytes, { ...sent, items: [...items].reverse() })).rejects.toThrow('relay-answer')
    await expect(openReceipt(bytes, { ...sent, mailbox })).rejects.toThrow('relay-answer')
    const elsewhere = { ...sent, relay: otherRelay.publicKey }
    await expect(openReceipt(bytes, elsewhere)).rejects.toThrow('relay-signature')
  })

  it('[S6] that name a place where the leaf is not are refused', async () => {
    const values = decode(await makeReceipt()) as unknown[]
    await expect(openReceipt(encode(values.with(2, 3) as never), sent)).rejects.toThrow('relay-signature')
    await expect(openReceipt(encode(values.with(3, []) as never), sent)).rejects.toThrow('relay-signature')
  })

  it('[S2] with any byte changed are refused', async () => {
    const bytes = await makeReceipt()
    for (let i = 0; i < bytes.length; i++) {
      const changed = bytes.slice()
      changed[i] = (changed[i] ?? 0) ^ 1
      await expect(openReceipt(changed, sent)).rejects.toThrow(/relay-(signature|answer)/)
    }
  })
})

describe('what a relay tells over HTTP', () => {
  const about = { relay: '12D3', version: '0.1.0', protocol: '/clique/relay/1', claimed: true, policy: 'AA' }

  it('[H1] is read strictly', () => {
    expect(readAbout(about)).toEqual(about)
    for (const wrong of [null, 'about', {}, { ...about, claimed: 'yes' }, { ...about, more: 1 }]) {
      expect(() => readAbout(wrong)).toThrow('relay-about')
    }
  })
})

describe('log statements', () => {
  const facts = { relay: relay.publicKey, tenant, size: 3, root }
  const attestation = { ...facts, peer: '12D3KooWabc', generation: 2, issued: 1000, expires: 2000 }
  const place = { mailbox, from: 0, to: 0, next: 0, items: hashOfItems([]) }
  const signedBy = async (by: typeof relay): Promise<Uint8Array[]> => {
    const said = { relay: by.publicKey }
    const origin = logOrigin(by.publicKey, tenant)
    const signer = { publicKey: by.publicKey, sign: (bytes: Uint8Array) => Promise.resolve(by.sign(bytes)) }
    const note = await signCheckpoint(signer, { origin, size: 3, root })
    return [
      signAttestation({ ...attestation, ...said }, by.signStatement),
      signRange({ ...facts, ...place, ...said, time: 1 }, by.signStatement),
      new TextEncoder().encode(note),
    ]
  }

  it('[S7] tell of a log in every form, and only of the relay that signed them', async () => {
    for (const signed of await signedBy(relay)) {
      expect(await openLogStatement(signed, relay.publicKey)).toEqual({ tenant, size: 3, root })
      await expect(openLogStatement(signed, otherRelay.publicKey)).rejects.toThrow('relay-signature')
    }
    for (const signed of await signedBy(otherRelay)) {
      await expect(openLogStatement(signed, relay.publicKey)).rejects.toThrow('relay-signature')
    }
  })

  it('[S7] changed or cut anywhere, and garbage, are worth nothing', async () => {
    for (const signed of await signedBy(relay)) {
      for (let i = 0; i < signed.length; i += 3) {
        const changed = signed.slice()
        changed[i] = (changed[i] ?? 0) ^ 1
        for (const bad of [changed, signed.slice(0, i)]) {
          await expect(openLogStatement(bad, relay.publicKey)).rejects.toThrow(/relay-(signature|answer)/)
        }
      }
    }
    for (const bad of ['', 'clique-relay/', 'clique-relay/x/zz\n']) {
      const bytes = new TextEncoder().encode(bad)
      await expect(openLogStatement(bytes, relay.publicKey)).rejects.toThrow(/relay-(signature|answer)/)
    }
  })
})
