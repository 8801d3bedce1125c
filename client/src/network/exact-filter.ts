const mostHeld = 1024

/**
 * In the built app this stands in for the filters by which libp2p notes whom it has met, and which now and then take a stranger for
 * one of them. A clique is small: those whom it has met are kept, and forgotten together when they are more than it could be.
 *
 * The names are the library's. Should somebody ask for another one, the build fails.
 */
class ExactFilter {
  readonly #held = new Set<string>()

  add(item: Uint8Array | string): void {
    if (this.#held.size >= mostHeld) this.#held.clear()
    this.#held.add(String(item))
  }

  has(item: Uint8Array | string): boolean {
    return this.#held.has(String(item))
  }

  remove(item: Uint8Array | string): boolean {
    return this.#held.delete(String(item))
  }
}

export const createScalableCuckooFilter = (): ExactFilter => new ExactFilter()
