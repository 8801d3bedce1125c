import { createSubscriber } from 'svelte/reactivity'

const minuteMs = 60_000

/** The time to the minute, alive only while something on screen reads it: "Today" must not outlive midnight. */
class Now {
  readonly #subscribe = createSubscriber((update) => {
    const timer = setInterval(update, minuteMs)
    return () => clearInterval(timer)
  })

  /** Milliseconds since 1970. */
  get current(): number {
    this.#subscribe()
    return Date.now()
  }
}

export const now = new Now()
