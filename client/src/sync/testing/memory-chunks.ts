import { chunkName, CliqueError } from '@clique/crypto'
import type { ChunkId, DeviceId, MemberId, SpaceId } from '@clique/crypto'
import type { ChunkChange, ChunkStore, WantedChunk } from '../chunk-ports.ts'

export interface SampleChunk {
  readonly id: ChunkId
  readonly bytes: Uint8Array
}

/** Nothing that could be opened, under its right name; all follows from `n`. Sizes are those that chunks have. */
export function sampleChunk(n: number, size = 16 * 1024): SampleChunk {
  const bytes = new Uint8Array(size)
  new DataView(bytes.buffer).setUint32(0, n)
  return { id: chunkName(bytes), bytes }
}

export function sampleChunks(count: number, first = 0, size?: number): SampleChunk[] {
  return Array.from({ length: count }, (_, i) => sampleChunk(first + i, size))
}

/** Every device is of a member of its own. */
export function aMember(device: DeviceId): MemberId {
  return `of ${device}` as string as MemberId
}

/** As storage keeps them, with what a test wants to see or to break. */
export class MemoryChunks implements ChunkStore {
  readonly kept = new Map<ChunkId, Uint8Array>()
  readonly uploadsTo = new Map<string, ChunkId[]>()
  /** How often each was read here: what was given to others. */
  readonly reads = new Map<ChunkId, number>()
  /** How often somebody wanted to know what is held. */
  timesAsked = 0
  /** Chunks for which there is room. */
  room = Number.POSITIVE_INFINITY
  /** What is given instead of what is kept. */
  forge: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes
  wanted: ChunkId[] = []
  /** Where what is wanted was named. */
  readonly space: SpaceId
  readonly #listeners = new Set<(change: ChunkChange) => void>()

  constructor(kept: readonly SampleChunk[] = [], space = 'a space' as string as SpaceId) {
    this.space = space
    for (const { id, bytes } of kept) this.kept.set(id, bytes)
  }

  want(chunks: readonly SampleChunk[]): void {
    this.wanted.push(...chunks.map(({ id }) => id).filter((id) => !this.kept.has(id)))
    this.#announce('wants')
  }

  bring(peer: string, chunks: readonly SampleChunk[]): void {
    for (const { id, bytes } of chunks) this.kept.set(id, bytes)
    this.uploadsTo.set(peer, [...(this.uploadsTo.get(peer) ?? []), ...chunks.map(({ id }) => id)])
    this.#announce('uploads')
  }

  hasAll(chunks: readonly SampleChunk[]): boolean {
    return chunks.every(({ id }) => this.kept.has(id))
  }

  get timesRead(): number {
    return [...this.reads.values()].reduce((sum, count) => sum + count, 0)
  }

  read(chunk: ChunkId): Promise<Uint8Array | null> {
    const bytes = this.kept.get(chunk)
    if (bytes === undefined) return Promise.resolve(null)
    this.reads.set(chunk, (this.reads.get(chunk) ?? 0) + 1)
    return Promise.resolve(this.forge(bytes))
  }

  held(chunks: readonly ChunkId[]): Promise<ReadonlySet<ChunkId>> {
    this.timesAsked++
    return Promise.resolve(new Set(chunks.filter((chunk) => this.kept.has(chunk))))
  }

  put(chunk: ChunkId, bytes: Uint8Array): Promise<void> {
    if (this.room <= 0) return Promise.reject(new CliqueError('storage-full'))
    this.room--
    this.kept.set(chunk, bytes)
    this.wanted = this.wanted.filter((id) => id !== chunk)
    this.#announce('wants')
    return Promise.resolve()
  }

  wants(limit: number): Promise<readonly WantedChunk[]> {
    const { space } = this
    return Promise.resolve(this.wanted.slice(0, limit).map((chunk) => ({ chunk, space })))
  }

  uploads(peer: string, limit: number): Promise<readonly ChunkId[]> {
    return Promise.resolve((this.uploadsTo.get(peer) ?? []).slice(0, limit))
  }

  markUploaded(peer: string, chunks: readonly ChunkId[]): Promise<void> {
    const rest = (this.uploadsTo.get(peer) ?? []).filter((id) => !chunks.includes(id))
    this.uploadsTo.set(peer, rest)
    this.#announce('uploads')
    return Promise.resolve()
  }

  reviewErrands(): Promise<void> {
    return Promise.resolve()
  }

  onChange(listener: (change: ChunkChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #announce(change: ChunkChange): void {
    for (const listener of this.#listeners) listener(change)
  }
}
