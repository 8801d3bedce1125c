import { describe, expect, test } from 'vitest'
import {
  concat,
  labelToBytes,
  leafHash,
  nodesOf,
  proveConsistency,
  rootOf,
  signerFromSeed,
  utf8ToBytes,
} from '@clique/crypto'
import { bytesToUp, downToBytes, keyToPeerId, signAttestation } from '@clique/relay/protocol'
import type { Down, SignStatement, Up } from '@clique/relay/protocol'
import { ed25519 } from '@noble/curves/ed25519.js'
import { RelaySession } from '../network/relay-session.ts'
import { channelPair } from '../network/testing/channel-pair.ts'
import { LogWatch } from './log-watch.ts'

const seed = new Uint8Array(32).fill(1)
const relayKey = signerFromSeed(seed).publicKey
const ownPeer = keyToPeerId(signerFromSeed(new Uint8Array(32).fill(2)).publicKey)
const nonce = new Uint8Array(32).fill(4)
const time = 1_800_000_000_000
const capabilitySigner = signerFromSeed(new Uint8Array(32).fill(5))
const capability = { publicKey: capabilitySigner.publicKey, generation: 1, signer: capabilitySigner }
const sign: SignStatement = (label, body) => ed25519.sign(concat(labelToBytes(label), body), seed)

const leavesOf = (count: number, name = 'leaf'): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => leafHash(utf8ToBytes(`${name} ${i}`)))

/** What a relay says that its log is, honest or not. */
interface Story {
  readonly leaves: readonly Uint8Array[]
  readonly tenant?: number
  readonly proves?: 'truth' | 'nonsense' | 'nothing' | 'hangs-up'
}

function answer(up: Up, story: Story): Down | null {
  const { request } = up
  const nodes = nodesOf(story.leaves)
  const size = story.leaves.length
  if (up.kind === 'hello') return { kind: 'welcome', request, version: 1, nonce, time }
  if (up.kind === 'prove') {
    const statement = {
      relay: relayKey,
      peer: ownPeer,
      tenant: new Uint8Array(32).fill(story.tenant ?? 3),
      generation: 1,
      issued: time,
      expires: time + 1000,
      size,
      root: rootOf(nodes, size),
    }
    return { kind: 'attested', request, attestation: signAttestation(statement, sign) }
  }
  if (up.kind !== 'consistency') throw new Error(`the test answers no ${up.kind}`)
  if (story.proves === 'hangs-up') return { kind: 'closing', code: 'relay-stopping' }
  if (story.proves === 'nothing') return { kind: 'refused', request, code: 'relay-log-range' }
  const hashes = proveConsistency(nodes, up.oldSize, up.size)
  return { kind: 'consistent', request, hashes: story.proves === 'nonsense' ? hashes.slice(1) : hashes }
}

/** A device that meets the same relay again and again, and may be started anew in between. */
class Device {
  kept: Uint8Array | null = null
  forks = 0
  proofs = 0
  #watch = this.#start()

  #start(): LogWatch {
    return new LogWatch({
      load: () => Promise.resolve(this.kept),
      save: (head) => {
        this.kept = head
        return Promise.resolve()
      },
      onForked: () => this.forks++,
    })
  }

  restart(): void {
    this.#watch = this.#start()
  }

  /** One session; in it each story is told in turn, and attested. */
  async meets(...stories: Story[]): Promise<void> {
    const [near, far] = channelPair()
    let story = stories[0]
    void (async () => {
      for (let frame = await far.receive(); frame !== null; frame = await far.receive()) {
        const up = bytesToUp(frame)
        if (up.kind === 'consistency') this.proofs++
        const down = story === undefined ? null : answer(up, story)
        if (down !== null) await far.send(downToBytes(down))
      }
    })().catch(() => far.abort())
    let judged: Promise<void> = Promise.resolve()
    const session = await RelaySession.open(near, {
      relayPeer: keyToPeerId(relayKey),
      ownPeer,
      now: () => time,
      log: {
        mark: () => this.#watch.mark(),
        saw: (...seen) => (judged = this.#watch.saw(...seen)),
      },
    })
    for (story of stories) {
      await session.prove(capability)
      await judged
    }
    session.close()
  }
}

const honest = (count: number): Story => ({ leaves: leavesOf(count) })

describe('a log that only grows', () => {
  test('[LOG1] is proven in every session, kept, and never an alarm', async () => {
    const device = new Device()
    for (const count of [0, 1, 5, 5, 64, 65]) {
      await device.meets(honest(count))
      device.restart()
    }
    expect(device.forks).toBe(0)
    expect(device.proofs).toBe(4)
    await device.meets(honest(70), honest(70), honest(300))
    expect(device.forks).toBe(0)
  })

  test('[LOG2] is not accused by a relay that goes away before it has proven anything', async () => {
    const device = new Device()
    await device.meets(honest(3))
    const before = device.kept
    await device.meets({ ...honest(5), proves: 'hangs-up' })
    expect(device.forks).toBe(0)
    expect(device.kept).toEqual(before)
    await device.meets(honest(6))
    expect(device.forks).toBe(0)
    expect(device.kept).not.toEqual(before)
  })
})

describe('a relay that', () => {
  const liars: Readonly<Record<string, Story>> = {
    'shows fewer leaves than before': honest(4),
    'shows none any more': honest(0),
    'shows as many, and others': { leaves: leavesOf(5, 'other') },
    'shows more, and others before them': { leaves: leavesOf(9, 'other') },
    'changed the last of those that were there': {
      leaves: [...leavesOf(4), ...leavesOf(5, 'other')],
    },
    'has no proof that what it shows is the same log': { ...honest(9), proves: 'nothing' },
    'has a wrong one': { ...honest(9), proves: 'nonsense' },
    'speaks of another tenant': { ...honest(9), tenant: 7 },
  }
  for (const [name, story] of Object.entries(liars)) {
    for (const isRestarted of [false, true]) {
      test(`[LOG3] ${name} is found out${isRestarted ? ', after a restart too' : ''}`, async () => {
        const device = new Device()
        await device.meets(honest(5))
        const before = device.kept
        if (isRestarted) device.restart()
        await device.meets(story)
        expect(device.forks).toBe(1)
        // What it contradicts stays: after a restart it is found out again, and there is something to show.
        expect(device.kept).toEqual(before)
        device.restart()
        await device.meets(story)
        expect(device.forks).toBe(2)
      })
    }
  }

  test('[LOG3] goes back within a session is found out', async () => {
    const device = new Device()
    await device.meets(honest(5), honest(8), honest(7))
    expect(device.forks).toBe(1)
  })
})
