import { describe, expect, test } from 'vitest'
import { bytesToId, concat, encode, idToBytes, labels, labelToBytes, mailboxIdOf } from '@clique/crypto'
import { signerFromSeed, verifySignature } from '@clique/crypto'
import type { Signer } from '@clique/crypto'
import {
  bytesToUp,
  downToBytes,
  hashOfItems,
  keyToPeerId,
  limits,
  openInput,
  signAttestation,
  signRange,
} from '@clique/relay/protocol'
import type { Down, Item, SignStatement, Up } from '@clique/relay/protocol'
import { ed25519 } from '@noble/curves/ed25519.js'
import { getChunk, haveChunks, putChunk } from './relay-chunks.ts'
import { RelaySession } from './relay-session.ts'
import type { LogWitness } from './relay-session.ts'
import { channelPair } from './testing/channel-pair.ts'

const relaySeed = new Uint8Array(32).fill(1)
const relayKey = signerFromSeed(relaySeed).publicKey
const relayPeer = keyToPeerId(relayKey)
const ownPeer = keyToPeerId(signerFromSeed(new Uint8Array(32).fill(2)).publicKey)
const tenant = new Uint8Array(32).fill(3)
const hash = new Uint8Array(32).fill(4)
const time = 1_800_000_000_000
const day = 24 * 60 * 60 * 1000

const sign: SignStatement = (label, body) => ed25519.sign(concat(labelToBytes(label), body), relaySeed)
const forge: SignStatement = (label, body) =>
  ed25519.sign(concat(labelToBytes(label), body), new Uint8Array(32).fill(9))

const capabilitySigner = signerFromSeed(new Uint8Array(32).fill(5))
const boxSigner = signerFromSeed(new Uint8Array(32).fill(6))
const mailbox = mailboxIdOf(boxSigner.publicKey)
const box = { mailbox, signer: boxSigner }
const { publicKey } = capabilitySigner
const capability = { control: mailbox, publicKey, generation: 1, signer: capabilitySigner }

type Script = (up: Up) => Down | Uint8Array | null

/** A relay that answers by script; hello it answers itself. */
async function meet(script: Script, now = time, log?: LogWitness): Promise<RelaySession> {
  const [near, far] = channelPair()
  void (async () => {
    for (let frame = await far.receive(); frame !== null; frame = await far.receive()) {
      const up = bytesToUp(frame)
      const answer: Down | Uint8Array | null =
        up.kind === 'hello'
          ? { kind: 'welcome', request: up.request, version: 1, nonce: hash, time }
          : script(up)
      if (answer !== null) await far.send(answer instanceof Uint8Array ? answer : downToBytes(answer))
    }
  })().catch(() => {
    // The session hung up while an answer was on its way: that is the end of this relay's part.
    far.abort()
  })
  return RelaySession.open(near, { relayPeer, ownPeer, now: () => now, ...(log && { log }) })
}

function attestation(up: Up, change: object = {}, by = sign): Down {
  const plain = {
    relay: relayKey,
    peer: ownPeer,
    tenant,
    generation: 1,
    issued: time,
    expires: time + 1000,
    size: 0,
    root: hash,
  }
  return { kind: 'attested', request: up.request, attestation: signAttestation({ ...plain, ...change }, by) }
}

describe('a relay that keeps its word', () => {
  test('[RC1] attests, and what is signed for it holds its own time, however wrong this clock is', async () => {
    let seen: Up | null = null
    const session = await meet((up) => {
      seen = up
      return up.kind === 'prove'
        ? attestation(up)
        : { kind: 'opened', request: up.request, mailbox, oldest: 0, next: 4 }
    }, time + day)
    expect(session.skewMs).toBe(-day)
    expect(session.relayNow).toBe(time)
    expect((await session.prove(capability)).generation).toBe(1)
    expect(await session.openMailbox(box, 'content')).toEqual({ oldest: 0, next: 4 })
    if (seen === null || (seen as Up).kind !== 'open') throw new Error('no open was sent')
    const input = openInput(
      { relay: relayKey, peer: ownPeer, nonce: hash, time },
      boxSigner.publicKey,
      'content',
    )
    expect(await verifySignature(boxSigner.publicKey, input, (seen as Up<'open'>).signature)).toBe(true)
    session.close()
  })

  test('[RC2] refuses one request with its code, and the session goes on', async () => {
    const session = await meet((up) =>
      up.kind === 'prove'
        ? { kind: 'refused', request: up.request, code: 'relay-capability-unknown' }
        : { kind: 'subscribed', request: up.request, next: 9 },
    )
    await expect(session.prove(capability)).rejects.toMatchObject({ code: 'relay-capability-unknown' })
    expect(await session.subscribe(mailbox)).toBe(9)
    session.close()
  })

  test('a device has no more unanswered than the relay is to hold unread, and small questions go on', async () => {
    let unread = 0
    let most = 0
    let answered = 0
    const held: (() => void)[] = []
    const [near, far] = channelPair()
    void (async () => {
      for (let frame = await far.receive(); frame !== null; frame = await far.receive()) {
        const up = bytesToUp(frame)
        if (up.kind !== 'putChunk') {
          await far.send(downToBytes({ kind: 'welcome', request: up.request, version: 1, nonce: hash, time }))
          continue
        }
        const { length } = frame
        unread += length
        most = Math.max(most, unread)
        held.push(() => {
          unread -= length
          void far.send(downToBytes({ kind: 'kept', request: up.request, keepUntil: time }))
        })
      }
    })()
    const session = await RelaySession.open(near, { relayPeer, ownPeer, now: () => time })
    const bytes = new Uint8Array(256 * 1024)
    const puts = Array.from({ length: 20 }, () => {
      const chunk = bytesToId('chunk', hash)
      const up = { kind: 'putChunk', chunk, bytes, keepUntil: time } as const
      return session.ask('kept', up).then(() => (answered += 1))
    })
    while (answered < puts.length) {
      // Comes back after all that was sent before it, so nothing more is on its way.
      await session.hello()
      expect(held.length).toBeGreaterThan(0)
      held.shift()?.()
      await session.hello()
    }
    await Promise.all(puts)
    expect(most).toBeLessThanOrEqual(limits.unansweredBytes)
    expect(most).toBeGreaterThan(limits.unansweredBytes - 2 * bytes.length)
    const late = Array.from({ length: 9 }, () => {
      const up = { kind: 'putChunk', chunk: bytesToId('chunk', hash), bytes, keepUntil: time } as const
      return session.ask('kept', up)
    })
    session.close()
    const ends = await Promise.allSettled(late)
    expect(ends.map(({ status }) => status)).toEqual(Array(9).fill('rejected'))
  })

  test('[RC3] that closes with a reason ends every open request with it', async () => {
    const session = await meet(() => downToBytes({ kind: 'closing', code: 'relay-stopping' }))
    const asked = [session.subscribe(mailbox), session.prove(capability)]
    for (const one of asked) await expect(one).rejects.toMatchObject({ code: 'relay-stopping' })
    expect(await session.ended).toMatchObject({ code: 'relay-stopping' })
  })
})

describe('a relay that does not', () => {
  test.each([
    ['a forged signature', (up: Up) => attestation(up, {}, forge), 'relay-signature'],
    ['an attestation for somebody else', (up: Up) => attestation(up, { peer: relayPeer }), 'relay-answer'],
    ['one of another generation', (up: Up) => attestation(up, { generation: 2 }), 'relay-answer'],
    ['another kind of answer', (up: Up): Down => ({ kind: 'done', request: up.request }), 'relay-answer'],
    ['an answer that nobody asked for', (): Down => ({ kind: 'done', request: 77 }), 'relay-answer'],
    ['garbage', () => new Uint8Array([1, 2, 3]), 'relay-message'],
    ['a large nothing', () => new Uint8Array(4 * 1024 * 1024), 'frame-too-large'],
  ])('[RC4] %s ends the session with a code', async (_, script, code) => {
    const session = await meet(script)
    const proof = session.prove(capability)
    await expect(proof).rejects.toMatchObject({ code })
    expect(session.isOver).toBe(true)
    expect(await session.ended).toMatchObject({ code })
    await expect(session.subscribe(mailbox)).rejects.toMatchObject({ code })
  })

  test('[RC1] gets nothing signed that it has chosen: every signature says what for, at which relay and by whom', async () => {
    const signed: Uint8Array[] = []
    const witness = (signer: Signer): Signer => ({
      publicKey: signer.publicKey,
      sign: (bytes) => {
        signed.push(bytes)
        return signer.sign(bytes)
      },
    })
    const done = (up: Up): Down =>
      up.kind === 'prove'
        ? attestation(up)
        : { kind: 'opened', request: up.request, mailbox, oldest: 0, next: 0 }
    const session = await meet(done)
    await session.prove({ ...capability, signer: witness(capabilitySigner) })
    await session.openMailbox({ mailbox, signer: witness(boxSigner) }, 'control')
    session.close()
    // What it sent as its nonce could be the name of anything; here it is in its place, and in no other.
    const said = [relayKey, ownPeer, hash, time]
    expect(signed).toEqual([
      concat(
        labelToBytes(labels.relayProve),
        encode([said, idToBytes(mailbox), capabilitySigner.publicKey, 1]),
      ),
      concat(labelToBytes(labels.relayOpen), encode([said, boxSigner.publicKey, 'control'])),
    ])
  })

  const items: Item[] = [
    { offset: 4, bytes: new Uint8Array(300) },
    { offset: 6, bytes: new Uint8Array(300).fill(1) },
  ]
  const rangeOf = (up: Up, change: object, given: Item[], by = sign): Down => {
    const plain = {
      relay: relayKey,
      tenant,
      mailbox,
      from: 4,
      to: 7,
      next: 7,
      items: hashOfItems(items),
      time,
      size: 1,
      root: hash,
    }
    return {
      kind: 'range',
      request: up.request,
      items: given,
      statement: signRange({ ...plain, ...change }, by),
    }
  }

  test('[RC5] a range is what was signed for', async () => {
    const session = await meet((up) => rangeOf(up, {}, items))
    expect(await session.read(mailbox, 4, 1000)).toEqual({ items, to: 7, next: 7 })
    session.close()
  })

  test('[RC5] what is signed for a recovery mailbox is of whichever clique made it, and accuses nobody', async () => {
    const seen: Uint8Array[] = []
    const log: LogWitness = { mark: () => 0, saw: (_, head) => seen.push(head.tenant) }
    const other = new Uint8Array(32).fill(33)
    for (const [kind, told] of [
      ['recovery', []],
      ['content', [other]],
    ] as const) {
      const script: Script = (up) =>
        up.kind === 'open'
          ? { kind: 'opened', request: up.request, mailbox, oldest: 4, next: 7 }
          : rangeOf(up, { tenant: other }, items)
      const session = await meet(script, time, log)
      await session.openMailbox(box, kind)
      await session.read(mailbox, 4, 1000)
      expect(seen).toEqual(told)
      session.close()
    }
  })

  test.each([
    ['another mailbox', { mailbox: bytesToId('mailbox', hash) }, items],
    ['another cursor', { from: 3 }, items],
    ['an item left out', {}, items.slice(0, 1)],
    ['items out of order', {}, items.toReversed()],
    ['no way forward', { to: 4, items: hashOfItems([]) }, []],
  ])('[RC6] a range with %s is not believed', async (_, change, given) => {
    const session = await meet((up) => rangeOf(up, change, given))
    await expect(session.read(mailbox, 4, 1000)).rejects.toMatchObject({ code: 'relay-answer' })
    expect(await session.ended).toMatchObject({ code: 'relay-answer' })
  })
})

describe('chunks of files', () => {
  const chunk = bytesToId('chunk', new Uint8Array(32).fill(7))
  const other = bytesToId('chunk', new Uint8Array(32).fill(8))

  test('[RC7] are brought, asked about and fetched, and one that is not there is none', async () => {
    const kept = new Map<string, Uint8Array>()
    const session = await meet((up) => {
      const { request } = up
      if (up.kind === 'putChunk') {
        kept.set(up.chunk, up.bytes)
        return { kind: 'kept', request, keepUntil: up.keepUntil }
      }
      if (up.kind === 'haveChunks') {
        return { kind: 'chunks', request, chunks: up.chunks.filter((id) => kept.has(id)) }
      }
      const bytes = up.kind === 'getChunk' ? kept.get(up.chunk) : undefined
      return bytes === undefined
        ? { kind: 'refused', request, code: 'relay-chunk-unknown' }
        : { kind: 'chunk', request, bytes }
    })
    const bytes = Uint8Array.of(1, 2, 3)
    await putChunk(session, chunk, bytes, time + day)
    expect(await haveChunks(session, [other, chunk])).toEqual(new Set([chunk]))
    expect(await getChunk(session, chunk)).toEqual(bytes)
    expect(await getChunk(session, other)).toBeNull()
    expect(session.isOver).toBe(false)
  })

  test('[RC7] refused by a relay keep their code, and a chunk on its way is known of', async () => {
    const session = await meet((up) => {
      if (up.kind === 'getChunk') return null
      return { kind: 'refused', request: up.request, code: 'relay-quota' }
    })
    await expect(putChunk(session, chunk, Uint8Array.of(1), time)).rejects.toMatchObject({
      code: 'relay-quota',
    })
    expect(session.isCarrying).toBe(false)
    const fetching = getChunk(session, chunk)
    expect(session.isCarrying).toBe(true)
    session.close()
    await expect(fetching).rejects.toMatchObject({ code: 'relay-closed' })
    expect(session.isCarrying).toBe(false)
  })
})
