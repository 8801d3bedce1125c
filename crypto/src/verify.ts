/**
 * The door for the relay: codec, names, hashes and checks. Nothing here takes or gives a secret, and that the
 * relay imports nothing else of this workspace is what makes "it cannot read this" visible.
 */
export * from './bytes.ts'
export * from './cbor.ts'
export * from './errors.ts'
export * from './ids.ts'
export { hashSize, labelToBytes, sha256 } from './hash.ts'
export { labels } from './labels.ts'
export type { Label } from './labels.ts'
export { mailboxIdOf } from './mailbox-name.ts'
export { isPaddedSize, minimumPaddedSize, paddedSize } from './padding.ts'
export {
  isUsablePublicKey,
  signaturePublicKeySize,
  signatureSize,
  verifyLabelled,
  verifySignature,
} from './signature.ts'
