import { openBytes, sealBytes } from '../aead.ts'
import { concat, equal } from '../bytes.ts'
import { decode, encode, readArray, readBytes, readBytesUpTo, readId, readUint } from '../cbor.ts'
import { CliqueError } from '../errors.ts'
import { deriveKey } from '../hkdf.ts'
import { idToBytes } from '../ids.ts'
import type { DeviceId } from '../ids.ts'
import { deriveControlKeyId, keySize } from '../key-schedule.ts'
import { labelToBytes } from '../label-bytes.ts'
import { labels } from '../labels.ts'
import { minimumPaddedSize, pad, unpad } from '../padding.ts'
import type { Random } from '../platform.ts'
import type { CliqueLog } from '../roster/log.ts'
import { recordFormat, splitSealedRecord } from '../sealed-record.ts'
import {
  signaturePublicKeySize,
  signatureSize,
  signerFromSeed,
  signLabelled,
  verifyLabelled,
} from '../signature.ts'
import type { Signer } from '../signature.ts'
import { safeEpoch } from './sending.ts'
import type { NamedKeyPair } from './sending.ts'

const noteVersion = 1

/** By which key a device speaks as an admin to one relay. */
export interface PseudonymNote {
  readonly device: DeviceId
  /** Ed25519 public key, 32 bytes: used at that relay and for nothing else. */
  readonly pseudonym: Uint8Array
  /** What `pseudonym` signed for that relay, 64 bytes: whether it says so is for whoever speaks to the relay to check. */
  readonly consent: Uint8Array
}

/** What a device says of its pseudonym. */
export interface OwnPseudonym {
  /** The relay's key. */
  readonly relay: Uint8Array
  readonly device: Signer
  readonly pseudonym: Signer
  readonly consent: Uint8Array
}

/** Where such notes lie at a relay (`relay`: its key): one mailbox for each clique and relay. */
export function pseudonymMailbox(controlMailboxSeed: Uint8Array, relay: Uint8Array): NamedKeyPair {
  const seed = deriveKey(controlMailboxSeed, labels.pseudonymMailbox, relay, keySize)
  return { seed, publicKey: signerFromSeed(seed).publicKey }
}

/**
 * For the clique's members alone, and to the relay like any record: sealed under the control key of the epoch one sends
 * under, signed by the device and by the pseudonym. @throws CliqueError `no-safe-epoch`
 */
export async function sealPseudonym(
  log: CliqueLog,
  { relay, device, pseudonym, consent }: OwnPseudonym,
  random: Random,
): Promise<Uint8Array> {
  const epoch = safeEpoch(log)
  const controlKey = epoch === null ? null : log.keyring.epochs.get(epoch)?.controlKey
  if (epoch === null || controlKey == null) throw new CliqueError('no-safe-epoch')
  const keys = [device.publicKey, pseudonym.publicKey]
  const signed = encode([noteVersion, idToBytes(log.clique), relay, ...keys, consent])
  const sign = (signer: Signer): Promise<Uint8Array> => signLabelled(signer, labels.pseudonymNote, signed)
  const inside = encode([signed, await sign(device), await sign(pseudonym)])
  const head = concat(Uint8Array.of(recordFormat), idToBytes(deriveControlKeyId(epoch)))
  return concat(head, sealBytes(sealKeyOf(controlKey), pad(inside), sealContext(head), random))
}

/**
 * Whether its device is an admin's is for the roster. @throws CliqueError `item-open` (not for this device, or not yet),
 * `aead-open`, `operation-wrong-clique`, `relay-not-this-one`, `signature-invalid` and what is malformed
 */
export async function openPseudonym(
  log: Pick<CliqueLog, 'clique' | 'keyring'>,
  relay: Uint8Array,
  sealed: Uint8Array,
): Promise<PseudonymNote> {
  const { head, keyId, body } = splitSealedRecord(sealed)
  const controlKey = log.keyring.controlKeys.get(keyId)
  if (controlKey === undefined) throw new CliqueError('item-open')
  const inside = unpad(openBytes(sealKeyOf(controlKey), body, sealContext(head)))
  const [signedValue, byDevice, byPseudonym] = readArray(decode(inside), 3)
  const signed = readBytesUpTo(signedValue, minimumPaddedSize)
  const [version, clique, at, device, key, consent] = readArray(decode(signed), 6)
  if (readUint(version) !== noteVersion) throw new CliqueError('version-unknown')
  if (readId(clique, 'clique') !== log.clique) throw new CliqueError('operation-wrong-clique')
  if (!equal(readBytes(at, signaturePublicKeySize), relay)) throw new CliqueError('relay-not-this-one')
  const note = {
    device: readId(device, 'device'),
    pseudonym: readBytes(key, signaturePublicKeySize),
    consent: readBytes(consent, signatureSize),
  }
  const isSignedBy = (by: Uint8Array, signature: typeof byDevice): Promise<boolean> =>
    verifyLabelled(by, labels.pseudonymNote, signed, readBytes(signature, signatureSize))
  // The pseudonym signs, too, so that nobody calls another one's their own.
  if (
    !(await isSignedBy(idToBytes(note.device), byDevice)) ||
    !(await isSignedBy(note.pseudonym, byPseudonym))
  )
    throw new CliqueError('signature-invalid')
  return note
}

function sealKeyOf(controlKey: Uint8Array): Uint8Array {
  return deriveKey(controlKey, labels.pseudonymKey, new Uint8Array(0), keySize)
}

function sealContext(head: Uint8Array): Uint8Array {
  return concat(labelToBytes(labels.pseudonymSeal), head)
}
