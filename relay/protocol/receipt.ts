import {
  CliqueError,
  decode,
  encode,
  equal,
  hashSize,
  idToBytes,
  labels,
  leafHash,
  maxCheckpointSize,
  maxProofLength,
  openCheckpoint,
  readArray,
  readBytes,
  readBytesUpTo,
  readId,
  readList,
  readText,
  readUint,
  sha256,
  toHex,
  verifyInclusion,
} from '@clique/crypto/verify'
import type { Checkpoint, MailboxId } from '@clique/crypto/verify'
import { hashOfItem } from './statements.ts'
import { keyToPeerId } from './peer-id.ts'
import { relayVersion } from './version.ts'

/** One accepted batch: a leaf of the tenant's log. */
export interface Leaf {
  readonly mailbox: MailboxId
  /** Offset of the first item; the others follow without a gap. */
  readonly first: number
  readonly count: number
  /** `hashOfBatch` of the items. */
  readonly batch: Uint8Array
  /** When it was stored, and until when it is kept: the relay's clock, milliseconds. */
  readonly time: number
  readonly keepUntil: number
}

/**
 * The relay's promise for one batch. It is signed through the log: a leaf, its inclusion proof, and the checkpoint
 * that the relay signed over all of the log. One signature so serves everybody who was stored in one flush, and no
 * batch can be acknowledged and left out of the log.
 */
export interface Receipt {
  readonly tenant: Uint8Array
  readonly leaf: Leaf
  /** Place of the leaf in the log, from 0. */
  readonly index: number
  readonly checkpoint: Checkpoint
  /** The checkpoint as a C2SP signed note: what devices show each other. */
  readonly note: string
}

/** Name of a tenant's log in its checkpoints. */
export function logOrigin(relay: Uint8Array, tenant: Uint8Array): string {
  return `clique-relay/${keyToPeerId(relay)}/${toHex(tenant)}`
}

export function hashOfBatch(items: readonly Uint8Array[]): Uint8Array {
  return sha256(labels.relayBatch, ...items.map((item) => hashOfItem(item)))
}

export function leafToBytes(leaf: Leaf): Uint8Array {
  const { mailbox, first, count, batch, time, keepUntil } = leaf
  return encode([relayVersion, idToBytes(mailbox), first, count, batch, time, keepUntil])
}

export interface ReceiptParts {
  readonly tenant: Uint8Array
  readonly leaf: Uint8Array
  readonly index: number
  readonly proof: readonly Uint8Array[]
  readonly note: string
}

export function receiptToBytes({ tenant, leaf, index, proof, note }: ReceiptParts): Uint8Array {
  return encode([tenant, leaf, index, proof, note])
}

const receiptLimits = { size: 8192, depth: 3, items: maxProofLength + 16 }

/**
 * The receipt for these items in this mailbox.
 * @throws CliqueError `relay-answer` (malformed, or for something else), `relay-signature` (not signed by this
 *   relay, or not in the log that it signed)
 */
export async function openReceipt(
  bytes: Uint8Array,
  sent: {
    readonly relay: Uint8Array
    readonly mailbox: MailboxId
    readonly items: readonly Uint8Array[]
  },
): Promise<Receipt> {
  const parts = readParts(bytes)
  const leaf = parts.parsed
  const isForThese =
    leaf.mailbox === sent.mailbox &&
    leaf.count === sent.items.length &&
    equal(leaf.batch, hashOfBatch(sent.items))
  if (!isForThese) throw new CliqueError('relay-answer')
  const checkpoint = await openNote(parts.note, sent.relay, parts.tenant)
  const { size, root } = checkpoint
  if (!verifyInclusion(parts.index, size, leafHash(parts.leaf), parts.proof, root)) {
    throw new CliqueError('relay-signature')
  }
  return { tenant: parts.tenant, leaf, index: parts.index, checkpoint, note: parts.note }
}

/** A checkpoint that this relay signed for this tenant. @throws CliqueError `relay-signature` */
export async function openNote(note: string, relay: Uint8Array, tenant: Uint8Array): Promise<Checkpoint> {
  try {
    return await openCheckpoint(note, logOrigin(relay, tenant), relay)
  } catch (error) {
    if (error instanceof CliqueError) throw new CliqueError('relay-signature')
    throw error
  }
}

function readParts(bytes: Uint8Array): ReceiptParts & { parsed: Leaf } {
  try {
    const values = readArray(decode(bytes, receiptLimits), 5)
    const leaf = readBytesUpTo(values[1], 256)
    return {
      tenant: readBytes(values[0], hashSize),
      leaf,
      index: readUint(values[2]),
      proof: readList(values[3], maxProofLength, (hash) => readBytes(hash, hashSize)),
      note: readText(values[4], maxCheckpointSize),
      parsed: readLeaf(leaf),
    }
  } catch (error) {
    if (error instanceof CliqueError) throw new CliqueError('relay-answer')
    throw error
  }
}

function readLeaf(bytes: Uint8Array): Leaf {
  const values = readArray(decode(bytes, receiptLimits), 7)
  if (values[0] !== relayVersion) throw new CliqueError('version-unknown')
  return {
    mailbox: readId(values[1], 'mailbox'),
    first: readUint(values[2]),
    count: readUint(values[3]),
    batch: readBytes(values[4], hashSize),
    time: readUint(values[5]),
    keepUntil: readUint(values[6]),
  }
}
