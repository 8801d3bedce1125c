import { configureGlobal } from 'fast-check'
import { inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** Drawn once per run by vitest.config.ts, which prints it; `CLIQUE_SEED=123` meets the same cases again. */
    seed: number
    /** Outside vectors by their path, as text; null where they are absent. */
    vectors: Readonly<Record<string, string>> | null
  }
}

configureGlobal({ seed: inject('seed') })
