import type { MemberId } from '@clique/crypto'
import type { AttachedFile } from '../documents/attached-file.ts'
import type { FailureCode } from '../words/errors.ts'

export type FileState =
  /** Not looked up yet. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'here' }
  /** Not here, and nobody has asked for it. */
  | { readonly kind: 'absent' }
  /** Asked for: `held` of `of` chunks are here. */
  | { readonly kind: 'coming'; readonly held: number; readonly of: number }
  /** Asked for, and nothing has come for a while: nobody who has it can be reached. */
  | { readonly kind: 'waiting'; readonly held: number; readonly of: number }
  | { readonly kind: 'failed'; readonly code: FailureCode }

/** One file of a message, as far as it is here. All getters are reactive. */
export interface ShelfFile {
  readonly file: AttachedFile
  readonly state: FileState
  /** Addresses of the thumbnail and of the whole picture, while shown and once they are here. */
  readonly thumbnail: string | null
  readonly whole: string | null
  /** Loads it for as long as it is on screen; returns the function that lets it go. */
  showThumbnail(): () => void
  showWhole(): () => void
  /** Asks for what is missing, at once; after a failure, for all of it again. */
  fetch(): void
  stop(): void
  /** What was opened is no picture after all, says the browser. */
  reject(): void
  /** Saves the file as it was sent, under its name. @throws with a `code` */
  save(): Promise<void>
}

/** The files of one conversation. */
export interface ShelfView {
  /** For as long as the file of a message by `author` is on screen; `release` ends it. */
  take(file: AttachedFile, author: MemberId): { readonly shown: ShelfFile; readonly release: () => void }
}
