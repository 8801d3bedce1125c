import { checkBip39, checkCbor, checkConsistency, checkInclusion, checkXWing } from './formats.ts'
import type { Outcome } from './outcome.ts'
import { checkAesGcm, checkEd25519, checkHkdf, checkHmac } from './wycheproof.ts'
import { checkX25519, checkXChaCha20Poly1305 } from './wycheproof.ts'

/** One file of outside vectors and what reads it. The files are trusted to have the shape that their check names. */
export interface Suite {
  readonly name: string
  /** Below the folder of vectors. */
  readonly path: string
  /** Cases in the file, so that a lost file or a changed one shows. */
  readonly cases: number
  readonly check: (parsed: never) => Promise<Outcome>
}

export const suites: readonly Suite[] = [
  { name: 'Ed25519', path: 'wycheproof/ed25519_test.json', cases: 151, check: checkEd25519 },
  { name: 'X25519 inside X-Wing', path: 'wycheproof/x25519_test.json', cases: 518, check: checkX25519 },
  { name: 'AES-GCM', path: 'wycheproof/aes_gcm_test.json', cases: 316, check: checkAesGcm },
  {
    name: 'XChaCha20-Poly1305',
    path: 'wycheproof/xchacha20_poly1305_test.json',
    cases: 315,
    check: checkXChaCha20Poly1305,
  },
  { name: 'HKDF-SHA256', path: 'wycheproof/hkdf_sha256_test.json', cases: 86, check: checkHkdf },
  { name: 'HMAC-SHA256', path: 'wycheproof/hmac_sha256_test.json', cases: 174, check: checkHmac },
  { name: 'X-Wing', path: 'xwing/test-vectors.json', cases: 3, check: checkXWing },
  { name: 'CBOR appendix A', path: 'cbor/appendix_a.json', cases: 82, check: checkCbor },
  { name: 'BIP-39', path: 'bip39/english.json', cases: 24, check: checkBip39 },
  { name: 'Merkle inclusion', path: 'merkle/inclusion.json', cases: 98, check: checkInclusion },
  { name: 'Merkle consistency', path: 'merkle/consistency.json', cases: 98, check: checkConsistency },
]

/** `parsed` is the JSON of the suite's file. */
export function runSuite(suite: Suite, parsed: unknown): Promise<Outcome> {
  return suite.check(parsed as never)
}
