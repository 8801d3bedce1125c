import { describe, expect, test } from 'vitest'
import { checkChunk, CliqueError, systemRandom } from '@clique/crypto'
import type { ChunkId, ErrorCode } from '@clique/crypto'
import type { Answer, Up } from '@clique/relay/protocol'
import { ChunkUploads } from './chunk-uploads.ts'
import type { ChunkUploadsHost } from './chunk-uploads.ts'
import { MemoryChunks, sampleChunk, sampleChunks } from './testing/memory-chunks.ts'

const soon = { timeout: 30_000 }
const peer = '12D3relay'

/** A relay's answers about chunks, and its refusals. */
class FakeSession {
  readonly kept = new Map<ChunkId, Uint8Array>()
  readonly asked: string[] = []
  readonly relayNow = 1_000
  refuses: (chunk: ChunkId) => ErrorCode | null = () => null
  isOver = false
  most = 0
  readonly ended: Promise<CliqueError>
  #putting = 0
  #end!: (reason: CliqueError) => void

  constructor() {
    this.ended = new Promise((resolve) => (this.#end = resolve))
  }

  /** As the session that it stands for is typed. */
  get session(): ChunkUploadsHost['session'] {
    return this as unknown as ChunkUploadsHost['session']
  }

  close(reason = new CliqueError('relay-closed')): void {
    this.isOver = true
    this.#end(reason)
  }

  async ask(_kind: string, up: Omit<Up, 'request'>): Promise<Answer> {
    if (this.isOver) throw new CliqueError('relay-closed')
    const message = up as Up
    this.asked.push(message.kind)
    if (message.kind === 'haveChunks') {
      return { kind: 'chunks', request: 1, chunks: message.chunks.filter((id) => this.kept.has(id)) }
    }
    if (message.kind !== 'putChunk') throw new CliqueError('relay-message')
    this.most = Math.max(this.most, ++this.#putting)
    await checkChunk(message.bytes, message.chunk)
    this.#putting--
    const code = this.refuses(message.chunk)
    if (code !== null) throw new CliqueError(code)
    this.kept.set(message.chunk, message.bytes)
    return { kind: 'kept', request: 1, keepUntil: message.keepUntil }
  }
}

function start(store: MemoryChunks, relay: FakeSession) {
  const due: (() => void)[] = []
  const troubles: (ErrorCode | null)[] = []
  const uploads = new ChunkUploads({
    store,
    session: relay.session,
    peer,
    random: systemRandom,
    later: (run) => {
      due.push(run)
      return () => undefined
    },
    onTrouble: (code) => {
      if (troubles.at(-1) !== code) troubles.push(code)
    },
  })
  store.onChange((change) => change === 'uploads' && uploads.work())
  return { uploads, due, troubles }
}

describe('own chunks', () => {
  test('[CU1] go to the relay one at a time, and what is there already is not sent again', async () => {
    const [store, relay] = [new MemoryChunks(), new FakeSession()]
    const all = sampleChunks(300)
    for (const { id, bytes } of all.slice(0, 290)) relay.kept.set(id, bytes)
    start(store, relay)
    store.bring(peer, all)
    store.bring('another relay', all.slice(0, 1))
    await expect.poll(() => store.uploadsTo.get(peer), soon).toEqual([])
    expect(relay.kept.size).toBe(300)
    expect(relay.asked.filter((kind) => kind === 'putChunk')).toHaveLength(10)
    expect(relay.most).toBe(1)
    expect(store.uploadsTo.get('another relay')).toHaveLength(1)
  })

  test('[CU2] wait when the relay becomes full in the middle, with its code, and go on when there is room', async () => {
    const [store, relay] = [new MemoryChunks(), new FakeSession()]
    const all = sampleChunks(6)
    relay.refuses = () => (relay.kept.size >= 2 ? 'relay-quota' : null)
    const { uploads, due, troubles } = start(store, relay)
    store.bring(peer, all)
    await expect.poll(() => due.length, soon).toBe(1)
    expect(troubles.at(-1)).toBe('relay-quota')
    expect(store.uploadsTo.get(peer)).toEqual(all.slice(2).map(({ id }) => id))
    // More that is to be brought does not make it ask more often.
    store.bring(peer, sampleChunks(1, 50))
    expect(relay.asked.filter((kind) => kind === 'putChunk')).toHaveLength(3)
    // A person who made room and asks is not kept waiting.
    uploads.wake()
    await expect.poll(() => due.length, soon).toBe(2)
    expect(store.uploadsTo.get(peer)).toHaveLength(5)
    relay.refuses = () => null
    due.pop()?.()
    await expect.poll(() => store.uploadsTo.get(peer), soon).toEqual([])
    expect(relay.kept.size).toBe(7)
    expect(troubles.at(-1)).toBeNull()
    expect(due).toHaveLength(1)
  })

  test('[CU3] go on in the next session where this one ended', async () => {
    const store = new MemoryChunks()
    const first = new FakeSession()
    first.refuses = () => {
      if (first.kept.size === 2) first.close()
      return first.isOver ? 'relay-closed' : null
    }
    const { troubles, due } = start(store, first)
    store.bring(peer, sampleChunks(5))
    await first.ended
    expect(store.uploadsTo.get(peer)?.length).toBeGreaterThanOrEqual(3)
    const second = new FakeSession()
    for (const [id, bytes] of first.kept) second.kept.set(id, bytes)
    start(store, second)
    await expect.poll(() => store.uploadsTo.get(peer), soon).toEqual([])
    expect(second.kept.size).toBe(5)
    expect([troubles.filter((code) => code !== null), due]).toEqual([[], []])
  })

  test('[CU4] that the relay will never take, or that are here no more, hold up nothing', async () => {
    const [store, relay] = [new MemoryChunks(), new FakeSession()]
    const all = sampleChunks(4)
    const [broken, gone] = [sampleChunk(0), sampleChunk(2)]
    store.bring(peer, all)
    store.kept.set(broken.id, gone.bytes)
    store.kept.delete(gone.id)
    const { due } = start(store, relay)
    await expect.poll(() => store.uploadsTo.get(peer), soon).toEqual([])
    expect([...relay.kept.keys()]).toEqual([all[1]?.id, all[3]?.id])
    expect(due).toEqual([])
  })

  test('[CU5] wait for a new proof where this one ran out', async () => {
    const [store, relay] = [new MemoryChunks(), new FakeSession()]
    relay.refuses = () => 'relay-not-attested'
    start(store, relay)
    store.bring(peer, sampleChunks(1))
    await relay.ended
    expect(store.uploadsTo.get(peer)).toHaveLength(1)
  })
})
