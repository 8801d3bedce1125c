import type { Named } from './person-view.ts'

/**
 * Why nothing goes on here. `removed`: a member who may do that signed it. `left`: I did. `device-removed`: another
 * device of mine, or my recovery words, put this one out. `forked`: this device's key is proven to be used in two
 * places. `quarantined`: the one who let me in lost the right to it; an admin may confirm me, and then this is null again.
 */
export type EndKind = 'removed' | 'left' | 'device-removed' | 'forked' | 'quarantined'

export interface End {
  readonly kind: EndKind
  /** Of `removed`: who carried it out, and others who signed, as far as this device can prove it; else empty. */
  readonly by: readonly Named[]
  /** When this device came to know, in milliseconds since 1970 by its own clock; null where that was not kept. */
  readonly noticedAt: number | null
  /** It was done on this device, not heard of. */
  readonly madeHere: boolean
}

/**
 * This device's own place in the clique. With an `end` all that is here can be read and nothing is sent: composing,
 * inviting and changing reject with the code `membership-ended`, and the screens offer none of it. What is shown is
 * what this device can prove, never a guess from silence.
 */
export interface EndedView {
  /** Null while this device is in. */
  readonly end: End | null
}
