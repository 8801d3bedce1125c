import {
  chunkCount,
  chunkName,
  fromBase64url,
  idToBytes,
  importMediaKey,
  makeMediaKey,
  openChunk,
  plainChunkSize,
  sealChunk,
  toBase64url,
} from '@clique/crypto'
import type { ChunkId, Random } from '@clique/crypto'
import { chunkIdsOf } from '../documents/attached-file.ts'
import type { SealedFile } from '../documents/attached-file.ts'
import type { StoredChunk } from '../storage/chunks.ts'
import { AppError } from '../words/errors.ts'

/** Chunks that are sealed before they are handed on: 2 MiB, so that storage commits seldom and memory holds little. */
const batchSize = 8

/**
 * Seals a file piece by piece; never more of it than a batch is in memory. `keep` is waited for.
 * @throws AppError `file-unreadable` when the file changes or goes away meanwhile
 */
export async function sealFile(
  plain: Blob,
  random: Random,
  keep: (batch: StoredChunk[]) => Promise<void>,
): Promise<SealedFile> {
  const secret = makeMediaKey(random)
  const key = await importMediaKey(secret)
  const count = chunkCount(plain.size)
  const names = new Uint8Array(32 * count)
  let batch: StoredChunk[] = []
  for (let i = 0; i < count; i++) {
    const piece = await readPiece(plain, i)
    const bytes = await sealChunk(key, i, i === count - 1, piece)
    const chunk = chunkName(bytes)
    names.set(idToBytes(chunk), 32 * i)
    batch.push({ chunk, bytes })
    if (batch.length < batchSize && i < count - 1) continue
    await keep(batch)
    batch = []
  }
  return { key: toBase64url(secret), size: plain.size, chunks: toBase64url(names) }
}

async function readPiece(plain: Blob, index: number): Promise<Uint8Array> {
  const begin = index * plainChunkSize
  const piece = plain.slice(begin, begin + plainChunkSize)
  try {
    const bytes = new Uint8Array(await piece.arrayBuffer())
    if (bytes.length === piece.size) return bytes
  } catch {
    // Browsers differ in how they say that a file is not what it was.
  }
  throw new AppError('file-unreadable')
}

/**
 * The file's bytes as they were sealed. Each opened piece goes to the browser before the next is opened, so a large
 * file is never whole in this page's memory. @throws CliqueError `media-chunk`, `media-size` for what was damaged or is
 * not what was named; AppError `file-not-here` when a chunk is missing
 */
export async function openFile(
  file: SealedFile,
  readChunk: (chunk: ChunkId) => Promise<Uint8Array | null>,
  type = 'application/octet-stream',
): Promise<Blob> {
  const key = await importMediaKey(fromBase64url(file.key))
  const ids = chunkIdsOf(file)
  const pieces: Blob[] = []
  let left = file.size
  for (const [i, id] of ids.entries()) {
    const sealed = await readChunk(id)
    if (sealed === null) throw new AppError('file-not-here')
    const bytes = await openChunk(key, i, i === ids.length - 1, sealed)
    left -= bytes.length
    pieces.push(new Blob([bytes as Uint8Array<ArrayBuffer>]))
  }
  // Whoever named another size than the file has wanted it to be taken for something else.
  if (left !== 0) throw new AppError('media-size')
  return new Blob(pieces, { type })
}
