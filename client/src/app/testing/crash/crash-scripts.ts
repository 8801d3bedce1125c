/** Built outside the page: scripts that can be stopped at every await. */
export interface CrashScripts {
  readonly worker: string
  readonly writer: string
}

declare module 'vitest/internal/browser' {
  interface BrowserCommands {
    crashScripts(): Promise<CrashScripts>
  }
}
