import {
  concat,
  labelToBytes,
  leafHash,
  mailboxIdOf,
  nodesOf,
  proveConsistency,
  rootOf,
  signerFromSeed,
  utf8ToBytes,
} from '@clique/crypto'
import { bytesToUp, downToBytes, keyToPeerId, signAttestation } from '@clique/relay/protocol'
import type { Down, Up } from '@clique/relay/protocol'
import { ed25519 } from '@noble/curves/ed25519.js'
import { RelaySession } from '../../network/relay-session.ts'
import { channelPair } from '../../network/testing/channel-pair.ts'
import { LogWatch } from '../log-watch.ts'

const seed = new Uint8Array(32).fill(1)
export const relayKey = signerFromSeed(seed).publicKey
const ownPeer = keyToPeerId(signerFromSeed(new Uint8Array(32).fill(2)).publicKey)
const nonce = new Uint8Array(32).fill(4)
const time = 1_800_000_000_000
const capabilitySigner = signerFromSeed(new Uint8Array(32).fill(5))
const { publicKey } = capabilitySigner
const control = mailboxIdOf(publicKey)
const capability = { control, publicKey, generation: 1, signer: capabilitySigner }

export const leavesOf = (count: number, name = 'leaf'): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => leafHash(utf8ToBytes(`${name} ${i}`)))

/** What a relay says that its log is, honest or not. */
export interface Story {
  readonly leaves: readonly Uint8Array[]
  readonly tenant?: number
  readonly proves?: 'truth' | 'nonsense' | 'nothing' | 'hangs-up'
}

function answer(up: Up, story: Story): Down | null {
  const { request } = up
  const nodes = nodesOf(story.leaves)
  if (up.kind === 'hello') return { kind: 'welcome', request, version: 1, nonce, time }
  if (up.kind === 'prove') {
    return { kind: 'attested', request, attestation: statementOf(story) }
  }
  if (up.kind !== 'consistency') throw new Error(`the test answers no ${up.kind}`)
  if (story.proves === 'hangs-up') return { kind: 'closing', code: 'relay-stopping' }
  if (story.proves === 'nothing' || up.size > story.leaves.length)
    return { kind: 'refused', request, code: 'relay-log-range' }
  const hashes = proveConsistency(nodes, up.oldSize, up.size)
  return { kind: 'consistent', request, hashes: story.proves === 'nonsense' ? hashes.slice(1) : hashes }
}

/** A device that meets the same relay again and again, and may be started anew in between. */
export class LogDevice {
  kept: Uint8Array | null = null
  forks = 0
  proofs = 0
  proof: Uint8Array | null = null
  /** Told to whoever listens: a later head was verified. */
  onVerified = (): void => undefined
  #watch = this.#start()

  #start(): LogWatch {
    return new LogWatch({
      relay: keyToPeerId(relayKey),
      load: () => Promise.resolve(this.kept),
      save: (head) => {
        this.kept = head
        return Promise.resolve()
      },
      loadProof: () => Promise.resolve(this.proof),
      saveProof: (proof) => {
        this.proof = proof
        return Promise.resolve()
      },
      onVerified: () => this.onVerified(),
      onForked: () => this.forks++,
    })
  }

  get watch(): LogWatch {
    return this.#watch
  }

  restart(): void {
    this.#watch = this.#start()
  }

  /** One session; in it each story is told in turn, and attested. */
  async meets(...stories: Story[]): Promise<void> {
    await this.meetsWhile(() => Promise.resolve(), ...stories)
  }

  /** As `meets`; `meanwhile` is done after each story. */
  async meetsWhile(meanwhile: () => Promise<void>, ...stories: Story[]): Promise<void> {
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
      await meanwhile()
      // What was heard is judged in turn.
      await this.#watch.latest()
    }
    session.close()
  }
}

export const honest = (count: number): Story => ({ leaves: leavesOf(count) })

/** What a relay with such a log signs for somebody, of another tenant or by another relay where that is said. */
export function statementOf({ leaves, tenant = 3 }: Story, by = seed): Uint8Array {
  const [nodes, size] = [nodesOf(leaves), leaves.length]
  const statement = {
    relay: signerFromSeed(by).publicKey,
    peer: ownPeer,
    tenant: new Uint8Array(32).fill(tenant),
    generation: 1,
    issued: time,
    expires: time + 1000,
    size,
    root: rootOf(nodes, size),
  }
  return signAttestation(statement, (label, body) => ed25519.sign(concat(labelToBytes(label), body), by))
}
