import type { ErrorCode } from '@clique/crypto/verify'

/** The codes with which a relay refuses a request or closes a session; each is in the project's one list. */
export const refusals = [
  // the session is closed with these
  'frame-too-large',
  'relay-message',
  'relay-version',
  'relay-hello-first',
  'relay-timeout',
  'relay-stopping',
  'relay-capability-retired',
  // one request is refused with these
  'relay-nonce-stale',
  'signature-invalid',
  'relay-not-attested',
  'relay-other-tenant',
  'relay-capability-unknown',
  'relay-generation',
  'relay-token-unknown',
  'relay-token-used',
  'relay-key-taken',
  'relay-not-admin',
  'relay-not-owner',
  'relay-mailbox-unknown',
  'relay-mailbox-kind',
  'relay-mailbox-not-open',
  'relay-mailbox-full',
  'relay-item-size',
  'relay-unpadded',
  'media-size',
  'media-name',
  'relay-chunk-unknown',
  'relay-quota',
  'relay-too-fast',
  'relay-too-many',
  'relay-storage-full',
  'relay-log-range',
  'relay-failed',
] as const satisfies readonly ErrorCode[]

export type Refusal = (typeof refusals)[number]

export function isRefusal(code: string): code is Refusal {
  return (refusals as readonly string[]).includes(code)
}
