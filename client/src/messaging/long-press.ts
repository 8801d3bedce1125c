/** Milliseconds that a finger rests, as long as systems take it to. */
const restMs = 500
/** Pixels within which it rests. */
const slack = 10

/**
 * Calls `open` for a finger that rests on this element and for a mouse's menu. Safari on a phone tells a page of no menu,
 * so the finger is watched; elsewhere whichever comes first counts. What is linked, shown or pressed there keeps what the browser
 * has for it, and so does what a mouse has chosen. Returns the end of it.
 */
export function watchPress(element: HTMLElement, open: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let from: PointerEvent | null = null
  let hasOpened = false

  const isOther = ({ target }: Event, others: string): boolean =>
    !(target instanceof Element) || target.closest(others) !== null

  function rest(): void {
    clearTimeout(timer)
    from = null
  }

  function press(): void {
    rest()
    hasOpened = true
    open()
  }

  function down(event: PointerEvent): void {
    rest()
    hasOpened = false
    if (event.pointerType !== 'touch' || !event.isPrimary || isOther(event, 'a, dialog, img, button')) return
    from = event
    timer = setTimeout(press, restMs)
  }

  function move({ clientX, clientY }: PointerEvent): void {
    if (from !== null && Math.hypot(clientX - from.clientX, clientY - from.clientY) > slack) rest()
  }

  function menu(event: Event): void {
    if (isOther(event, 'a, dialog, img')) return
    const isTouch = event instanceof PointerEvent && event.pointerType === 'touch'
    if (!isTouch && getSelection()?.isCollapsed === false) return
    event.preventDefault()
    if (!hasOpened) press()
  }

  /** The finger that opened something presses nothing of it as it goes. */
  function lift(event: TouchEvent): void {
    if (hasOpened && event.cancelable) event.preventDefault()
    hasOpened = false
  }

  const end = new AbortController()
  const { signal } = end
  element.addEventListener('pointerdown', down, { signal })
  element.addEventListener('pointermove', move, { signal })
  element.addEventListener('pointerup', rest, { signal })
  // A scroll has begun.
  element.addEventListener('pointercancel', rest, { signal })
  element.addEventListener('contextmenu', menu, { signal })
  element.addEventListener('touchend', lift, { signal, passive: false })
  return () => {
    rest()
    end.abort()
  }
}
