import type { MemberId } from '@clique/crypto'
import { urgencies } from '../storage/chunk-wants.ts'
import type { AttachedFile } from '../documents/attached-file.ts'
import { pictureTypes } from './picture-header.ts'
import { saveAs } from './save-as.ts'
import { SealedPart } from './sealed-part.svelte.ts'
import type { PartPorts } from './sealed-part.svelte.ts'
import type { FileState, ShelfFile, ShelfView } from './shelf-view.ts'
import { maxPixels } from './shrink-picture.ts'

/** Pictures up to this many bytes come by themselves, so that they are on several devices before anybody asks. */
export const autoFetchSize = 8 * 1024 * 1024

/** Pixels of a thumbnail, with room for other ideas of how large one is. */
const maxThumbnailPixels = 1024 * 1024

/** The files of one conversation, each known as long as it is on screen. */
export class Shelf implements ShelfView {
  readonly #ports: PartPorts
  /** By what the message says of it, never by its key: two messages may name one key, and mean different things. */
  readonly #taken = new Map<AttachedFile, { readonly shown: Shown; count: number }>()
  readonly #stopListening: () => void
  #isClosed = false

  constructor(given: PartPorts) {
    // Once the conversation is left, what was still being read may fail with its storage: that is nobody's fault.
    const onFault = (error: unknown): void => {
      if (!this.#isClosed) given.onFault(error)
    }
    const ports: PartPorts = { ...given, onFault }
    this.#ports = ports
    this.#stopListening = ports.store.changes.listen((change) => {
      if (change.kind !== 'chunks') return
      for (const { shown } of this.#taken.values()) {
        for (const part of shown.parts) part.follow(change).catch(ports.onFault)
      }
    })
  }

  take(file: AttachedFile, author: MemberId): { shown: ShelfFile; release: () => void } {
    const known = this.#taken.get(file)
    const entry = known ?? { shown: new Shown(this.#ports, file, author), count: 0 }
    if (known === undefined) this.#taken.set(file, entry)
    entry.count++
    let isOver = false
    const release = () => {
      if (isOver) return
      isOver = true
      if (--entry.count > 0) return
      this.#taken.delete(file)
      entry.shown.close()
    }
    return { shown: entry.shown, release }
  }

  close(): void {
    this.#isClosed = true
    this.#stopListening()
    for (const { shown } of this.#taken.values()) shown.close()
    this.#taken.clear()
  }
}

class Shown implements ShelfFile {
  readonly file: AttachedFile
  readonly #ports: PartPorts
  readonly #whole: SealedPart
  readonly #thumbnail: SealedPart | null

  constructor(ports: PartPorts, file: AttachedFile, author: MemberId) {
    this.file = file
    this.#ports = ports
    const { picture } = file
    this.#whole = new SealedPart(ports, file, author, maxPixels)
    this.#thumbnail =
      picture === null ? null : new SealedPart(ports, picture.thumbnail, author, maxThumbnailPixels)
    const comesAlone = picture !== null && file.size <= autoFetchSize
    this.#run(this.#thumbnail?.start(urgencies.soon))
    this.#run(this.#whole.start(comesAlone ? urgencies.later : null))
  }

  get state(): FileState {
    return this.#whole.state
  }
  get thumbnail(): string | null {
    return this.#thumbnail?.url ?? null
  }
  get whole(): string | null {
    return this.#whole.url
  }
  get parts(): SealedPart[] {
    return this.#thumbnail === null ? [this.#whole] : [this.#thumbnail, this.#whole]
  }

  showThumbnail(): () => void {
    return this.#thumbnail?.show() ?? (() => undefined)
  }

  showWhole(): () => void {
    return this.#whole.show()
  }

  fetch(): void {
    if (this.#thumbnail?.state.kind === 'failed') this.#run(this.#thumbnail.want(urgencies.now))
    this.#run(this.#whole.want(urgencies.now))
  }

  stop(): void {
    this.#run(this.#whole.stop())
  }

  reject(): void {
    this.#whole.reject()
  }

  async save(): Promise<void> {
    // Never a type that a browser would run. Phones put what is called a picture among the photos.
    const type = pictureTypes.find((known) => known === this.file.type && this.file.picture !== null)
    saveAs(await this.#whole.bytes(type), this.file.name)
  }

  close(): void {
    for (const part of this.parts) part.close()
  }

  #run(work: Promise<void> | undefined): void {
    work?.catch((error: unknown) => this.#ports.onFault(error))
  }
}
