import { toBase64url } from '@clique/crypto'
import type { Random } from '@clique/crypto'
import { maxFileSize, toFileName, toMediaType } from '../documents/attached-file.ts'
import type { AttachedFile } from '../documents/attached-file.ts'
import type { StoredChunk } from '../storage/chunks.ts'
import { AppError } from '../words/errors.ts'
import { headSize, pictureTypes, readPictureHeader } from './picture-header.ts'
import type { PictureHeader } from './picture-header.ts'
import { sealFile } from './seal-file.ts'
import { shrinkPicture } from './shrink-picture.ts'

/** How a person wants a picture to go: drawn anew, as it is, or as a file that nobody looks into. */
export type Handling = 'redrawn' | 'as-it-is' | 'as-file'

export interface PreparedFile {
  readonly file: AttachedFile
  /** What became of the wish: moving pictures and files always go as they are. */
  readonly handling: Handling
  /** For the tray; it is in a chunk too. */
  readonly thumbnail: Blob | null
}

/** A kept chunk, and how far it is. */
export interface Progress {
  readonly done: number
  readonly of: number
}

export interface PreparationPorts {
  readonly random: Random
  /** Resolves when they are on the disk, so that memory holds one batch. */
  keep(batch: StoredChunk[], progress: Progress): Promise<void>
}

/**
 * Makes a person's file into what a message can carry: looked at, redrawn where asked for, sealed, kept in chunks.
 * @throws AppError `file-empty`, `file-too-large`, `file-unreadable`, `picture-too-large`, `picture-damaged`; and
 * whatever `keep` throws
 */
export async function prepareFile(
  source: File,
  wish: Handling,
  ports: PreparationPorts,
): Promise<PreparedFile> {
  if (source.size === 0) throw new AppError('file-empty')
  if (source.size > maxFileSize) throw new AppError('file-too-large')
  const header = wish === 'as-file' ? null : readPictureHeader(await readHead(source))
  return header === null
    ? { file: await prepareBytes(source, ports), handling: 'as-file', thumbnail: null }
    : preparePicture(source, header, wish, ports)
}

async function prepareBytes(source: File, ports: PreparationPorts): Promise<AttachedFile> {
  const count = progressOf(source.size)
  const sealed = await sealFile(source, ports.random, (batch) => ports.keep(batch, count(batch)))
  return { ...sealed, name: toFileName(source.name), type: plainType(source.type), picture: null }
}

/** A file that calls itself a picture and is none of those that we know by their bytes is just bytes. */
function plainType(declared: string): string {
  const type = toMediaType(declared)
  return pictureTypes.some((known) => known === type) ? 'application/octet-stream' : type
}

async function preparePicture(
  source: File,
  header: PictureHeader,
  wish: Handling,
  ports: PreparationPorts,
): Promise<PreparedFile> {
  const isRedrawn = wish === 'redrawn' && !header.isAnimated
  const shrunk = await shrinkPicture(source, header, isRedrawn)
  const { width, height, thumbnail, redrawn } = shrunk
  const whole = redrawn ?? source
  const type = redrawn === null ? header.type : toMediaType(redrawn.type)
  const count = progressOf(thumbnail.size + whole.size)
  const keep = (batch: StoredChunk[]) => ports.keep(batch, count(batch))
  const sealedThumbnail = await sealFile(thumbnail, ports.random, keep)
  const sealed = await sealFile(whole, ports.random, keep)
  const picture = { width, height, hash: toBase64url(shrunk.hash), thumbnail: sealedThumbnail }
  const name = redrawn === null ? toFileName(source.name) : nameFor(source.name, type)
  return { file: { ...sealed, name, type, picture }, handling: isRedrawn ? 'redrawn' : 'as-it-is', thumbnail }
}

/** `IMG_1.png` that became a JPEG is called `IMG_1.jpg`. */
function nameFor(given: string, type: string): string {
  const ending = type === 'image/jpeg' ? 'jpg' : (type.split('/')[1] ?? 'jpg')
  const stem = given.replace(/\.[A-Za-z0-9]{1,5}$/, '')
  return toFileName(`${stem === '' ? 'photo' : stem}.${ending}`)
}

async function readHead(source: Blob): Promise<Uint8Array> {
  try {
    return new Uint8Array(await source.slice(0, headSize).arrayBuffer())
  } catch {
    throw new AppError('file-unreadable')
  }
}

/** By bytes, as far as they have been sealed; the last chunk's padding is no matter to anybody who waits. */
function progressOf(of: number): (batch: StoredChunk[]) => Progress {
  let done = 0
  return (batch) => {
    done = Math.min(of, done + batch.reduce((sum, { bytes }) => sum + bytes.length, 0))
    return { done, of }
  }
}
