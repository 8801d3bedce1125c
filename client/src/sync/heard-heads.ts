import { equal } from '@clique/crypto'
import type { DeviceId } from '@clique/crypto'
import type { LogHead } from '../network/relay-session.ts'

/** Proofs that a relay is asked for on one device's account, between two attestations. */
const proofsPerDevice = 4
/** ... and on everybody's. */
const maxProofs = 128

/**
 * What others were shown of a relay's log and could not be compared yet: of each device the latest only, which stands
 * on all that it was shown before. Every device has a share of its own, so that one that is in league with the relay
 * takes nothing from the evidence of the rest.
 */
export class HeardHeads {
  readonly #waiting = new Map<DeviceId, LogHead>()
  readonly #asked = new Map<DeviceId, number>()
  #askedInAll = 0

  add(from: DeviceId, head: LogHead): void {
    // Whoever speaks again goes to the end of the queue.
    this.#waiting.delete(from)
    this.#waiting.set(from, head)
  }

  /** The relay may be asked as often again. */
  renew(): void {
    this.#asked.clear()
    this.#askedInAll = 0
  }

  /** In the order they came; what is dropped meanwhile is passed over. */
  *waiting(): Generator<readonly [DeviceId, LogHead]> {
    for (const [from, head] of [...this.#waiting]) if (this.#waiting.get(from) === head) yield [from, head]
  }

  /** Counts one proof against the device's share, if there is any left. */
  mayAsk(from: DeviceId): boolean {
    const asked = this.#asked.get(from) ?? 0
    if (asked >= proofsPerDevice || this.#askedInAll >= maxProofs) return false
    this.#asked.set(from, asked + 1)
    this.#askedInAll++
    return true
  }

  /** Whoever was shown the same has nothing to add. */
  settle({ size, root }: LogHead): void {
    for (const [from, head] of this.#waiting)
      if (head.size === size && equal(head.root, root)) this.#waiting.delete(from)
  }

  clear(): void {
    this.#waiting.clear()
  }
}
