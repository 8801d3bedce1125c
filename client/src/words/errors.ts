import type { ErrorCode } from '@clique/crypto'
import type { Words } from './words.ts'

type Sentence = keyof Words['failures']

/** What can go wrong above the security layer, in words of the app. */
const appFailures = {
  'link-broken': 'linkBroken',
  'link-not-invitation': 'linkNotInvitation',
  'wrong-clique': 'wrongClique',
  'already-member': 'alreadyMember',
  'relay-unreachable': 'relayUnreachable',
  'relay-wrong': 'relayWrong',
  'relay-refused': 'relayRefused',
  'relay-full': 'relayFull',
  'relay-version': 'relayVersion',
  'permission-used': 'permissionUsed',
  'permission-broken': 'permissionBroken',
  'storage-full': 'storageFull',
  'storage-failed': 'storageFailed',
  'storage-newer': 'storageNewer',
  'message-too-long': 'messageTooLong',
  'text-empty': 'textEmpty',
  'name-invalid': 'nameInvalid',
  'not-allowed': 'notAllowed',
  'no-key': 'noKey',
  'clock-off': 'clockOff',
  internal: 'internal',
} as const satisfies Record<string, Sentence>

/** A code that the security layer adds without a sentence here is a type error. */
const cryptoFailures: Readonly<Record<ErrorCode, Sentence>> = {
  'hex-invalid': 'internal',
  'base64url-invalid': 'linkBroken',
  'utf8-invalid': 'damaged',
  'id-length': 'damaged',
  'id-invalid': 'damaged',
  'cbor-invalid': 'damaged',
  'cbor-not-canonical': 'damaged',
  'cbor-type-refused': 'damaged',
  'cbor-trailing-bytes': 'damaged',
  'cbor-too-large': 'tooLarge',
  'cbor-too-deep': 'damaged',
  'cbor-too-many-items': 'tooLarge',
  'shape-wrong': 'damaged',
  'shape-out-of-range': 'damaged',
  'version-unknown': 'versionUnknown',
  'key-invalid': 'damaged',
  'signature-invalid': 'damaged',
  'aead-open': 'damaged',
  'padding-invalid': 'damaged',
  'too-large': 'tooLarge',
  'wrap-open': 'damaged',
  'vault-open': 'vaultClosed',
  'phrase-word-count': 'phraseWordCount',
  'phrase-word-unknown': 'phraseWordUnknown',
  'phrase-checksum': 'phraseChecksum',
  'record-format': 'damaged',
  'record-key-mismatch': 'damaged',
  'record-wrong-clique': 'damaged',
  'record-wrong-space': 'damaged',
  'record-sequence': 'damaged',
  'media-chunk': 'damaged',
  'media-size': 'damaged',
  'media-name': 'damaged',
  'gate-too-large': 'tooLarge',
  'gate-too-many-structs': 'tooLarge',
  'gate-too-deep': 'damaged',
  'gate-skip': 'damaged',
  'gate-subdocument': 'damaged',
  'gate-empty-struct': 'damaged',
  'gate-clock-range': 'damaged',
  'gate-clock-gap': 'damaged',
  'gate-clock-reused': 'damaged',
  'gate-foreign-struct': 'damaged',
  'gate-foreign-origin': 'damaged',
  'gate-foreign-parent': 'damaged',
  'gate-foreign-delete': 'damaged',
  'gate-future-origin': 'damaged',
  'gate-undeclared-dependency': 'damaged',
  'merkle-proof': 'relayWrong',
  'checkpoint-invalid': 'relayWrong',
}

export type AppFailure = keyof typeof appFailures
export type FailureCode = AppFailure | ErrorCode

const sentences: Readonly<Record<string, Sentence>> = { ...cryptoFailures, ...appFailures }

export function isFailureCode(text: unknown): text is FailureCode {
  return typeof text === 'string' && Object.hasOwn(sentences, text)
}

/** What a screen says about a code. */
export function failureSentence(words: Words, code: FailureCode): string {
  return words.failures[sentences[code] ?? 'internal']
}

/**
 * The code of whatever was thrown: its own `code` where that is one of ours, the browser's storage errors by name,
 * and `internal` for the rest, which is a bug of the app and belongs in the console too.
 */
export function failureCode(error: unknown): FailureCode {
  if (typeof error !== 'object' || error === null) return 'internal'
  if ('code' in error && isFailureCode(error.code)) return error.code
  for (let cause: unknown = error; cause instanceof Error; cause = innerError(cause)) {
    if (cause.name === 'QuotaExceededError') return 'storage-full'
    if (cause.name === 'VersionError') return 'storage-newer'
  }
  return 'internal'
}

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
