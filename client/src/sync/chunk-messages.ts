import {
  CliqueError,
  decode,
  encode,
  idToBytes,
  readArray,
  readBytesUpTo,
  readId,
  readList,
  readUint,
  sealedChunkSize,
} from '@clique/crypto'
import type { CborValue, ChunkId } from '@clique/crypto'
import type { ChannelLimits } from '../network/frame-channel.ts'

/** libp2p protocol id. Whoever opens the stream asks; the other side answers, in order. */
export const chunkProtocol = '/clique/chunks/1'
const version = 1

/** Chunks in one question: a few KiB. */
export const maxAsked = 256
/** A chunk and the message around it, or a question about as many as may be. */
const maxFrame = sealedChunkSize + 1024

export const chunkChannelLimits: ChannelLimits = { maxFrame, maxHeld: 2 * maxFrame, drainMs: 30_000 }

/** Which of these do you hold? Or: give me this one. */
export type ChunkQuestion =
  | { readonly kind: 'have'; readonly chunks: readonly ChunkId[] }
  | { readonly kind: 'get'; readonly chunk: ChunkId }

/** Those that are held; the bytes; or that they are not here (any more). */
export type ChunkAnswer =
  | { readonly kind: 'held'; readonly chunks: readonly ChunkId[] }
  | { readonly kind: 'chunk'; readonly bytes: Uint8Array }
  | { readonly kind: 'lacking' }

const numbers = { have: 1, get: 2, held: 3, chunk: 4, lacking: 5 } as const
const limits = { size: maxFrame, depth: 2, items: maxAsked + 8 }

export function questionToBytes(question: ChunkQuestion): Uint8Array {
  const start = [version, numbers[question.kind]]
  return encode(
    question.kind === 'have'
      ? [...start, question.chunks.map(idToBytes)]
      : [...start, idToBytes(question.chunk)],
  )
}

export function answerToBytes(answer: ChunkAnswer): Uint8Array {
  const start = [version, numbers[answer.kind]]
  if (answer.kind === 'held') return encode([...start, answer.chunks.map(idToBytes)])
  return encode(answer.kind === 'chunk' ? [...start, answer.bytes] : start)
}

/** @throws CliqueError `sync-message` */
export function bytesToQuestion(bytes: Uint8Array): ChunkQuestion {
  return read(bytes, (tag, fields): ChunkQuestion | null => {
    if (tag === numbers.have) return { kind: 'have', chunks: readChunks(readArray(fields, 3)[2]) }
    if (tag === numbers.get) return { kind: 'get', chunk: readId(readArray(fields, 3)[2], 'chunk') }
    return null
  })
}

/** @throws CliqueError `sync-message` */
export function bytesToAnswer(bytes: Uint8Array): ChunkAnswer {
  return read(bytes, (tag, fields): ChunkAnswer | null => {
    if (tag === numbers.held) return { kind: 'held', chunks: readChunks(readArray(fields, 3)[2]) }
    if (tag === numbers.chunk) {
      return { kind: 'chunk', bytes: readBytesUpTo(readArray(fields, 3)[2], sealedChunkSize) }
    }
    if (tag !== numbers.lacking) return null
    readArray(fields, 2)
    return { kind: 'lacking' }
  })
}

function read<T>(bytes: Uint8Array, of: (tag: number, fields: readonly CborValue[]) => T | null): T {
  try {
    const fields = readArray(decode(bytes, limits))
    const message = readUint(fields[0]) === version ? of(readUint(fields[1]), fields) : null
    if (message !== null) return message
  } catch (error) {
    if (!(error instanceof CliqueError)) throw error
  }
  throw new CliqueError('sync-message')
}

function readChunks(value: CborValue | undefined): ChunkId[] {
  return readList(value, maxAsked, (chunk) => readId(chunk, 'chunk'))
}
