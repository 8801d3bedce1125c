import { openBytes, sealBytes } from '../aead.ts'
import { concat } from '../bytes.ts'
import { decode, encode, readArray, readBytes, readBytesUpTo, readId, readList, readUint } from '../cbor.ts'
import type { CborValue } from '../cbor.ts'
import { CliqueError } from '../errors.ts'
import { labelToBytes } from '../label-bytes.ts'
import { idToBytes } from '../ids.ts'
import type { EpochId, KeyId } from '../ids.ts'
import { labels } from '../labels.ts'
import { pad, unpad } from '../padding.ts'
import type { Random } from '../platform.ts'
import { wrappedEndSize } from './end-notice.ts'
import { wrapTagSize } from './recipients.ts'
import { maxRecipients } from './recipients.ts'
import { ascending } from './rotation-codec.ts'
import type { Wrap } from './rotation.ts'
import { wrappedSecretSize } from './wraps.ts'

export const itemVersion = 1
/**
 * Bytes that a relay takes as one item. A rotation for 450 devices, 150 recovery keys and some open invitations has
 * about 720 kB of wraps; this holds 900 of them, and what would not fit is refused where it is made.
 */
export const maxItemSize = 1024 * 1024 + 64 * 1024

/** How operations travel and rest: sealed, with as little beside the seal as finding one's wrap takes. */
export interface ControlItem {
  /** Names the control key that opens `sealed`. */
  readonly keyId: KeyId
  /** Of an operation that hands out an epoch's secret. */
  readonly handout: Handout | null
  readonly sealed: Uint8Array
}

export interface Handout {
  readonly epoch: EpochId
  /** The epoch's commitment to archive and recipients (32 bytes), without which no secret could be checked. */
  readonly terms: Uint8Array
  readonly wrapsRoot: Uint8Array
  /** Ascending by tag. Null once pruned: the root stays, so that nobody can put others in their place. */
  readonly wraps: readonly Wrap[] | null
  /** Word for invitations and devices that end here, wrapped to their keys: no secret in them. Ascending by tag. */
  readonly notices: readonly Wrap[]
}

/** @throws CliqueError `item-size` */
export function encodeItem(item: ControlItem): Uint8Array {
  const bytes = encodeUnmeasured(item)
  if (bytes.length > maxItemSize) throw new CliqueError('item-size')
  return bytes
}

function encodeUnmeasured(item: ControlItem): Uint8Array {
  const head = headToValue(item)
  if (item.handout === null) return encode([...head, item.sealed])
  const { wraps, notices } = item.handout
  return encode([...head, wraps === null ? null : wrapsToValue(wraps), wrapsToValue(notices), item.sealed])
}

function wrapsToValue(wraps: readonly Wrap[]): CborValue {
  return wraps.map(({ tag, wrapped }) => [tag, wrapped])
}

/** What the seal is bound to. The wraps are not in it, so that they can be pruned; their root is. */
function headToValue(item: Pick<ControlItem, 'keyId' | 'handout'>): CborValue[] {
  const { keyId, handout } = item
  if (handout === null) return [itemVersion, 1, idToBytes(keyId)]
  return [itemVersion, 2, idToBytes(keyId), idToBytes(handout.epoch), handout.terms, handout.wrapsRoot]
}

/** @throws CliqueError `item-format`, `item-size`, `version-unknown`, `cbor-...`, `shape-...` */
export function decodeItem(bytes: Uint8Array): ControlItem {
  if (bytes.length > maxItemSize) throw new CliqueError('item-size')
  const values = readArray(decode(bytes))
  if (readUint(values[0]) !== itemVersion) throw new CliqueError('version-unknown')
  switch (readUint(values[1])) {
    case 1: {
      const [, , keyId, sealed] = readArray(values, 4)
      return { keyId: readId(keyId, 'key'), handout: null, sealed: readBytesUpTo(sealed, maxItemSize) }
    }
    case 2: {
      const [, , keyId, epoch, terms, root, wraps, notices, sealed] = readArray(values, 9)
      const handout: Handout = {
        epoch: readId(epoch, 'epoch'),
        terms: readBytes(terms, 32),
        wrapsRoot: readBytes(root, 32),
        wraps: wraps === null ? null : readWraps(wraps, [wrappedSecretSize]),
        notices: readWraps(notices, [wrappedSecretSize, wrappedEndSize]),
      }
      return { keyId: readId(keyId, 'key'), handout, sealed: readBytesUpTo(sealed, maxItemSize) }
    }
    default:
      throw new CliqueError('item-format')
  }
}

/**
 * Whether an item of a rotation or rewrap has lost its wraps: they were damaged on the way, were for others than the
 * roster says, or were pruned. @throws CliqueError like `decodeItem`
 */
export function lacksWraps(bytes: Uint8Array): boolean {
  const { handout } = decodeItem(bytes)
  return handout !== null && handout.wraps === null
}

function readWraps(value: CborValue | undefined, sizes: readonly number[]): Wrap[] {
  const wraps = readList(value, maxRecipients, (item) => {
    const [tag, bytes] = readArray(item, 2)
    const wrapped = readBytesUpTo(bytes, Math.max(...sizes))
    if (!sizes.includes(wrapped.length)) throw new CliqueError('item-format')
    return { tag: readBytes(tag, wrapTagSize), wrapped }
  })
  return ascending(wraps, ({ tag }) => tag)
}

/** Pads, so that the length does not tell the type of operation; rotations show theirs by their wraps. */
export function sealEnvelope(
  item: Pick<ControlItem, 'keyId' | 'handout'>,
  controlKey: Uint8Array,
  envelope: Uint8Array,
  random: Random,
): ControlItem {
  return { ...item, sealed: sealBytes(controlKey, pad(envelope), sealContext(item), random) }
}

/** @throws CliqueError `aead-open`, `padding-invalid` */
export function openEnvelope(item: ControlItem, controlKey: Uint8Array): Uint8Array {
  return unpad(openBytes(controlKey, item.sealed, sealContext(item)))
}

function sealContext(item: Pick<ControlItem, 'keyId' | 'handout'>): Uint8Array {
  return concat(labelToBytes(labels.controlSeal), encode(headToValue(item)))
}
