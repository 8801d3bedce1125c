import { CliqueError, systemRandom, toHex } from '@clique/crypto'
import type { ChunkPlace, PlacedChunk } from './chunk-place.ts'
import { ChunkWriter } from './chunk-writer.ts'
import type { ChunkRow } from './database.ts'
import { packFolder } from './pack-folder.ts'
import { guarded } from './store.ts'
import type { Store } from './store.ts'

/** Opened packs that are remembered: a file is read piece by piece, and eight of its pieces lie in one pack. */
const maxOpened = 8

/**
 * Bytes in the browser's own file system (OPFS). What is written together is one file, a pack: named by chance, never
 * changed, never named again. It is on the disk before the index names it, and goes when the index names nothing in it.
 */
export class ChunkFiles implements ChunkPlace {
  readonly #store: Store
  readonly #folder: FileSystemDirectoryHandle
  readonly #writer: ChunkWriter
  readonly #opened = new Map<string, Promise<File>>()

  private constructor(store: Store, folder: FileSystemDirectoryHandle, writer: ChunkWriter) {
    this.#store = store
    this.#folder = folder
    this.#writer = writer
  }

  /** Null where the browser gives no file system, as in some private windows. @throws where it fails for now */
  static async open(store: Store): Promise<ChunkFiles | null> {
    if (store.startWriter === null) return null
    const folder = await openFolder(packFolder(store.name))
    return folder && new ChunkFiles(store, folder, new ChunkWriter(store, store.startWriter))
  }

  /** False once it turned out that the browser reads files and writes none as this needs it. */
  get mayWrite(): boolean {
    return this.#writer.mayWrite
  }

  async write(added: readonly PlacedChunk[]): Promise<readonly ChunkRow[]> {
    const pack = toHex(systemRandom(16))
    await this.#writer.write(
      pack,
      added.map(({ bytes }) => bytes),
    )
    let at = 0
    return added.map(({ clique, chunk, bytes }) => {
      const row = { clique, chunk, size: bytes.length, pack, at }
      at += bytes.length
      return row
    })
  }

  commit(): Promise<void> {
    return Promise.resolve()
  }

  async read({ pack, at = 0, size }: ChunkRow): Promise<Uint8Array | null> {
    if (pack === undefined) return null
    const read = async (): Promise<Uint8Array | null> => {
      const file = await this.#open(pack)
      return file.size < at + size ? null : new Uint8Array(await file.slice(at, at + size).arrayBuffer())
    }
    const known = await read().catch(() => null)
    if (known !== null) return known
    // What was opened before may no longer tell what is there.
    this.#opened.delete(pack)
    try {
      return await read()
    } catch (error) {
      if (isGone(error)) return null
      throw new CliqueError('storage-failed', `storage: ${nameOf(error)}`)
    }
  }

  forget(): Promise<void> {
    return Promise.resolve()
  }

  async clear(rows: readonly ChunkRow[]): Promise<void> {
    for (const pack of new Set(rows.map((row) => row.pack))) {
      if (pack === undefined) continue
      const isNamed = (await guarded(this.#store.db.chunks.where('pack').equals(pack).limit(1).count())) > 0
      if (!isNamed) await this.remove(pack)
    }
  }

  async remove(pack: string): Promise<void> {
    this.#opened.delete(pack)
    try {
      await this.#folder.removeEntry(pack)
    } catch (error) {
      // Another tab was quicker, or is still reading it: what stays is found at the next start.
      if (!isGone(error) && nameOf(error) !== 'NoModificationAllowedError') {
        throw new CliqueError('storage-failed', `storage: ${nameOf(error)}`)
      }
    }
  }

  async packs(): Promise<string[]> {
    const names: string[] = []
    for await (const name of this.#folder.keys()) names.push(name)
    return names
  }

  #open(pack: string): Promise<File> {
    const known = this.#opened.get(pack)
    const opened = known ?? this.#folder.getFileHandle(pack).then((handle) => handle.getFile())
    // The one used last is at the end.
    this.#opened.delete(pack)
    this.#opened.set(pack, opened)
    opened.catch(() => this.#opened.delete(pack))
    const [oldest] = this.#opened.keys()
    if (this.#opened.size > maxOpened && oldest !== undefined) this.#opened.delete(oldest)
    return opened
  }
}

async function openFolder(name: string): Promise<FileSystemDirectoryHandle | null> {
  try {
    const root = await navigator.storage.getDirectory()
    return await root.getDirectoryHandle(name, { create: true })
  } catch (error) {
    // Old browsers have no such function, and private windows refuse it: rows serve them.
    if (['TypeError', 'SecurityError', 'NotAllowedError'].includes(nameOf(error))) return null
    throw error
  }
}

/** The file is not there. One that cannot be read now may be readable later. */
function isGone(error: unknown): boolean {
  return nameOf(error) === 'NotFoundError'
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown'
}
