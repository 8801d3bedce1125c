/** Moves the keyboard and the screen reader to what has just taken the screen. For headings, with `tabindex="-1"`. */
export function focusOnArrival(element: HTMLElement): void {
  element.focus({ preventScroll: true })
}
