import { checkChunk, CliqueError } from '@clique/crypto'
import type { ChunkId, DeviceId, Random, SpaceId } from '@clique/crypto'
import type { FrameChannel } from '../network/frame-channel.ts'
import { getChunk, haveChunks } from '../network/relay-chunks.ts'
import { ChunkAsker } from './chunk-asker.ts'
import type { ChunkSource } from './chunk-asker.ts'
import { ChunkPlan } from './chunk-plan.ts'
import type { Fetch, FetchOutcome, HolderName, Question } from './chunk-plan.ts'
import { noFileTroubles } from './chunk-ports.ts'
import type { ChunkStore, FileTroubles } from './chunk-ports.ts'
import { ChunkUploads } from './chunk-uploads.ts'
import type { ChunkUploadsHost } from './chunk-uploads.ts'

/** Wants that are looked at together: those after them are for later. */
const maxPlanned = 2_048
/** Milliseconds between two looks at the plan while nothing happens: whoever lacked a chunk may have it now. */
const lookMs = 5_000
/** Milliseconds between two looks at what is wanted, while chunks arrive. */
const readMs = 300
/** Milliseconds before a device without room tries again. */
const noRoomMs = 60_000

/** Faults of a holder; every other failure of its answers is a way that broke. */
const faultCodes: readonly string[] = ['peer-silent', 'sync-message', 'frame-too-large']

export interface ChunkSyncHost {
  readonly store: ChunkStore
  readonly random: Random
  readonly now: () => number
  readonly later: (run: () => void, ms: number) => () => void
  /** Whether somebody of a device is in a space: whoever is not hears no names of what is in its messages. */
  isInSpace(device: DeviceId, space: SpaceId): boolean
  onTroubles(troubles: FileTroubles): void
}

/**
 * Fetches the chunks that one clique's screens want, from whoever holds them, and brings own ones to the relays. It
 * keeps no errand in memory: what is wanted and what is to be brought is asked of storage again and again.
 */
export class ChunkSync {
  readonly #host: ChunkSyncHost
  readonly #plan = new ChunkPlan()
  readonly #sources = new Map<string, ChunkSource>()
  readonly #uploads = new Map<string, ChunkUploads>()
  readonly #stopListening: () => void
  readonly #bringing = new Map<string, CliqueError['code']>()
  #troubles = noFileTroubles
  #noRoomUntil = 0
  #hasNews = true
  #readAt = Number.NEGATIVE_INFINITY
  #isReading = false
  #cancelLook: (() => void) | null = null
  #lookAt = Number.POSITIVE_INFINITY
  #isOver = false

  constructor(host: ChunkSyncHost) {
    this.#host = host
    this.#stopListening = host.store.onChange((change) => {
      if (change === 'uploads') for (const uploads of this.#uploads.values()) uploads.work()
      else {
        this.#hasNews = true
        this.#look()
      }
    })
    this.#look()
  }

  /** These are linked now, and no others; `open` gives a stream of the chunk protocol to one of them. */
  setDevices(devices: readonly DeviceId[], open: (device: DeviceId) => Promise<FrameChannel>): void {
    const linked = new Set<string>(devices)
    for (const [id, source] of this.#sources) {
      if (!(source instanceof ChunkAsker) || linked.has(id)) continue
      this.#drop({ kind: 'device', id })
    }
    for (const device of devices) {
      if (!this.#sources.has(device)) {
        this.#add({ kind: 'device', id: device }, new ChunkAsker(() => open(device)))
      }
    }
  }

  /** A relay has attested this device: it is asked, and brought what is to go there, until the session ends. */
  useRelay(peer: string, session: ChunkUploadsHost['session']): void {
    const { store, random, later } = this.#host
    const name: HolderName = { kind: 'relay', id: peer }
    this.#uploads.get(peer)?.close()
    this.#drop(name)
    const source: ChunkSource = {
      have: (chunks) => haveChunks(session, chunks),
      get: (chunk) => getChunk(session, chunk),
      close: () => undefined,
    }
    this.#add(name, source)
    const uploads = new ChunkUploads({
      store,
      session,
      peer,
      random,
      later,
      onTrouble: (code) => this.#tellBringing(peer, code),
    })
    this.#uploads.set(peer, uploads)
    void session.ended.then(() => {
      if (this.#sources.get(peer) === source) this.#drop(name)
      if (this.#uploads.get(peer) === uploads) this.#uploads.delete(peer)
    })
  }

  /** The clique uses this relay no more. */
  forgetRelay(peer: string): void {
    this.#uploads.get(peer)?.close()
    this.#uploads.delete(peer)
    this.#drop({ kind: 'relay', id: peer })
    this.#tellBringing(peer, null)
  }

  /** The device woke, or a person asks: what found no room is tried at once. */
  wake(): void {
    this.#noRoomUntil = 0
    this.#hasNews = true
    this.#look()
    for (const uploads of this.#uploads.values()) uploads.wake()
  }

  close(): void {
    this.#isOver = true
    this.#stopListening()
    this.#cancelLook?.()
    for (const uploads of this.#uploads.values()) uploads.close()
    for (const source of this.#sources.values()) source.close()
  }

  #add(name: HolderName, source: ChunkSource): void {
    this.#sources.set(name.id, source)
    this.#plan.addHolder(name)
    this.#look()
  }

  #drop({ id }: HolderName): void {
    this.#sources.get(id)?.close()
    this.#sources.delete(id)
    this.#plan.removeHolder(id)
  }

  /** Starts whatever can be started now. */
  #look(): void {
    if (this.#isOver) return
    const now = this.#host.now()
    this.#readWants(now)
    if (now < this.#noRoomUntil) return this.#lookLater(this.#noRoomUntil)
    for (const question of this.#plan.questions(now)) void this.#question(question)
    for (const fetch of this.#plan.fetches(now)) void this.#fetch(fetch)
    if (this.#plan.hasWants) this.#lookLater(now + lookMs)
  }

  /** The nearest time counts. */
  #lookLater(at: number): void {
    if (this.#isOver || (this.#cancelLook !== null && this.#lookAt <= at)) return
    this.#cancelLook?.()
    this.#lookAt = at
    this.#cancelLook = this.#host.later(
      () => {
        this.#cancelLook = null
        this.#look()
      },
      Math.max(0, at - this.#host.now()),
    )
  }

  /** At once when it is calm; while much arrives, which are changes too, now and then. */
  #readWants(now: number): void {
    if (!this.#hasNews || this.#isReading) return
    if (this.#plan.fetching > 0 && now < this.#readAt + readMs) return this.#lookLater(this.#readAt + readMs)
    this.#hasNews = false
    this.#isReading = true
    this.#readAt = now
    this.#host.store.wants(maxPlanned).then(
      (wants) => {
        this.#isReading = false
        const spaces = new Map(wants.map(({ chunk, space }) => [chunk, space]))
        this.#plan.setWants([...spaces.keys()], ({ kind, id }, chunk) => {
          const space = spaces.get(chunk)
          return kind === 'relay' || (space !== undefined && this.#host.isInSpace(id as DeviceId, space))
        })
        this.#look()
      },
      (error: unknown) => {
        this.#isReading = false
        this.#hasNews = true
        this.#keptOut(error)
      },
    )
  }

  async #question(question: Question): Promise<void> {
    let held: ReadonlySet<ChunkId> | 'fault' | 'broken'
    try {
      held = (await this.#sources.get(question.holder.id)?.have(question.chunks)) ?? 'broken'
    } catch (error) {
      held = blame(error)
    }
    this.#plan.answered(question, held, this.#host.now())
    this.#look()
  }

  async #fetch(fetch: Fetch): Promise<void> {
    const outcome = await this.#bytesOf(fetch)
    this.#plan.fetched(fetch, outcome, this.#host.now())
    this.#look()
  }

  async #bytesOf({ holder, chunk }: Fetch): Promise<FetchOutcome> {
    let bytes: Uint8Array | null
    try {
      bytes = (await this.#sources.get(holder.id)?.get(chunk)) ?? null
      if (bytes === null) return 'lacking'
    } catch (error) {
      return blame(error)
    }
    try {
      await checkChunk(bytes, chunk)
    } catch {
      return 'fault'
    }
    try {
      if (!this.#isOver) await this.#host.store.put(chunk, bytes)
      // What was under way when the room ran out may still have found some.
      if (this.#host.now() >= this.#noRoomUntil) this.#tell({ ...this.#troubles, fetching: null })
      return 'got'
    } catch (error) {
      this.#keptOut(error)
      return 'kept-out'
    }
  }

  /** Nothing is fetched for a while that could not be kept. */
  #keptOut(error: unknown): void {
    if (this.#isOver) return
    if (!(error instanceof CliqueError)) reportError(error)
    this.#noRoomUntil = this.#host.now() + noRoomMs
    this.#tell({
      ...this.#troubles,
      fetching: error instanceof CliqueError ? error.code : 'storage-failed',
    })
    this.#lookLater(this.#noRoomUntil)
  }

  #tellBringing(peer: string, code: CliqueError['code'] | null): void {
    if (code === null) this.#bringing.delete(peer)
    else this.#bringing.set(peer, code)
    this.#tell({ ...this.#troubles, bringing: [...this.#bringing.values()][0] ?? null })
  }

  #tell(troubles: FileTroubles): void {
    const { fetching, bringing } = this.#troubles
    if (this.#isOver || (fetching === troubles.fetching && bringing === troubles.bringing)) return
    this.#troubles = troubles
    this.#host.onTroubles(troubles)
  }
}

function blame(error: unknown): 'fault' | 'broken' {
  if (!(error instanceof CliqueError)) reportError(error)
  return error instanceof CliqueError && faultCodes.includes(error.code) ? 'fault' : 'broken'
}
