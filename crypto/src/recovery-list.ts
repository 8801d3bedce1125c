import { encode, decode, readArray, readBytes, readId, readList, readText, readUint } from './cbor.ts'
import { CliqueError } from './errors.ts'
import { deriveKey } from './hkdf.ts'
import { idToBytes } from './ids.ts'
import type { CliqueId, MemberId } from './ids.ts'
import { labels } from './labels.ts'
import { recoverySaltSize } from './recovery.ts'
import { signatureSeedSize } from './signature.ts'
import { utf8ToBytes } from './bytes.ts'

/** What a restored person needs to find one clique again. */
export interface RecoveryEntry {
  readonly clique: CliqueId
  readonly member: MemberId
  /** Of this clique's recovery key, 16 bytes. */
  readonly salt: Uint8Array
  /** Ed25519 seed of the clique's control mailbox, 32 bytes. */
  readonly controlMailboxSeed: Uint8Array
  /** http(s) origin and PeerId of each relay. */
  readonly relays: readonly { readonly url: string; readonly peer: string }[]
}

const version = 1
/** As many as a kit has slots, doubled for a second kit's. */
const maxEntries = 64
const maxRelays = 16
const maxUrl = 256
const maxPeer = 64

/** To be sealed by `sealRecoveryList`. */
export function encodeRecoveryEntries(entries: readonly RecoveryEntry[]): Uint8Array {
  return encode([
    version,
    entries.map((entry) => [
      idToBytes(entry.clique),
      idToBytes(entry.member),
      entry.salt,
      entry.controlMailboxSeed,
      entry.relays.map(({ url, peer }) => [url, peer]),
    ]),
  ])
}

/** @throws CliqueError `version-unknown`, `cbor-...`, `shape-...` */
export function decodeRecoveryEntries(bytes: Uint8Array): RecoveryEntry[] {
  const [first, list] = readArray(decode(bytes), 2)
  if (readUint(first) !== version) throw new CliqueError('version-unknown')
  return readList(list, maxEntries, (value) => {
    const [clique, member, salt, seed, relays] = readArray(value, 5)
    return {
      clique: readId(clique, 'clique'),
      member: readId(member, 'member'),
      salt: readBytes(salt, recoverySaltSize),
      controlMailboxSeed: readBytes(seed, signatureSeedSize),
      relays: readList(relays, maxRelays, (relay) => {
        const [url, peer] = readArray(relay, 2)
        return { url: readText(url, maxUrl), peer: readText(peer, maxPeer) }
      }),
    }
  })
}

/**
 * The Ed25519 seed of the recovery mailbox at one relay, from the seed that the words give. Each relay sees a
 * mailbox of its own, so two relays cannot tell that they serve one person.
 */
export function recoveryMailboxSeedAt(mailboxSeed: Uint8Array, relayPeer: string): Uint8Array {
  return deriveKey(mailboxSeed, labels.recoveryMailboxAt, utf8ToBytes(relayPeer), signatureSeedSize)
}
