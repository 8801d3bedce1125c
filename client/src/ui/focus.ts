import { tick } from 'svelte'

/**
 * Moves the keyboard and the screen reader to what has just taken the screen, and the screen to its beginning. For
 * headings, with `tabindex="-1"`.
 */
export function focusOnArrival(element: HTMLElement): void {
  element.closest('main')?.scrollTo(0, 0)
  element.focus({ preventScroll: true })
}

/**
 * Gives the focus to an element whose page has taken the place of what had it. It is left where it is otherwise, and
 * nothing scrolls. For what is there from the first: it runs once.
 */
export async function focusIfLost(element: HTMLElement): Promise<void> {
  // What had it may be taken away in the same turn.
  await tick()
  const { activeElement } = document
  if (activeElement === null || activeElement === document.body) element.focus({ preventScroll: true })
}
