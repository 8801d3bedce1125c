/**
 * The door for the relay: codec, names, hashes and checks. Nothing here takes or gives a secret of a clique, and
 * that the relay imports nothing else of this workspace is what makes "it cannot read this" visible.
 */
export * from './bytes.ts'
export * from './cbor.ts'
export * from './checkpoint.ts'
export { checkChunk, checkChunkName, chunkName, isSealedChunkSize, sealedChunkSize } from './chunk.ts'
export * from './errors.ts'
export { hashSize, sha256 } from './hash.ts'
export { labelToBytes } from './label-bytes.ts'
export * from './ids.ts'
export { labels } from './labels.ts'
export type { Label } from './labels.ts'
export { mailboxIdOf } from './mailbox-name.ts'
export * from './merkle.ts'
export { isPaddedSize, minimumPaddedSize, paddedSize } from './padding.ts'
export { isSealedRecordSize, maxSealedRecordSize, sealedRecordOverhead } from './sealed-record.ts'
export {
  isUsablePublicKey,
  signaturePublicKeySize,
  signatureSize,
  verifyLabelled,
  verifySignature,
} from './signature.ts'
export type { Signer } from './signature.ts'
