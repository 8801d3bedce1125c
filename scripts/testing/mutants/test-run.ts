/** One file of tests that was run. */
export interface FileRun {
  /** From the project's root. */
  readonly file: string
  /** Of the file as a whole, or of nobody's. */
  readonly errors: readonly string[]
  readonly tests: readonly {
    readonly title: string
    readonly state: 'passed' | 'failed' | 'skipped' | 'pending'
    /** Of the first failure, with the name of the error. */
    readonly message: string
  }[]
}

/** What came of one order. */
export interface Run {
  readonly runs: readonly FileRun[]
  /** Whether the changed file was loaded. */
  readonly isReached: boolean
  /** Why there is nothing to be read of it. */
  readonly failure?: string
}
