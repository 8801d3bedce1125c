import { focusIfLost } from '../ui/focus.ts'

/** The message that was hidden or shown here just now. */
let acted: string | null = null

export function noteActed(key: string): void {
  acted = key
}

/** For what takes the place of the button that was pressed: the focus that went with that comes to it, once. */
export function takeFocus(key: string): (element: HTMLElement) => void {
  return (element) => {
    if (acted !== key) return
    acted = null
    void focusIfLost(element)
  }
}
