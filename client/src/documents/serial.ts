/** Runs one task after the other, in the order in which they were given. A task that fails stops no other. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve()

  run<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#last.then(task, task)
    this.#last = done
    return done
  }
}
