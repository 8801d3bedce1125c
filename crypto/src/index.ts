/** The front door of @clique/crypto. */
export * from './aead.ts'
export * from './bytes.ts'
export * from './cbor.ts'
export * from './chain.ts'
export * from './checkpoint.ts'
export * from './client-id.ts'
export * from './epochs/keyring.ts'
export type * from './epochs/rotation.ts'
export * from './epochs/rotation-due.ts'
export * from './epochs/sending.ts'
export * from './errors.ts'
export * from './gate-rules.ts'
export * from './hash.ts'
export { deriveKey } from './hkdf.ts'
export {
  encapsulationSize,
  generateKemPair,
  kemPairFromSeed,
  kemPublicKeySize,
  kemSeedSize,
  unwrap,
  wrap,
  wrapOverhead,
} from './hpke.ts'
export type { KemPair } from './hpke.ts'
export * from './ids.ts'
export * from './invitations/invitation-link.ts'
export * from './invitations/invitation-package.ts'
export * from './invitations/join.ts'
export * from './key-schedule.ts'
export * from './labels.ts'
export { authenticate, isAuthentic, macSize } from './mac.ts'
export * from './mailbox-name.ts'
export * from './media.ts'
export * from './merkle.ts'
export * from './padding.ts'
export { systemRandom } from './platform.ts'
export type { Random, WebCryptoKey, WebCryptoKeyPair } from './platform.ts'
export * from './record.ts'
export * from './recovery.ts'
export * from './recovery-list.ts'
export * from './roster/acts.ts'
export * from './roster/fold.ts'
export * from './roster/log.ts'
export * from './roster/operation.ts'
export * from './roster/roles.ts'
export type * from './roster/state.ts'
export * from './sealed-record.ts'
export * from './signature.ts'
export * from './vault.ts'
