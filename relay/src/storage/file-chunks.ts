import { CliqueError } from '@clique/crypto/verify'
import type { ChunkId } from '@clique/crypto/verify'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { open, readFile, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { serverLimits } from '../server-limits.ts'
import { ChunkIndex } from './chunk-index.ts'
import type { IndexedChunk } from './chunk-index.ts'
import type { ChunkStorage, NewChunk } from './chunk-storage.ts'
import { codedError } from './coded-error.ts'
import type { TenantId } from './storage.ts'

export interface FileChunksOptions {
  /** Bytes of all chunks. */
  readonly maxBytes?: number
  /** Bytes that the disk has left. */
  readonly freeBytes?: () => Promise<number>
}

interface Placed {
  readonly chunk: IndexedChunk
  resolve(): void
  reject(error: unknown): void
}

/**
 * A file for each chunk, and an index of them. The file is synced, then its folder, then the row is committed: a file
 * without a row is the rest of a write that came to nothing, and is removed at the next start.
 */
export class FileChunks implements ChunkStorage {
  readonly #folder: string
  readonly #index: ChunkIndex
  readonly #maxBytes: number
  readonly #freeBytes: () => Promise<number>
  /** Bytes that are being written: they count as if they were there. */
  readonly #reserved = new Map<TenantId, number>()
  readonly #writing = new Map<string, Promise<number>>()
  #total: number
  #last: number
  #placed: Placed[] = []
  #isCommitting = false
  #closed = false

  /** `folder` is made where there is none. @throws Error */
  constructor(folder: string, options: FileChunksOptions = {}) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    this.#folder = folder
    this.#maxBytes = options.maxBytes ?? Number.MAX_SAFE_INTEGER
    this.#freeBytes = options.freeBytes ?? (() => freeBytesOf(folder))
    this.#index = new ChunkIndex(join(folder, indexName))
    this.#total = this.#index.total()
    const known = this.#index.numbers()
    this.#last = 0
    for (const no of known) this.#last = Math.max(this.#last, no)
    for (const name of readdirSync(folder)) {
      const no = numberOf(name)
      if (no !== null && !known.has(no)) rmSync(join(folder, name))
    }
  }

  async put(chunk: NewChunk): Promise<number> {
    const name = `${chunk.tenant} ${chunk.id}`
    for (;;) {
      if (this.#closed) throw new CliqueError('relay-stopping')
      const kept = this.#keepLonger(chunk)
      if (kept !== null) return kept
      const other = this.#writing.get(name)
      if (other === undefined) break
      await other.catch(() => undefined)
    }
    const writing = this.#write(chunk)
      .catch((error: unknown) => Promise.reject(codedError(error)))
      .finally(() => this.#writing.delete(name))
    this.#writing.set(name, writing)
    return writing
  }

  async get(tenant: TenantId, id: ChunkId): Promise<Uint8Array | null> {
    try {
      const known = this.#index.find(tenant, id)
      if (known === null) return null
      const bytes = await readFile(this.#pathOf(known.no)).catch(orNull)
      if (bytes?.length === known.size) return new Uint8Array(bytes.buffer, bytes.byteOffset, known.size)
      // Somebody touched the folder, or the disk lost it: it can be brought again.
      await this.#forget([known])
      return null
    } catch (error) {
      throw codedError(error)
    }
  }

  async have(tenant: TenantId, ids: readonly ChunkId[]): Promise<readonly ChunkId[]> {
    try {
      return ids.filter((id) => this.#index.find(tenant, id) !== null)
    } catch (error) {
      throw codedError(error)
    }
  }

  async prune(now: number, max: number): Promise<number> {
    try {
      const over = this.#index.overdue(now, max)
      await this.#forget(over)
      return over.length
    } catch (error) {
      throw codedError(error)
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await Promise.allSettled(this.#writing.values())
    this.#index.close()
  }

  #keepLonger({ tenant, id, keepUntil }: NewChunk): number | null {
    try {
      const known = this.#index.find(tenant, id)
      if (known === null) return null
      if (known.keepUntil < keepUntil) this.#index.keepLonger(known, keepUntil)
      return Math.max(known.keepUntil, keepUntil)
    } catch (error) {
      throw codedError(error)
    }
  }

  async #write({ tenant, id, bytes, keepUntil, shareLimit }: NewChunk): Promise<number> {
    const size = bytes.length
    const reserved = this.#reserved.get(tenant) ?? 0
    if (this.#index.used(tenant) + reserved + size > shareLimit) throw new CliqueError('relay-quota')
    if (this.#total + size > this.#maxBytes) throw new CliqueError('relay-storage-full')
    this.#reserved.set(tenant, reserved + size)
    this.#total += size
    const no = ++this.#last
    try {
      if ((await this.#freeBytes()) - size < serverLimits.diskReserve) {
        throw new CliqueError('relay-storage-full')
      }
      await writeSynced(this.#pathOf(no), bytes)
      await this.#commit({ no, tenant, id, size, keepUntil })
      return keepUntil
    } catch (error) {
      this.#total -= size
      await rm(this.#pathOf(no), { force: true }).catch(() => undefined)
      throw error
    } finally {
      const rest = (this.#reserved.get(tenant) ?? size) - size
      if (rest > 0) this.#reserved.set(tenant, rest)
      else this.#reserved.delete(tenant)
    }
  }

  /** Chunks whose files are there at the same time share a commit, as batches of mailboxes do. */
  #commit(chunk: IndexedChunk): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#placed.push({ chunk, resolve, reject })
      if (!this.#isCommitting) void this.#commitAll()
    })
  }

  async #commitAll(): Promise<void> {
    this.#isCommitting = true
    while (this.#placed.length > 0) {
      const group = this.#placed
      this.#placed = []
      try {
        await syncFolder(this.#folder)
        this.#index.add(group.map(({ chunk }) => chunk))
        for (const { resolve } of group) resolve()
      } catch (error) {
        for (const { reject } of group) reject(error)
      }
    }
    this.#isCommitting = false
  }

  /** Rows first: what is left of a file without one is nobody's. */
  async #forget(chunks: readonly IndexedChunk[]): Promise<void> {
    this.#total -= this.#index.remove(chunks)
    for (const { no } of chunks) await rm(this.#pathOf(no), { force: true })
  }

  #pathOf(no: number): string {
    return join(this.#folder, `${no}.chunk`)
  }
}

const indexName = 'index.sqlite'

function numberOf(name: string): number | null {
  const digits = /^(\d+)\.chunk$/.exec(name)?.[1]
  return digits === undefined ? null : Number(digits)
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** A file's name is on disk when its folder is. Windows has no such call, and needs none. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function freeBytesOf(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path)
  return bavail * bsize
}

function orNull(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}
