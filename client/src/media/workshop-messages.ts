import type { StoredChunk } from '../storage/chunks.ts'
import type { FailureCode } from '../words/errors.ts'
import type { Handling, PreparedFile, Progress } from './prepare-file.ts'

/** What the page and the worker that prepares files say to each other. One file at a time. */
export type ToWorkshop =
  | { readonly kind: 'prepare'; readonly source: File; readonly wish: Handling }
  /** The last batch is on the disk. */
  | { readonly kind: 'kept' }

export type FromWorkshop =
  | { readonly kind: 'batch'; readonly batch: StoredChunk[]; readonly progress: Progress }
  | { readonly kind: 'ready'; readonly prepared: PreparedFile }
  | { readonly kind: 'failed'; readonly code: FailureCode }
