/** What was put off until later, run by the test. */
export class Clock {
  readonly #due = new Set<() => void>()

  readonly later = (run: () => void): (() => void) => {
    this.#due.add(run)
    return () => this.#due.delete(run)
  }

  pass(): void {
    for (const run of [...this.#due]) {
      this.#due.delete(run)
      run()
    }
  }
}
