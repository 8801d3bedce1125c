import { checkChunk, CliqueError } from '@clique/crypto'
import type { ChunkId, CliqueId, MemberId, SpaceId } from '@clique/crypto'
import { chunkIdsOf } from '../documents/attached-file.ts'
import type { SealedFile } from '../documents/attached-file.ts'
import type { Change } from '../storage/changes.ts'
import { dropWants, wantChunks, wantedChunks } from '../storage/chunk-wants.ts'
import type { Urgency } from '../storage/chunk-wants.ts'
import { deleteChunks, heldChunks, readChunk } from '../storage/chunks.ts'
import type { Store } from '../storage/store.ts'
import { AppError, failureCode } from '../words/errors.ts'
import type { FailureCode } from '../words/errors.ts'
import { headSize, readPictureHeader } from './picture-header.ts'
import { openFile } from './seal-file.ts'
import type { FileState } from './shelf-view.ts'

/** Without a chunk for this long, whoever has the rest cannot be reached. */
export const quietMs = 15_000

export interface PartPorts {
  readonly store: Store
  readonly clique: CliqueId
  readonly space: SpaceId
  /** Why what is wanted does not come, where it is not that nobody has it; reactive. */
  fetching(): FailureCode | null
  /** Told of faults that no caller is waiting for. */
  onFault(error: unknown): void
}

/** Something sealed that a message names, the whole file or a thumbnail: how much of it is here, and its address. */
export class SealedPart {
  readonly #ports: PartPorts
  readonly #sealed: SealedFile
  readonly #author: MemberId
  readonly #ids: readonly ChunkId[]
  readonly #missing: Set<ChunkId>
  readonly #maxPixels: number
  #isKnown = $state(false)
  #held = $state(0)
  #asked = 0
  #isWanted = $state(false)
  #isQuiet = $state(false)
  #fault = $state.raw<FailureCode | null>(null)
  #url = $state<string | null>(null)
  #showing = 0
  #quietTimer: ReturnType<typeof setTimeout> | undefined
  #isClosed = false

  /** `author`: whose message names it. */
  constructor(ports: PartPorts, sealed: SealedFile, author: MemberId, maxPixels: number) {
    this.#ports = ports
    this.#sealed = sealed
    this.#author = author
    this.#ids = chunkIdsOf(sealed)
    this.#missing = new Set(this.#ids)
    this.#maxPixels = maxPixels
  }

  get state(): FileState {
    if (this.#fault !== null) return { kind: 'failed', code: this.#fault }
    if (!this.#isKnown) return { kind: 'unknown' }
    const [held, of] = [this.#held, this.#ids.length]
    if (held === of) return { kind: 'here' }
    if (!this.#isWanted) return { kind: 'absent' }
    const hindrance = this.#ports.fetching()
    if (hindrance !== null) return { kind: 'failed', code: hindrance }
    return { kind: this.#isQuiet ? 'waiting' : 'coming', held, of }
  }

  get url(): string | null {
    return this.#url
  }

  /** Looks what is here, and asks for the rest if it is to be there without anybody's asking. */
  async start(urgency: Urgency | null): Promise<void> {
    const { store, clique } = this.#ports
    await this.#look(this.#ids)
    this.#isKnown = true
    if (this.#missing.size === 0) return this.#open()
    if (urgency !== null) await this.want(urgency)
    else if ((await wantedChunks(store, clique, [...this.#missing])).size > 0) this.#wait()
  }

  async want(urgency: Urgency): Promise<void> {
    const { store, clique, space } = this.#ports
    const asked = ++this.#asked
    const isBad = this.#fault !== null
    this.#fault = null
    if (isBad) await deleteChunks(store, clique, await this.#findDamaged())
    await this.#look(this.#ids)
    if (this.#missing.size === 0) return this.#open()
    this.#wait()
    const asking = { space, author: this.#author }
    const left = await wantChunks(store, clique, asking, [...this.#missing], urgency)
    // No room on the list of what is wanted: it can be asked for again when others have come.
    // Nor is what somebody has asked for meanwhile to go with what came to ask by itself.
    if (left.length > 0 && asked === this.#asked) await this.stop()
  }

  async stop(): Promise<void> {
    this.#isWanted = false
    clearTimeout(this.#quietTimer)
    await dropWants(this.#ports.store, this.#ports.clique, [...this.#missing])
  }

  /** Returns the function that takes it from the screen; the last one gives the memory back. */
  show(): () => void {
    this.#showing++
    this.#open().catch((error: unknown) => this.#ports.onFault(error))
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      if (--this.#showing === 0) this.#revoke()
    }
  }

  reject(): void {
    this.#revoke()
    this.#fault = 'picture-damaged'
  }

  /** @throws CliqueError `media-chunk`, `media-size`; AppError `file-not-here` */
  bytes(type?: string): Promise<Blob> {
    const { store, clique } = this.#ports
    return openFile(this.#sealed, (id) => readChunk(store, clique, id), type)
  }

  async follow(change: Change): Promise<void> {
    if (change.kind !== 'chunks' || change.clique !== this.#ports.clique) return
    const mine = change.chunks.filter((id) => this.#ids.includes(id))
    if (mine.length === 0) return
    await this.#look(mine)
    if (this.#isWanted) this.#wait()
    await this.#open()
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#quietTimer)
    this.#revoke()
  }

  /**
   * What the disk damaged. What is as its name says stays, though it does not open here: a message can name the chunks
   * of somebody else's file, and this device may be the only one that has them.
   */
  async #findDamaged(): Promise<ChunkId[]> {
    const { store, clique } = this.#ports
    const damaged: ChunkId[] = []
    for (const id of this.#ids) {
      const bytes = await readChunk(store, clique, id)
      const isWhole = bytes === null || (await isChunk(bytes, id))
      if (!isWhole) damaged.push(id)
    }
    return damaged
  }

  async #look(ids: readonly ChunkId[]): Promise<void> {
    const held = await heldChunks(this.#ports.store, this.#ports.clique, ids)
    for (const id of ids) {
      if (held.has(id)) this.#missing.delete(id)
      else this.#missing.add(id)
    }
    this.#held = this.#ids.length - this.#missing.size
    if (this.#missing.size === 0) {
      this.#isWanted = false
      clearTimeout(this.#quietTimer)
    }
  }

  #wait(): void {
    if (this.#isClosed) return
    this.#isWanted = true
    this.#isQuiet = false
    clearTimeout(this.#quietTimer)
    this.#quietTimer = setTimeout(() => (this.#isQuiet = true), quietMs)
  }

  async #open(): Promise<void> {
    if (this.#showing === 0 || this.#url !== null || this.#fault !== null) return
    if (!this.#isKnown || this.#missing.size > 0) return
    try {
      const url = URL.createObjectURL(await this.#readPicture())
      // Meanwhile it may have left the screen, or come onto it twice.
      if (this.#isClosed || this.#showing === 0 || this.#url !== null) URL.revokeObjectURL(url)
      else this.#url = url
    } catch (error) {
      this.#fault = failureCode(error)
      if (!(error instanceof CliqueError || error instanceof AppError)) this.#ports.onFault(error)
    }
  }

  /** What somebody else calls a picture is looked at before a browser unfolds it. */
  async #readPicture(): Promise<Blob> {
    const bytes = await this.bytes()
    const header = readPictureHeader(await bytes.slice(0, headSize).bytes())
    if (header === null) throw new AppError('picture-damaged')
    if (header.width * header.height > this.#maxPixels) throw new AppError('picture-too-large')
    return bytes.slice(0, bytes.size, header.type)
  }

  #revoke(): void {
    if (this.#url !== null) URL.revokeObjectURL(this.#url)
    this.#url = null
  }
}

async function isChunk(bytes: Uint8Array, id: ChunkId): Promise<boolean> {
  try {
    await checkChunk(bytes, id)
    return true
  } catch (error) {
    if (error instanceof CliqueError) return false
    throw error
  }
}
