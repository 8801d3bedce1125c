import { systemRandom, toHex } from '@clique/crypto'
import type { ChunkId, CliqueId } from '@clique/crypto'
import { allChunkIdsOf, maxFiles, toFileName } from '../documents/attached-file.ts'
import type { AttachedFile } from '../documents/attached-file.ts'
import { heldChunks, putChunks, readChunk } from '../storage/chunks.ts'
import type { StoredChunk } from '../storage/chunks.ts'
import { deleteDrafted, markDrafted, readMarked } from '../storage/drafted-chunks.ts'
import type { Store } from '../storage/store.ts'
import { unsaved } from '../ui/unsaved.ts'
import { failureCode } from '../words/errors.ts'
import type { FailureCode } from '../words/errors.ts'
import type { Handling, Progress } from './prepare-file.ts'
import { openFile } from './seal-file.ts'
import { whileMakingDrafts } from './leftovers.ts'
import type { DraftFile, TrayItem, TrayState, TrayView } from './tray-view.ts'
import { Workshop } from './workshop.ts'

export interface TrayOptions {
  readonly store: Store
  readonly clique: CliqueId
  /** What is ready has changed: the draft is to be kept. Resolves when it is; never rejects. */
  onReady(files: readonly DraftFile[]): Promise<void>
  /** Told of faults that no caller is waiting for. */
  onFault(error: unknown): void
}

/**
 * Files on their way into a message. Each is prepared at once and its chunks kept, so that sending is only a matter
 * of the entry, and a reload loses what is not ready alone.
 */
export class Tray implements TrayView {
  readonly #options: TrayOptions
  readonly #workshop = new Workshop()
  readonly #work = new Set<Promise<void>>()
  /** Of what was taken, the chunks that were a draft's alone. */
  readonly #markedOf = new WeakMap<readonly DraftFile[], Promise<readonly ChunkId[]>>()
  #items = $state.raw<readonly Item[]>([])
  #asTheyAre = $state(false)
  #refusal = $state.raw<FailureCode | null>(null)
  #isClosed = false
  readonly #stopListening: () => void

  /** `kept`: files of the draft. */
  constructor(options: TrayOptions, kept: readonly DraftFile[] = []) {
    this.#options = options
    this.#stopListening = options.store.changes.listen((change) => {
      if (change.kind !== 'chunks' || change.clique !== options.clique) return
      const changed = new Set(change.chunks)
      for (const item of this.#items) if (item.chunks.some((id) => changed.has(id))) this.#review(item)
    })
    this.#items = kept.map((one) => this.#restore(one))
  }

  get items(): readonly TrayItem[] {
    return this.#items
  }
  get isPreparing(): boolean {
    return this.#items.some(({ state }) => state.kind === 'preparing')
  }
  get asTheyAre(): boolean {
    return this.#asTheyAre
  }
  get mayChoose(): boolean {
    const pictures = this.#items.filter(({ state }) => state.kind === 'ready' && state.file.picture !== null)
    return pictures.some(({ source, state }) => source !== null && isChoiceOpen(state))
  }
  get refusal(): FailureCode | null {
    return this.#refusal
  }

  add(files: readonly File[]): void {
    const taken = files.slice(0, Math.max(0, maxFiles - this.#items.length))
    this.#refusal = taken.length < files.length ? 'files-too-many' : null
    const wish = this.#asTheyAre ? 'as-it-is' : 'redrawn'
    const items = taken.map((source) => new Item(source.name, source.size, source))
    this.#items = [...this.#items, ...items]
    for (const item of items) this.#prepare(item, wish)
  }

  remove(key: string): void {
    const item = this.#items.find((one) => one.key === key)
    if (item === undefined) return
    this.#items = this.#items.filter((one) => one !== item)
    this.#refusal = null
    item.stop()
    this.#forget(item.takeChunks())
    void this.#tellReady()
  }

  sendAsFile(key: string): void {
    const item = this.#items.find((one) => one.key === key)
    if (item !== undefined) this.#prepare(item, 'as-file')
  }

  choose(asTheyAre: boolean): void {
    this.#asTheyAre = asTheyAre
    for (const item of this.#items) {
      if (item.source !== null && isChoiceOpen(item.state)) {
        this.#prepare(item, asTheyAre ? 'as-it-is' : 'redrawn')
      }
    }
  }

  /** What is ready leaves the tray, to be sent; what failed stays. */
  take(): DraftFile[] {
    const ready = this.#items.filter(({ state }) => state.kind === 'ready')
    this.#items = this.#items.filter((item) => !ready.includes(item))
    for (const item of ready) item.close()
    const files = ready.flatMap((item) => item.ready ?? [])
    const { store, clique } = this.#options
    // Asked before they are sent, which takes the marks away.
    const marked = readMarked(store, clique, allChunkIdsOf(files.map(({ file }) => file)))
    this.#markedOf.set(
      files,
      marked.catch((error: unknown) => {
        this.#fault(error)
        return []
      }),
    )
    return files
  }

  /** They were taken, could not be sent, and are a draft's again; what another tab had sent by then is not. */
  putBack(files: readonly DraftFile[]): void {
    this.#items = [...files.map((one) => this.#restore(one)), ...this.#items]
    const { store, clique } = this.#options
    const mark = async () => markDrafted(store, clique, (await this.#markedOf.get(files)) ?? [])
    mark().catch((error: unknown) => this.#fault(error))
    void this.#tellReady()
  }

  /** Makes ready what it has begun, and closes. */
  async finish(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work)
    this.close()
  }

  /** What is ready stays in the draft; what is not is given up. */
  close(): void {
    this.#isClosed = true
    this.#stopListening()
    this.#workshop.close()
    for (const item of this.#items) {
      item.stop()
      if (item.state.kind !== 'ready') this.#forget(item.takeChunks())
      item.close()
    }
    this.#items = []
  }

  #prepare(item: Item, wish: Handling): void {
    const { source } = item
    if (source === null) return
    item.stop()
    const outdated = item.takeChunks()
    const job = item.begin()
    const { store } = this.#options
    const work = async (): Promise<void> => {
      await this.#drop(outdated)
      let keeping = Promise.resolve()
      const keep = (batch: readonly StoredChunk[], progress: Progress): Promise<void> =>
        (keeping = this.#keep(item, job.signal, batch, progress))
      const prepared = await this.#workshop
        .prepare({ source, wish, signal: job.signal, keep })
        // Until nothing of it is on its way to the disk, it is still being made: no tab takes it for a leftover.
        .finally(() => keeping)
      item.show(prepared.thumbnail)
      item.state = { kind: 'ready', file: prepared.file, handling: prepared.handling }
    }
    const working = whileMakingDrafts(store, () => work().then(() => this.#tellReady())).then(
      undefined,
      (error: unknown) => {
        if (job.signal.aborted) return
        const code = failureCode(error)
        if (code === 'internal') this.#options.onFault(error)
        this.#forget(item.takeChunks())
        item.state = { kind: 'failed', code, mayGoAsFile: code.startsWith('picture-') }
      },
    )
    // What was chosen is in this page's memory alone until it is ready.
    const letGo = unsaved.hold()
    this.#work.add(working)
    void working.finally(() => {
      this.#work.delete(working)
      letGo()
    })
    void this.#tellReady()
  }

  /** They are the item's once the disk has answered: a mark that went before would leave them there for ever. */
  async #keep(
    item: Item,
    signal: AbortSignal,
    batch: readonly StoredChunk[],
    { done, of }: Progress,
  ): Promise<void> {
    if (signal.aborted) return
    const { store, clique } = this.#options
    const made = batch.map(({ chunk }) => chunk)
    await markDrafted(store, clique, made)
    try {
      await putChunks(store, clique, batch)
    } finally {
      if (!signal.aborted) item.chunks.push(...made)
    }
    // It was taken out while this was on its way to the disk.
    if (signal.aborted) return this.#drop(made)
    item.state = { kind: 'preparing', done, of }
  }

  #restore({ file, handling }: DraftFile): Item {
    const item = new Item(file.name, file.size, null)
    item.chunks.push(...allChunkIdsOf([file]))
    item.state = { kind: 'ready', file, handling }
    this.#review(item)
    this.#loadPreview(item, file).catch((error: unknown) => {
      // Another tab took it out of the same draft.
      if (failureCode(error) !== 'file-not-here') this.#fault(error)
    })
    return item
  }

  /** What another tab took out of the same draft is ready no more. */
  #review(item: Item): void {
    const { store, clique } = this.#options
    const review = async (): Promise<void> => {
      const held = await heldChunks(store, clique, item.chunks)
      const isLost = item.state.kind === 'ready' && item.chunks.some((id) => !held.has(id))
      if (!isLost || !this.#items.includes(item)) return
      this.#forget(item.takeChunks())
      item.state = { kind: 'failed', code: 'file-unreadable', mayGoAsFile: false }
      await this.#tellReady()
    }
    review().catch((error: unknown) => this.#fault(error))
  }

  async #loadPreview(item: Item, { picture }: AttachedFile): Promise<void> {
    if (picture === null) return
    const { store, clique } = this.#options
    item.show(await openFile(picture.thumbnail, (id) => readChunk(store, clique, id)))
  }

  #tellReady(): Promise<void> {
    return this.#options.onReady(this.#items.flatMap((item) => item.ready ?? []))
  }

  #forget(chunks: readonly ChunkId[]): void {
    this.#drop(chunks).catch((error: unknown) => this.#fault(error))
  }

  /** Once it is left, what was still being done may fail with its storage; what that leaves, the next start forgets. */
  #fault(error: unknown): void {
    if (!this.#isClosed) this.#options.onFault(error)
  }

  /** What was sent, from another tab or before this one was closed in the middle of it, stays. */
  #drop(chunks: readonly ChunkId[]): Promise<void> {
    return deleteDrafted(this.#options.store, this.#options.clique, chunks)
  }
}

/** Only what would look different if it were asked for differently. */
function isChoiceOpen(state: TrayState): boolean {
  if (state.kind !== 'ready') return state.kind === 'preparing'
  const isMoving = state.file.type === 'image/gif'
  return state.file.picture !== null && !isMoving
}

class Item implements TrayItem {
  readonly key = toHex(systemRandom(8))
  readonly name: string
  readonly size: number
  /** Null after a reload: what was chosen is not there any more, only what was made of it. */
  readonly source: File | null
  state = $state.raw<TrayState>({ kind: 'preparing', done: 0, of: 1 })
  preview = $state<string | null>(null)
  /** What is held for it. */
  readonly chunks: ChunkId[] = []
  #job: AbortController | null = null
  #isClosed = false

  constructor(name: string, size: number, source: File | null) {
    this.name = toFileName(name)
    this.size = size
    this.source = source
  }

  get ready(): DraftFile | null {
    const { state } = this
    return state.kind === 'ready' ? { file: state.file, handling: state.handling } : null
  }

  begin(): AbortController {
    this.#job = new AbortController()
    this.state = { kind: 'preparing', done: 0, of: Math.max(1, this.size) }
    return this.#job
  }

  stop(): void {
    this.#job?.abort()
    this.#job = null
  }

  takeChunks(): ChunkId[] {
    return this.chunks.splice(0)
  }

  show(thumbnail: Blob | null): void {
    if (this.preview !== null) URL.revokeObjectURL(this.preview)
    this.preview = thumbnail === null || this.#isClosed ? null : URL.createObjectURL(thumbnail)
  }

  close(): void {
    this.#isClosed = true
    this.show(null)
  }
}
