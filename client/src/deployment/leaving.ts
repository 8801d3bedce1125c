/** What a page knows when it could go over to a new version by loading itself again. */
export interface Moment {
  /** Somebody pressed the button in this very page. */
  readonly asked: boolean
  /** The new version has begun to serve just now, because somebody pressed the button in another page. */
  readonly justTakenOver: boolean
  readonly hidden: boolean
  /** The keyboard's place is in a field that takes text. */
  readonly typing: boolean
  /** Something is in memory alone. */
  readonly unsaved: boolean
}

/**
 * Nothing is ever lost by it, and nobody is interrupted: a page that was not asked goes at once when the button was
 * pressed elsewhere, or later when nobody looks at it.
 */
export function mayLeave({ asked, justTakenOver, hidden, typing, unsaved }: Moment): boolean {
  if (unsaved) return false
  return asked || hidden || (justTakenOver && !typing)
}

/** Milliseconds between two looks for a new version, while the app stays open. */
export const lookEvery = 60 * 60 * 1000

/** Somebody who comes back, or a network that does, is a reason to look, but not again and again. */
export const lookAtMostEvery = 5 * 60 * 1000
