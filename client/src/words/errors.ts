import type { ErrorCode } from '@clique/crypto'
import { codeSentences, type FailureSentence } from './code-sentences.ts'
import type { Words } from './words.ts'

/** What can go wrong in the app itself, above what the parts below have codes for. */
const appSentences = {
  'link-broken': 'linkBroken',
  'link-not-invitation': 'linkNotInvitation',
  'already-member': 'alreadyMember',
  'permission-broken': 'permissionBroken',
  'name-invalid': 'nameInvalid',
  'storage-newer': 'storageNewer',
  'clock-off': 'clockOff',
  'file-empty': 'fileEmpty',
  'file-too-large': 'fileTooLarge',
  'file-unreadable': 'fileUnreadable',
  'file-not-here': 'fileNotHere',
  'files-too-many': 'filesTooMany',
  'picture-too-large': 'pictureTooLarge',
  'picture-damaged': 'pictureDamaged',
  internal: 'internal',
} as const satisfies Record<string, FailureSentence>

export type AppFailure = keyof typeof appSentences
export type FailureCode = AppFailure | ErrorCode

const sentences: Readonly<Record<string, FailureSentence>> = { ...codeSentences, ...appSentences }

export function isFailureCode(text: unknown): text is FailureCode {
  return typeof text === 'string' && Object.hasOwn(sentences, text)
}

/** What a screen says about a code. */
export function failureSentence(words: Words, code: FailureCode): string {
  return words.failures[sentences[code] ?? 'internal']
}

/**
 * The code of whatever was thrown: its own `code` where that is one of ours, the browser's storage errors by name,
 * parts of the app that the relay did not serve, and `internal` for the rest, which is a bug of the app and belongs in the console too.
 */
export function failureCode(error: unknown): FailureCode {
  if (typeof error !== 'object' || error === null) return 'internal'
  if ('code' in error && isFailureCode(error.code)) return error.code
  for (let cause: unknown = error; cause instanceof Error; cause = innerError(cause)) {
    if (cause.name === 'QuotaExceededError') return 'storage-full'
    if (cause.name === 'VersionError') return 'storage-newer'
  }
  return error instanceof Error && unfetched.test(error.message) ? 'relay-unreachable' : 'internal'
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
