import { isCliqueError } from '@clique/crypto'
import type { ChunkId } from '@clique/crypto'
import type { RelaySession } from './relay-session.ts'

/** The part of a session that is needed. */
type Asking = Pick<RelaySession, 'ask'>

/** Milliseconds for one chunk: a slow line, on which messages wait for their answers meanwhile. */
const chunkAnswerMs = 60_000

/** Resolves when it is on the relay's disk. `keepUntil` by the relay's clock. @throws CliqueError */
export async function putChunk(
  session: Asking,
  chunk: ChunkId,
  bytes: Uint8Array,
  keepUntil: number,
): Promise<void> {
  await session.ask('kept', { kind: 'putChunk', chunk, keepUntil, bytes }, chunkAnswerMs)
}

/** Null where the relay does not keep it. What it gives is not verified. @throws CliqueError */
export async function getChunk(session: Asking, chunk: ChunkId): Promise<Uint8Array | null> {
  try {
    return (await session.ask('chunk', { kind: 'getChunk', chunk }, chunkAnswerMs)).bytes
  } catch (error) {
    if (isCliqueError(error, 'relay-chunk-unknown')) return null
    throw error
  }
}

/** Which of these the relay keeps; at most `limits.chunksPerQuestion`. @throws CliqueError */
export async function haveChunks(session: Asking, chunks: readonly ChunkId[]): Promise<ReadonlySet<ChunkId>> {
  const answer = await session.ask('chunks', { kind: 'haveChunks', chunks })
  return new Set(answer.chunks)
}
