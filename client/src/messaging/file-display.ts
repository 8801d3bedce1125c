import type * as late from '../media/late.ts'
import type { ShelfView } from '../media/shelf-view.ts'

/** What shows files and takes new ones; it comes after the first paint. */
export type LateMedia = typeof late

export interface FileDisplay {
  readonly media: LateMedia | null
  /** Null until a message has files. */
  readonly shelf: ShelfView | null
}
