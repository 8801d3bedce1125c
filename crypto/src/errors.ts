/**
 * Every way in which bytes from outside can be wrong, grouped by area. One list, so that the client can hold one
 * table from codes to sentences and the compiler sees what is missing in it.
 */
export const errorCodes = [
  // bytes and ids
  'hex-invalid',
  'base64url-invalid',
  'utf8-invalid',
  'id-length',
  'id-invalid',
  // encoding
  'cbor-invalid',
  'cbor-not-canonical',
  'cbor-type-refused',
  'cbor-trailing-bytes',
  'cbor-too-large',
  'cbor-too-deep',
  'cbor-too-many-items',
  'shape-wrong',
  'shape-out-of-range',
  'version-unknown',
  // keys and signatures
  'key-invalid',
  'signature-invalid',
  // sealing
  'aead-open',
  'padding-invalid',
  'too-large',
  'wrap-open',
  'vault-open',
  // recovery
  'phrase-word-count',
  'phrase-word-unknown',
  'phrase-checksum',
  // records
  'record-format',
  'record-key-mismatch',
  'record-wrong-clique',
  'record-wrong-space',
  'record-sequence',
  // media
  'media-chunk',
  'media-size',
  'media-name',
  // gates
  'gate-too-large',
  'gate-too-many-structs',
  'gate-too-deep',
  'gate-skip',
  'gate-subdocument',
  'gate-empty-struct',
  'gate-clock-range',
  'gate-clock-gap',
  'gate-clock-reused',
  'gate-foreign-struct',
  'gate-foreign-origin',
  'gate-foreign-parent',
  'gate-foreign-delete',
  'gate-future-origin',
  'gate-undeclared-dependency',
  // checkpoints
  'checkpoint-invalid',
  // streams between devices, and to a relay
  'frame-too-large',
  'frame-cut',
  'peer-silent',
  'peer-unreachable',
  // who is on the other side
  'auth-message',
  'auth-no-common-epoch',
  'auth-not-a-member',
  'auth-wrong-device',
  'auth-signature',
  // what two devices say to each other
  'sync-message',
  'sync-too-much',
  // a relay, seen from a device
  'relay-unreachable',
  'relay-silent',
  'relay-closed',
  'relay-refused',
  'relay-not-this-one',
  'relay-signature',
  'relay-answer',
  'relay-log-forked',
  'relay-about',
  'invite-not-there',
  // what a device keeps and writes
  'storage-full',
  'storage-failed',
  'clique-unknown',
  'clique-keys-missing',
  'recovery-kit-missing',
  'chain-head-moved',
  'own-chain-forked',
  'no-safe-epoch',
  'membership-ended',
  'record-stranger',
  'document-unknown',
  'gate-unreadable',
  'gate-incomplete',
  'waiting-full',
  'message-empty',
  'message-too-long',
  // roster operations
  'operation-format',
  'operation-type-unknown',
  'operation-signature',
  'operation-wrong-clique',
  'operation-parents',
  'operation-sequence',
  'operation-previous',
  'operation-author-unknown',
  'operation-author-out',
  'not-allowed',
  'clique-full',
  'member-known',
  'member-unknown',
  'member-out',
  'member-not-quarantined',
  'device-known',
  'device-unknown',
  'device-out',
  'too-many-devices',
  'removal-last',
  'role-unchanged',
  'countersign-unknown',
  'countersign-repeated',
  'space-unknown',
  'space-id',
  'too-many-spaces',
  'audience-unchanged',
  // epochs
  'item-format',
  'item-size',
  'item-open',
  'rotation-space',
  'rotation-parents',
  'rotation-recipients',
  'rotation-archive',
  'rotation-capability',
  'rotation-cuts',
  'rotation-state',
  'epoch-known',
  'epoch-unknown',
  'epoch-not-held',
  'complaint-unknown',
  'complaint-repeated',
  'keyring-format',
  // invitations
  'invite-link-broken',
  'invite-package-broken',
  'invite-preview-untrue',
  'invite-wrong-clique',
  'invite-known',
  'invite-unknown',
  'invite-not-open',
  'invite-used',
  'invite-revoked',
  'invite-expired',
  'invite-closed',
  // what a relay answers when it refuses
  'relay-version',
  'relay-message',
  'relay-hello-first',
  'relay-nonce-stale',
  'relay-not-attested',
  'relay-other-tenant',
  'relay-capability-unknown',
  'relay-capability-retired',
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
  'relay-chunk-unknown',
  'relay-unpadded',
  'relay-quota',
  'relay-too-fast',
  'relay-too-many',
  'relay-storage-full',
  'relay-log-range',
  'relay-ticket-unknown',
  'relay-timeout',
  'relay-stopping',
  'relay-failed',
] as const

export type ErrorCode = (typeof errorCodes)[number]

/** Bad input from outside. The message is dull and holds nothing of the input. */
export class CliqueError extends Error {
  override readonly name = 'CliqueError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string = code) {
    super(message)
    this.code = code
  }
}

/** True for a `CliqueError`, and with a code only for one of that code. */
export function isCliqueError(error: unknown, code?: ErrorCode): error is CliqueError {
  return error instanceof CliqueError && (code === undefined || error.code === code)
}
