import { untrack } from 'svelte'
import type { MemberId } from '@clique/crypto'
import type { AttachedFile } from '../documents/attached-file.ts'
import type { ShelfFile, ShelfView } from './shelf-view.ts'

/**
 * A file for as long as the component that calls this is on screen. `shows`: what of it is to be loaded. `current` is
 * null until what opens files has loaded itself.
 */
export function fileOnScreen(
  shelf: () => ShelfView | null,
  file: () => AttachedFile,
  author: () => MemberId,
  shows: () => readonly ('thumbnail' | 'whole')[],
): { readonly current: ShelfFile | null } {
  let current = $state.raw<ShelfFile | null>(null)
  $effect(() => {
    const [there, wanted, by] = [shelf(), file(), author()]
    if (there === null) return
    // Taking and showing look at what they change; what they change is for the markup to follow.
    const { shown, release } = untrack(() => there.take(wanted, by))
    current = shown
    return release
  })
  $effect(() => {
    const shown = current
    if (shown === null) return
    const releases = shows().map((what) =>
      untrack(() => (what === 'thumbnail' ? shown.showThumbnail() : shown.showWhole())),
    )
    return () => releases.forEach((release) => release())
  })
  return {
    get current() {
      return current
    },
  }
}
