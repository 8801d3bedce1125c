interface Yielding {
  readonly scheduler?: { yield?: () => Promise<void> }
}

/**
 * Lets the page handle what people do, then goes on. Not a timer: those are slowed to one per second in a hidden
 * tab, and the tab that owns the network is often hidden.
 */
export function nextTurn(): Promise<void> {
  const { scheduler } = globalThis as Yielding
  if (scheduler?.yield !== undefined) return scheduler.yield()
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })
}

/** Milliseconds that one piece of work may hold the page: less than a frame. */
const heldMs = 8

/** Work in small steps on the page: between two of them `next` lets people go first, when it is time again. */
export class Turns {
  #since = performance.now()

  async next(): Promise<void> {
    if (performance.now() - this.#since < heldMs) return
    await nextTurn()
    this.#since = performance.now()
  }
}
