import {
  CliqueError,
  decode,
  encode,
  equal,
  hashSize,
  labels,
  readArray,
  readBytes,
  readBytesUpTo,
  readId,
  readMap,
  readText,
  readUint,
  sha256,
  signatureSize,
  verifyLabelled,
} from '@clique/crypto/verify'
import type { CborValue, Label, MailboxId } from '@clique/crypto/verify'
import { idToBytes } from '@clique/crypto/verify'
import { limits } from './limits.ts'
import type { LimitName } from './limits.ts'
import type { Item } from './messages.ts'
import { maxPeerIdLength } from './peer-id.ts'
import { relayVersion } from './version.ts'
import { readWebRtcPlace, webRtcPlaceToValue } from './webrtc-place.ts'
import type { WebRtcPlace } from './webrtc-place.ts'

/**
 * What a relay signs: a body (deterministic CBOR) and its Ed25519 signature over label and body, checked over the
 * bytes as they came. Times are the relay's clock in milliseconds.
 */

/** "This PeerId holds the current capability of this tenant": evidence of freshness, never of authority. */
export interface Attestation {
  readonly relay: Uint8Array
  readonly peer: string
  readonly tenant: Uint8Array
  readonly generation: number
  readonly issued: number
  readonly expires: number
  /** The tenant's log at that time. */
  readonly size: number
  readonly root: Uint8Array
}

/** What a read gave, so that an item that a receipt promised and a read lacks proves itself withheld. */
export interface Range {
  readonly relay: Uint8Array
  readonly tenant: Uint8Array
  readonly mailbox: MailboxId
  /** The cursor asked for. */
  readonly from: number
  /** The cursor to go on from: everything kept in `from` up to, not including, `to` was given. */
  readonly to: number
  /** The mailbox's next offset: equal to `to` when there is no more. */
  readonly next: number
  /** `hashOfItems` of what was given. */
  readonly items: Uint8Array
  readonly time: number
  readonly size: number
  readonly root: Uint8Array
}

export interface Policy {
  readonly relay: Uint8Array
  readonly version: number
  readonly issued: number
  /** UDP port, on the relay's own host, at which it answers STUN; null where it does not. */
  readonly stunPort: number | null
  /** Where it takes WebRTC connections; null where it does not. */
  readonly webRtc: WebRtcPlace | null
  /** Every limit of this relay by its name. */
  readonly limits: ReadonlyMap<string, number>
}

/** 64 bytes over label and body; the relay's key does it. */
export type SignStatement = (label: Label, body: Uint8Array) => Uint8Array

/** One item's name in receipts and ranges. */
export function hashOfItem(item: Uint8Array): Uint8Array {
  return sha256(labels.relayItem, item)
}

/** Over offsets and item hashes, so that a proof of withholding need not carry content. */
export function hashOfItems(items: readonly Item[]): Uint8Array {
  return sha256(labels.relayItems, encode(items.map((item) => [item.offset, hashOfItem(item.bytes)])))
}

export function signAttestation(attestation: Attestation, sign: SignStatement): Uint8Array {
  const { relay, peer, tenant, generation, issued, expires, size, root } = attestation
  const body = [relayVersion, relay, peer, tenant, generation, issued, expires, size, root]
  return signBody(labels.relayAttestation, body, sign)
}

/**
 * Whose it is and whether it has run out is for the caller to see, whose clock may be wrong.
 * @throws CliqueError `relay-answer` (malformed) or `relay-signature` (not this relay's)
 */
export async function openAttestation(signed: Uint8Array, relay: Uint8Array): Promise<Attestation> {
  const body = await openBody(labels.relayAttestation, signed, relay)
  return readStrictly(() => {
    const values = readArray(body, 9)
    if (values[0] !== relayVersion) throw new CliqueError('version-unknown')
    return {
      relay: readBytes(values[1], 32),
      peer: readText(values[2], maxPeerIdLength),
      tenant: readBytes(values[3], hashSize),
      generation: readUint(values[4]),
      issued: readUint(values[5]),
      expires: readUint(values[6]),
      size: readUint(values[7]),
      root: readBytes(values[8], hashSize),
    }
  }, relay)
}

export function signRange(range: Range, sign: SignStatement): Uint8Array {
  const { relay, tenant, mailbox, from, to, next, items, time, size, root } = range
  const place = [idToBytes(mailbox), from, to, next]
  return signBody(labels.relayRange, [relayVersion, relay, tenant, place, items, time, size, root], sign)
}

/**
 * The signed range over these items, as an answer to a read of `mailbox` from `from`.
 * @throws CliqueError `relay-answer` or `relay-signature`
 */
export async function openRange(
  signed: Uint8Array,
  items: readonly Item[],
  asked: { readonly relay: Uint8Array; readonly mailbox: MailboxId; readonly from: number },
): Promise<Range> {
  const range = await openRangeStatement(signed, asked.relay)
  const isAnswer = range.mailbox === asked.mailbox && range.from === asked.from
  const isInOrder = items.every(({ offset }, index) => {
    const before = items[index - 1]?.offset ?? range.from - 1
    return offset > before && offset < range.to
  })
  const moves =
    range.to <= Math.max(range.next, range.from) && (range.to > range.from || range.from >= range.next)
  if (!isAnswer || !isInOrder || !moves || !equal(range.items, hashOfItems(items))) {
    throw new CliqueError('relay-answer')
  }
  return range
}

/** What the relay said, whatever the items were. @throws CliqueError `relay-answer` or `relay-signature` */
export async function openRangeStatement(signed: Uint8Array, relay: Uint8Array): Promise<Range> {
  const body = await openBody(labels.relayRange, signed, relay)
  return readStrictly(() => {
    const values = readArray(body, 8)
    if (values[0] !== relayVersion) throw new CliqueError('version-unknown')
    const place = readArray(values[3], 4)
    return {
      relay: readBytes(values[1], 32),
      tenant: readBytes(values[2], hashSize),
      mailbox: readId(place[0], 'mailbox'),
      from: readUint(place[1]),
      to: readUint(place[2]),
      next: readUint(place[3]),
      items: readBytes(values[4], hashSize),
      time: readUint(values[5]),
      size: readUint(values[6]),
      root: readBytes(values[7], hashSize),
    }
  }, relay)
}

export function signPolicy(policy: Policy, sign: SignStatement): Uint8Array {
  const { relay, version, issued, stunPort, webRtc } = policy
  const body: CborValue[] = [relayVersion, relay, version, issued, stunPort ?? 0, policy.limits]
  // Left out where there is none, so that such a policy is what it was before there could be one.
  if (webRtc !== null) body.push(webRtcPlaceToValue(webRtc))
  return signBody(labels.relayPolicy, body, sign)
}

const maxPort = 65_535

/** @throws CliqueError `relay-answer` or `relay-signature` */
export async function openPolicy(signed: Uint8Array, relay: Uint8Array): Promise<Policy> {
  const body = await openBody(labels.relayPolicy, signed, relay)
  return readStrictly(() => {
    const values = readArray(body)
    if (values.length !== 6 && values.length !== 7) throw new CliqueError('relay-answer')
    if (values[0] !== relayVersion) throw new CliqueError('version-unknown')
    const stunPort = readUint(values[4])
    if (stunPort > maxPort) throw new CliqueError('relay-answer')
    const published = new Map<string, number>()
    for (const [name, value] of readMap(values[5])) published.set(readText(name, 64), readUint(value))
    return {
      relay: readBytes(values[1], 32),
      version: readUint(values[2]),
      issued: readUint(values[3]),
      stunPort: stunPort === 0 ? null : stunPort,
      webRtc: values.length === 7 ? readWebRtcPlace(values[6]) : null,
      limits: published,
    }
  }, relay)
}

/** A limit of this relay, or the protocol's own where its policy does not name it. */
export function policyLimit(policy: Policy, name: LimitName): number {
  return policy.limits.get(name) ?? limits[name]
}

function signBody(label: Label, value: CborValue, sign: SignStatement): Uint8Array {
  const body = encode(value)
  return encode([body, sign(label, body)])
}

const statementLimits = { size: 16 * 1024, depth: 4, items: 256 }

async function openBody(label: Label, signed: Uint8Array, relay: Uint8Array): Promise<CborValue> {
  let body: Uint8Array
  let signature: Uint8Array
  try {
    const values = readArray(decode(signed, statementLimits), 2)
    body = readBytesUpTo(values[0], statementLimits.size)
    signature = readBytes(values[1], signatureSize)
  } catch (error) {
    if (error instanceof CliqueError) throw new CliqueError('relay-answer')
    throw error
  }
  if (!(await verifyLabelled(relay, label, body, signature))) throw new CliqueError('relay-signature')
  try {
    return decode(body, statementLimits)
  } catch (error) {
    if (error instanceof CliqueError) throw new CliqueError('relay-answer')
    throw error
  }
}

/** Whatever a relay got wrong in what it signed is one code; a statement that names another relay is not this one's. */
function readStrictly<T extends { readonly relay: Uint8Array }>(read: () => T, relay: Uint8Array): T {
  let statement: T
  try {
    statement = read()
  } catch (error) {
    if (error instanceof CliqueError) throw new CliqueError('relay-answer')
    throw error
  }
  if (!equal(statement.relay, relay)) throw new CliqueError('relay-signature')
  return statement
}
