import type { ChunkId, CliqueError, MemberId, SpaceId } from '@clique/crypto'

/**
 * The chunks of one clique on this device, and what is to be done with them, seen from the network. What is wanted and
 * what is to be brought where rests in storage alone, so a restart on either side loses no errand.
 */
export interface ChunkStore {
  /** Null where it is not held. */
  read(chunk: ChunkId): Promise<Uint8Array | null>
  /** Which of these are held. */
  held(chunks: readonly ChunkId[]): Promise<ReadonlySet<ChunkId>>
  /** Verified by the caller; with it the chunk is wanted no more. @throws CliqueError `storage-full`, `storage-failed` */
  put(chunk: ChunkId, bytes: Uint8Array): Promise<void>
  /** The most urgent first. */
  wants(limit: number): Promise<readonly WantedChunk[]>
  /** What is to go to a relay (`peer`: its PeerId), oldest first. */
  uploads(peer: string, limit: number): Promise<readonly ChunkId[]>
  /** The relay has them, or will never take them. */
  markUploaded(peer: string, chunks: readonly ChunkId[]): Promise<void>
  /**
   * The clique uses these relays (PeerIds) and no others, and these members may have written what is shown. `now`:
   * milliseconds since 1970. @throws CliqueError `storage-full`, `storage-failed`
   */
  reviewErrands(relays: readonly string[], members: ReadonlySet<MemberId>, now: number): Promise<void>
  /** Returns the function that stops listening. */
  onChange(listener: (change: ChunkChange) => void): () => void
}

/** `space`: whose members may hear that it exists. */
export interface WantedChunk {
  readonly chunk: ChunkId
  readonly space: SpaceId
}

export type ChunkChange = 'wants' | 'uploads'

/** What holds up files now; null where nothing does. */
export interface FileTroubles {
  /** Of what is to be fetched: this device has no room. */
  readonly fetching: CliqueError['code'] | null
  /** Of what is to be brought to relays: one is full, or takes no more so fast. */
  readonly bringing: CliqueError['code'] | null
}

export const noFileTroubles: FileTroubles = { fetching: null, bringing: null }
