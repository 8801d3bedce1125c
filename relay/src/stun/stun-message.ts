import { crc32 } from 'node:zlib'

/**
 * The part of STUN (RFC 5389) that tells a device under which address others see it: a Binding request and its
 * answer. No passwords, no changes of address, nothing is kept.
 */

/** Address and port from which a packet came. */
export interface Sender {
  /** As text, IPv4 or IPv6. */
  readonly address: string
  readonly port: number
}

const headerSize = 20
const cookie = 0x2112a442
const bindingRequest = 0x0001
const bindingSuccess = 0x0101
const bindingError = 0x0111

const attribute = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  unknownAttributes: 0x000a,
  realm: 0x0014,
  nonce: 0x0015,
  xorMappedAddress: 0x0020,
  fingerprint: 0x8028,
} as const

/** From here on an attribute that is not known may be passed over. */
const optionalFrom = 0x8000
const understood: readonly number[] = Object.values(attribute)
const fingerprintMask = 0x5354554e
/** Larger than a request can sensibly be, and than what passes every network in one piece. */
const maxPacket = 548
const maxAttributes = 16
/** Attributes that a refusal names: it stays about as small as what it answers. */
const maxNamed = 4

interface Request {
  /** Cookie and transaction id, 16 bytes. */
  readonly transaction: Buffer
  readonly unknown: readonly number[]
}

/**
 * The answer to a packet, or null where there is none: for whatever is no well-formed Binding request. It is never
 * more than 24 bytes longer than the request, so that a forged sender's address is not worth much.
 */
export function answerStun(packet: Uint8Array, sender: Sender): Uint8Array | null {
  const request = readRequest(Buffer.from(packet.buffer, packet.byteOffset, packet.length))
  if (request === null) return null
  if (request.unknown.length > 0) {
    const named = request.unknown.slice(0, maxNamed)
    const names = Buffer.alloc(named.length * 2)
    for (const [i, type] of named.entries()) names.writeUInt16BE(type, i * 2)
    return toMessage(bindingError, request.transaction, [
      [attribute.errorCode, Buffer.of(0, 0, 4, 20)],
      [attribute.unknownAttributes, names],
    ])
  }
  const address = xorMappedAddress(sender, request.transaction)
  if (address === null) return null
  return toMessage(bindingSuccess, request.transaction, [[attribute.xorMappedAddress, address]])
}

function readRequest(packet: Buffer): Request | null {
  if (packet.length < headerSize || packet.length > maxPacket) return null
  if (packet.readUInt16BE(0) !== bindingRequest || packet.readUInt32BE(4) !== cookie) return null
  if (packet.readUInt16BE(2) !== packet.length - headerSize || packet.length % 4 !== 0) return null
  const unknown: number[] = []
  let isSigned = false
  let count = 0
  for (let at = headerSize; at < packet.length;) {
    if (++count > maxAttributes) return null
    // The packet is a multiple of four bytes, as every attribute is, so a head is there.
    const type = packet.readUInt16BE(at)
    const end = at + 4 + packet.readUInt16BE(at + 2)
    if (end > packet.length) return null
    if (type === attribute.fingerprint) {
      const isLast = end === packet.length && end - at === 8
      if (!isLast || packet.readUInt32BE(at + 4) !== fingerprintOf(packet.subarray(0, at))) return null
    }
    // What follows a signature is not covered by it and counts for nothing.
    if (!isSigned && type < optionalFrom && !understood.includes(type)) unknown.push(type)
    isSigned ||= type === attribute.messageIntegrity
    at = padded(end)
  }
  return { transaction: packet.subarray(4, headerSize), unknown }
}

function fingerprintOf(bytes: Buffer): number {
  return (crc32(bytes) ^ fingerprintMask) >>> 0
}

/** The value of XOR-MAPPED-ADDRESS: routers rewrite addresses that they recognise. Null for what is no address. */
export function xorMappedAddress({ address, port }: Sender, transaction: Uint8Array): Buffer | null {
  const bytes = addressToBytes(address)
  if (bytes === null) return null
  const value = Buffer.alloc(4 + bytes.length)
  value[1] = bytes.length === 4 ? 1 : 2
  value.writeUInt16BE(port ^ (cookie >>> 16), 2)
  for (const [i, byte] of bytes.entries()) value[4 + i] = byte ^ (transaction[i] ?? 0)
  return value
}

/** 4 or 16 bytes; an IPv4 address that came over a socket for both is one of 4. */
export function addressToBytes(text: string): Buffer | null {
  const plain = text.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '')
  if (/^\d+\.\d+\.\d+\.\d+$/.test(plain)) {
    const bytes = plain.split('.').map(Number)
    return bytes.every((byte) => byte < 256) ? Buffer.from(bytes) : null
  }
  const [head = '', tail, ...more] = plain.split('::')
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'))
  const left = groups(head)
  const right = groups(tail ?? '')
  const missing = 8 - left.length - right.length
  if (more.length > 0 || (tail === undefined ? missing !== 0 : missing < 1)) return null
  const all = [...left, ...Array.from({ length: missing }, () => '0'), ...right]
  if (!all.every((group) => /^[\da-f]{1,4}$/i.test(group))) return null
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex')
}

function toMessage(
  type: number,
  transaction: Buffer,
  attributes: readonly (readonly [type: number, value: Buffer])[],
): Buffer {
  const parts = attributes.map(([name, value]) => {
    const part = Buffer.alloc(4 + padded(value.length))
    part.writeUInt16BE(name, 0)
    part.writeUInt16BE(value.length, 2)
    value.copy(part, 4)
    return part
  })
  const head = Buffer.alloc(4)
  head.writeUInt16BE(type, 0)
  head.writeUInt16BE(
    parts.reduce((sum, part) => sum + part.length, 0),
    2,
  )
  return Buffer.concat([head, transaction, ...parts])
}

function padded(length: number): number {
  return Math.ceil(length / 4) * 4
}
