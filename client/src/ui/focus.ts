/**
 * Moves the keyboard and the screen reader to what has just taken the screen, and the screen to its beginning. For
 * headings, with `tabindex="-1"`.
 */
export function focusOnArrival(element: HTMLElement): void {
  element.closest('main')?.scrollTo(0, 0)
  element.focus({ preventScroll: true })
}
