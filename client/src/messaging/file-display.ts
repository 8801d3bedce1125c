import type { Component } from 'svelte'
import type { AttachedFile } from '../documents/attached-file.ts'
import type { ShelfView } from '../media/shelf-view.ts'

/** What shows and opens the files of messages; both come after the first paint, when there are files. */
export interface FileDisplay {
  readonly MessageFiles: Component<{ files: readonly AttachedFile[]; shelf: ShelfView | null }> | null
  readonly shelf: ShelfView | null
}
