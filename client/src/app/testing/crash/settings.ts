/** How a run stops its paths; `npm run crash` asks for all points. */
export interface CrashSettings {
  /** Points of each path that are tried, chosen by the seed; null for all of them. */
  readonly points: number | null
  /** Name of the only path that is walked. */
  readonly only: string | null
}

declare module 'vitest' {
  interface ProvidedContext {
    crash: CrashSettings
    seed: number
  }
}
