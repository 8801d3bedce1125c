/**
 * Counts what is in this page's memory alone and would be gone with it: words not stored yet, a form half filled in.
 * Who holds such a thing says so for as long as it does; who wants to leave the page looks here first.
 */
class Unsaved {
  readonly #holds = new Set<symbol>()
  readonly #listeners = new Set<() => void>()

  get any(): boolean {
    return this.#holds.size > 0
  }

  /** Returns the function that lets go; calling it again does nothing. */
  hold(): () => void {
    const hold = Symbol()
    this.#holds.add(hold)
    return () => {
      this.#holds.delete(hold)
      // One who lets go often holds the next thing in the same turn.
      queueMicrotask(() => {
        if (!this.any) for (const listener of this.#listeners) listener()
      })
    }
  }

  /** Calls when nothing is held any more; returns the function that ends it. */
  onSaved(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

export const unsaved = new Unsaved()
