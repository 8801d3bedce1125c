/** What somebody may do in a stretch, and how fast that comes back. */
export class Allowance {
  readonly #burst: number
  readonly #perSecond: number
  #left: number
  #countedAt: number

  constructor(burst: number, perSecond: number, now: number) {
    this.#burst = burst
    this.#perSecond = perSecond
    this.#left = burst
    this.#countedAt = now
  }

  /** False when it is used up. */
  spend(now: number): boolean {
    const refilled = this.#left + (Math.max(0, now - this.#countedAt) / 1000) * this.#perSecond
    this.#left = Math.min(this.#burst, refilled)
    this.#countedAt = now
    if (this.#left < 1) return false
    this.#left -= 1
    return true
  }
}
