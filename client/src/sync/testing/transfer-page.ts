import { chunkName, sealedChunkSize, systemRandom } from '@clique/crypto'
import type { ChunkId } from '@clique/crypto'
import { createNode } from '../../network/node.ts'
import type { RelayPlace } from '../../network/relay-address.ts'
import { urgencies, wantChunks } from '../../storage/chunk-wants.ts'
// oxlint-disable-next-line import/default -- the bundler makes it a class
import ChunkWriterWorker from '../../storage/chunk-writer-worker.ts?worker&inline'
import { deleteChunks, heldChunks, putChunks } from '../../storage/chunks.ts'
import { openStore } from '../../storage/store.ts'
import type { Store } from '../../storage/store.ts'
import { CliqueNetwork } from '../clique-network.ts'
import type { CliqueConnection } from '../connection-state.ts'
import { storedChunks } from '../stored-chunks.ts'
import { MemoryReplica } from './memory-replica.ts'
import { makeTestClique } from './test-clique.ts'
import type { TestClique } from './test-clique.ts'

/**
 * One of two devices between which a file goes: real storage, real sync, real libp2p. Only the roster is made up. Its
 * functions are called from the benchmark's process.
 */
interface Device {
  readonly store: Store
  readonly shared: TestClique
}

/** As the workshop of media hands them over. */
const keptAtOnce = 8

function noDevice(): never {
  throw new Error('the clique has devices')
}

let device: Device | null = null
let connection: CliqueConnection | null = null
let onDirect: () => void = () => undefined

/** `names` are of the clique; this page is the first. */
export async function join(seed: number, relay: RelayPlace, names: readonly string[]): Promise<void> {
  const shared = makeTestClique(seed, [relay])
  const [replica] = names.map((name) => new MemoryReplica(shared, name))
  if (replica === undefined) throw new Error('nobody joins')
  // The app's own replica makes its keys once, not at each question.
  const facts = replica.facts()
  replica.facts = () => facts
  const store = await openStore('bench', () => Promise.resolve(new ChunkWriterWorker()))
  device = { store, shared }
  await CliqueNetwork.start({
    replica,
    chunks: storedChunks(store, shared.clique),
    surroundings: {
      createNode,
      now: Date.now,
      random: systemRandom,
      later: (run, ms) => {
        const timer = setTimeout(run, ms)
        return () => clearTimeout(timer)
      },
      hasNetwork: () => true,
    },
    beforeProof: () => Promise.resolve(),
    afterProof: () => Promise.resolve(),
    onConnection: (now) => {
      connection = now
      if (now.members.direct.length === 1) onDirect()
    },
  })
}

/** Settles when this page and the other are linked without the relay. */
export async function linkedDirectly(): Promise<void> {
  if (connection?.members.direct.length === 1) return
  await new Promise<void>((resolve) => (onDirect = resolve))
}

/** Keeps a sealed file of so many whole chunks; returns their names. */
export async function keep(count: number): Promise<ChunkId[]> {
  const { store, shared } = joined()
  const names: ChunkId[] = []
  while (names.length < count) {
    const batch = Array.from({ length: Math.min(keptAtOnce, count - names.length) }, () => {
      const bytes = randomBytes(sealedChunkSize)
      return { chunk: chunkName(bytes), bytes }
    })
    await putChunks(store, shared.clique, batch)
    names.push(...batch.map(({ chunk }) => chunk))
  }
  return names
}

/** Milliseconds until all of these have come and are stored. */
export async function fetchAll(chunks: readonly ChunkId[]): Promise<number> {
  const { store, shared } = joined()
  const missing = new Set(chunks)
  const start = performance.now()
  await new Promise<void>((resolve, reject) => {
    const stop = store.changes.listen((change) => {
      if (change.kind !== 'chunks') return
      for (const chunk of change.chunks) missing.delete(chunk)
      if (missing.size > 0) return
      stop()
      resolve()
    })
    const [{ member: author } = noDevice()] = shared.devices.values()
    wantChunks(store, shared.clique, { space: shared.space, author }, chunks, urgencies.now).catch(reject)
  })
  const ms = performance.now() - start
  if ((await heldChunks(store, shared.clique, chunks)).size !== chunks.length) throw new Error('not stored')
  return ms
}

export async function forget(chunks: readonly ChunkId[]): Promise<void> {
  const { store, shared } = joined()
  await deleteChunks(store, shared.clique, chunks)
}

function joined(): Device {
  if (device === null) throw new Error('not of the clique yet')
  return device
}

function randomBytes(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size)
  // The browser gives so many at a time.
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536))
  return bytes
}

/** The least that a file between two browsers needs: one data channel that is kept filled. */
const rawMessageSize = 64 * 1024
const rawHighWater = 4 * 1024 * 1024
const rawLowWater = 1024 * 1024
let raw: { readonly peer: RTCPeerConnection; channel: RTCDataChannel | null } | null = null
let arrived = 0
let onArrived: (total: number) => void = () => undefined

export async function offer(): Promise<string> {
  const peer = new RTCPeerConnection({ iceServers: [] })
  raw = { peer, channel: peer.createDataChannel('file') }
  await peer.setLocalDescription(await peer.createOffer())
  return gathered(peer)
}

export async function answer(offered: string): Promise<string> {
  const peer = new RTCPeerConnection({ iceServers: [] })
  raw = { peer, channel: null }
  peer.ondatachannel = ({ channel }) => {
    channel.binaryType = 'arraybuffer'
    channel.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      arrived += data.byteLength
      onArrived(arrived)
    }
    if (raw !== null) raw.channel = channel
  }
  await peer.setRemoteDescription({ type: 'offer', sdp: offered })
  await peer.setLocalDescription(await peer.createAnswer())
  return gathered(peer)
}

export async function accept(answered: string): Promise<void> {
  const { peer, channel } = paired()
  await peer.setRemoteDescription({ type: 'answer', sdp: answered })
  if (channel?.readyState !== 'open') {
    await new Promise((resolve) => channel?.addEventListener('open', resolve, { once: true }))
  }
}

/** Sends so many bytes, never more ahead than a sender should. */
export async function sendRaw(size: number): Promise<void> {
  const { channel } = paired()
  if (channel === null) throw new Error('no channel')
  channel.bufferedAmountLowThreshold = rawLowWater
  const message = randomBytes(rawMessageSize)
  for (let at = 0; at < size; at += rawMessageSize) {
    if (channel.bufferedAmount > rawHighWater) {
      await new Promise((resolve) => channel.addEventListener('bufferedamountlow', resolve, { once: true }))
    }
    channel.send(message.subarray(0, Math.min(rawMessageSize, size - at)))
  }
}

/** Milliseconds until so many bytes have come, from now on. */
export async function receiveRaw(size: number): Promise<number> {
  const start = performance.now()
  arrived = 0
  await new Promise<void>((resolve) => {
    onArrived = (total) => {
      if (total >= size) resolve()
    }
  })
  return performance.now() - start
}

function paired(): NonNullable<typeof raw> {
  if (raw === null) throw new Error('no pair')
  return raw
}

async function gathered(peer: RTCPeerConnection): Promise<string> {
  if (peer.iceGatheringState !== 'complete') {
    await new Promise<void>((resolve) => {
      peer.addEventListener('icegatheringstatechange', () => {
        if (peer.iceGatheringState === 'complete') resolve()
      })
    })
  }
  return peer.localDescription?.sdp ?? ''
}
