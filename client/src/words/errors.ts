import type { ErrorCode } from '@clique/crypto'
import type { AppFailure } from './failures.ts'
import type { Words } from './words.ts'

export type FailureCode = AppFailure | ErrorCode

/** What a screen says about a code; empty until the sentences are there, which come after the first paint. */
export function failureSentence(words: Words, code: FailureCode): string {
  return words.failure?.(code) ?? ''
}

/**
 * The code of whatever was thrown: its own `code` where that is one of ours, the browser's storage errors by name,
 * parts of the app that the relay did not serve, and `internal` for the rest, which is a bug of the app and belongs in the console too.
 */
export function failureCode(error: unknown): FailureCode {
  if (typeof error !== 'object' || error === null) return 'internal'
  if ('code' in error && isCode(error.code)) return error.code
  for (let cause: unknown = error; cause instanceof Error; cause = innerError(cause)) {
    if (cause.name === 'QuotaExceededError') return 'storage-full'
    if (cause.name === 'VersionError') return 'storage-newer'
  }
  return error instanceof Error && unfetched.test(error.message) ? 'relay-unreachable' : 'internal'
}

/** By its form: the list of all codes comes with their sentences, and one that is not on it is said as `internal`. */
function isCode(code: unknown): code is FailureCode {
  return typeof code === 'string' && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(code)
}

/**
 * A part of the app that is fetched when it is needed, and could not be. Browsers have no name for that, only words:
 * those of Chromium and Firefox, of WebKit, and of the bundler for a part's style.
 */
const unfetched = /dynamically imported module|Importing a module script failed|Unable to preload CSS/

/** Dexie wraps what IndexedDB threw as `inner`; the language calls it `cause`. */
function innerError(error: Error): unknown {
  return 'inner' in error && error.inner !== error ? error.inner : error.cause
}

/** An expected failure of the app, for whoever has a code and needs to throw it. */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: FailureCode

  constructor(code: FailureCode, options?: ErrorOptions) {
    super(code, options)
    this.code = code
  }
}
