/**
 * What the build puts around every `await` of a script that is to be stopped (`stop-points.node.ts`) calls this: once when
 * what is awaited has begun, once when it has ended and before anything follows from it.
 */
export interface Told {
  /** A place in the code that was passed, while nothing is to be stopped. */
  readonly passed?: string
  /** The place at which the script stands still from now on. */
  readonly stopped?: string
  /** What the path has told: it was acknowledged. */
  readonly kept?: unknown
  readonly done?: true
  readonly failed?: string
}

interface Points {
  begun<T>(place: string, value: T): T
  ended<T>(place: string, value: T): T
}

declare global {
  var stopPoints: Points
}

// Only memory of this kind can be slept on; its own class is for pages that are isolated.
const sleeping = new Int32Array(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer)

let point = (_: string): void => undefined

globalThis.stopPoints = {
  begun: (place, value) => {
    point(`begun ${place}`)
    return value
  },
  ended: (place, value) => {
    point(`ended ${place}`)
    return value
  },
}

/** The `stopAt`-th point that is passed from now on is the last. Whoever hears of it ends the script. */
export function armStops(stopAt: number | null, tell: (told: Told) => void): void {
  let passed = 0
  point = (place) => {
    passed += 1
    if (stopAt === null) tell({ passed: place })
    if (passed !== stopAt) return
    tell({ stopped: place })
    // Nothing of this script happens any more: no callback, no timer, no end of a transaction. A sleep, because the
    // browser takes two seconds to end a script that does not end itself.
    for (;;) Atomics.wait(sleeping, 0, 0)
  }
}

/** A call of the platform that waits for nothing and writes, as a place to stop at like the others. */
export function stopAround<K extends string>(
  prototype: Record<K, (...args: never[]) => unknown>,
  name: K,
): void {
  const call = prototype[name]
  prototype[name] = function (this: unknown, ...args: never[]): unknown {
    return globalThis.stopPoints.ended(name, Reflect.apply(call, this, args) as unknown)
  }
}
