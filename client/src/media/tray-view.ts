import type { AttachedFile } from '../documents/attached-file.ts'
import type { FailureCode } from '../words/errors.ts'
import type { Handling } from './prepare-file.ts'

/** What a draft keeps of a file that is ready to be sent. Its chunks are held. */
export interface DraftFile {
  readonly file: AttachedFile
  readonly handling: Handling
}

export type TrayState =
  /** `done` of `of` bytes are sealed and kept. */
  | { readonly kind: 'preparing'; readonly done: number; readonly of: number }
  | ({ readonly kind: 'ready' } & DraftFile)
  /** `mayGoAsFile`: it does not open as a picture, but can be sent unopened. */
  | { readonly kind: 'failed'; readonly code: FailureCode; readonly mayGoAsFile: boolean }

export interface TrayItem {
  readonly key: string
  readonly name: string
  /** Bytes of the file that was chosen. */
  readonly size: number
  /** Address of a thumbnail, once there is one. */
  readonly preview: string | null
  readonly state: TrayState
}

/** What lies in the composer and will be sent with the next message. All getters are reactive. */
export interface TrayView {
  readonly items: readonly TrayItem[]
  readonly isPreparing: boolean
  /** Photos go as they are, with what the camera noted in them. */
  readonly asTheyAre: boolean
  /** False where that cannot be changed any more, or would change nothing. */
  readonly mayChoose: boolean
  /** Why the last files were not taken, if they were not. */
  readonly refusal: FailureCode | null
  add(files: readonly File[]): void
  remove(key: string): void
  sendAsFile(key: string): void
  choose(asTheyAre: boolean): void
  close(): void
}
