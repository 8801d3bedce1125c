import { CliqueError, isSealedChunkSize } from '@clique/crypto/verify'
import { limits } from '../../protocol/index.ts'
import type { Down, Up } from '../../protocol/index.ts'
import { keepUntilFor, requireAnyAttestation } from './facts.ts'
import type { Handling } from './facts.ts'
import { ask } from './questions.ts'
import type { Procedure } from './questions.ts'

export function* putChunk(handling: Handling, message: Up<'putChunk'>): Procedure<Down> {
  const { chunk: id, bytes, request } = message
  const { tenant } = requireAnyAttestation(handling)
  if (!isSealedChunkSize(bytes.length)) throw new CliqueError('media-size')
  if (!handling.spend('chunkBytes', bytes.length, true)) throw new CliqueError('relay-too-fast')
  const keepUntil = keepUntilFor(handling, message.keepUntil, limits.keepChunks)
  const stored = yield* ask({ kind: 'putChunk', tenant, id, bytes, keepUntil, shareLimit: limits.chunkBytes })
  return { kind: 'kept', request, keepUntil: stored }
}

export function* getChunk(handling: Handling, { chunk: id, request }: Up<'getChunk'>): Procedure<Down> {
  const { tenant } = requireAnyAttestation(handling)
  const bytes = yield* ask({ kind: 'getChunk', tenant, id })
  if (bytes === null) throw new CliqueError('relay-chunk-unknown')
  return { kind: 'chunk', request, bytes }
}

export function* haveChunks(handling: Handling, message: Up<'haveChunks'>): Procedure<Down> {
  const { tenant } = requireAnyAttestation(handling)
  const chunks = yield* ask({ kind: 'haveChunks', tenant, ids: message.chunks })
  return { kind: 'chunks', request: message.request, chunks }
}
