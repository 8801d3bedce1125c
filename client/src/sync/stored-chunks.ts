import type { ChunkId, CliqueId } from '@clique/crypto'
import { limits } from '@clique/relay/protocol'
import { markUploaded, readUploads, supplyRelays } from '../storage/chunk-uploads.ts'
import { keepWantsOf, readWants } from '../storage/chunk-wants.ts'
import { heldChunks, putChunks, readChunk } from '../storage/chunks.ts'
import type { Store } from '../storage/store.ts'
import type { ChunkChange, ChunkStore } from './chunk-ports.ts'

/** The chunks of one clique in this profile's storage. */
export function storedChunks(store: Store, clique: CliqueId): ChunkStore {
  return {
    read: (chunk) => readChunk(store, clique, chunk),
    held: (chunks) => heldChunks(store, clique, chunks),
    put: (chunk, bytes) => putChunks(store, clique, [{ chunk, bytes }]),
    wants: (limit) => readWants(store, clique, limit),
    uploads: async (peer, limit) => chunksOf(await readUploads(store, clique, peer, limit)),
    markUploaded: (peer, chunks) => markUploaded(store, clique, peer, chunks),
    reviewErrands: async (relays, members, now) => {
      await supplyRelays(store, clique, relays, now - limits.keepChunks)
      await keepWantsOf(store, clique, members)
    },
    onChange: (listener: (change: ChunkChange) => void) =>
      store.changes.listen((change) => {
        if (change.kind !== 'wants' && change.kind !== 'uploads') return
        if (change.clique === clique) listener(change.kind)
      }),
  }
}

function chunksOf(errands: readonly { readonly chunk: ChunkId }[]): ChunkId[] {
  return errands.map(({ chunk }) => chunk)
}
