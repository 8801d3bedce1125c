import { bytesToId, encode, isCliqueError, sealedChunkSize, toHex } from '@clique/crypto/verify'
import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { bytesToDown, bytesToUp, describeSchema, downToBytes, upToBytes } from './codec.ts'
import { limits } from './limits.ts'
import type { Down, Up } from './messages.ts'
import { relayVersion } from './version.ts'

const key = new Uint8Array(32).fill(1)
const signature = new Uint8Array(64).fill(2)
const mailbox = bytesToId('mailbox', new Uint8Array(32).fill(3))
const token = new Uint8Array(16).fill(4)
const chunk = bytesToId('chunk', new Uint8Array(32).fill(5))
const request = 7

const ups: { [Kind in Up['kind']]: Up<Kind> } = {
  hello: { kind: 'hello', request, version: 1 },
  prove: { kind: 'prove', request, control: mailbox, key, generation: 3, signature },
  open: { kind: 'open', request, key, role: 'content', signature },
  append: { kind: 'append', request, mailbox, keepUntil: 9, items: [Uint8Array.of(1), Uint8Array.of()] },
  read: { kind: 'read', request, mailbox, cursor: 1, maxBytes: 5 },
  subscribe: { kind: 'subscribe', request, mailbox },
  unsubscribe: { kind: 'unsubscribe', request, mailbox },
  close: { kind: 'close', request, mailbox },
  register: {
    kind: 'register',
    request,
    token,
    admin: key,
    capability: key,
    control: key,
    adminSignature: signature,
    controlSignature: signature,
  },
  renew: { kind: 'renew', request, admin: key, generation: 2, key, signature },
  retire: { kind: 'retire', request, admin: key, generation: 1, signature },
  admins: { kind: 'admins', request, admin: key, keys: [{ key, consent: signature }], signature },
  allow: { kind: 'allow', request, admin: key, signature },
  ticket: { kind: 'ticket', request },
  policy: { kind: 'policy', request },
  consistency: { kind: 'consistency', request, oldSize: 1, size: 2 },
  putChunk: { kind: 'putChunk', request, chunk, keepUntil: 9, bytes: token },
  getChunk: { kind: 'getChunk', request, chunk },
  haveChunks: { kind: 'haveChunks', request, chunks: [chunk, chunk] },
}

const downs: { [Kind in Down['kind']]: Down<Kind> } = {
  welcome: { kind: 'welcome', request, version: 1, nonce: key, time: 5 },
  attested: { kind: 'attested', request, attestation: token },
  opened: { kind: 'opened', request, mailbox, oldest: 0, next: 4 },
  stored: { kind: 'stored', request, receipt: token },
  range: { kind: 'range', request, items: [{ offset: 3, bytes: token }], statement: key },
  subscribed: { kind: 'subscribed', request, next: 4 },
  done: { kind: 'done', request },
  registered: { kind: 'registered', request, tenant: key },
  allowed: { kind: 'allowed', request, token, expires: 8 },
  ticketed: { kind: 'ticketed', request, ticket: 'abc', expires: 8 },
  policy: { kind: 'policy', request, policy: token },
  consistent: { kind: 'consistent', request, hashes: [key, key] },
  refused: { kind: 'refused', request, code: 'relay-quota' },
  grew: { kind: 'grew', mailbox, next: 9 },
  closing: { kind: 'closing', code: 'relay-stopping' },
  kept: { kind: 'kept', request, keepUntil: 9 },
  chunk: { kind: 'chunk', request, bytes: token },
  chunks: { kind: 'chunks', request, chunks: [chunk] },
}

const cases = [
  ...Object.values(ups).map((message) => [message.kind, upToBytes(message), message, bytesToUp] as const),
  ...Object.values(downs).map(
    (message) => [message.kind, downToBytes(message), message, bytesToDown] as const,
  ),
]

describe('messages', () => {
  it.each(cases)('[W1] %s is read as it was written', (_kind, bytes, message, read) => {
    expect(read(bytes)).toEqual(message)
  })

  it.each(cases)(
    '[W2] %s cut short anywhere, or with a byte behind it, is refused',
    (_kind, bytes, _m, read) => {
      for (let length = 0; length < bytes.length; length++) {
        expect(() => read(bytes.subarray(0, length))).toThrow('relay-message')
      }
      expect(() => read(Uint8Array.of(...bytes, 0))).toThrow('relay-message')
    },
  )

  it('[W3] bytes of any kind are a message or one coded refusal', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        for (const read of [bytesToUp, bytesToDown]) {
          try {
            read(bytes)
          } catch (error) {
            expect(isCliqueError(error, 'relay-message')).toBe(true)
          }
        }
      }),
    )
  })

  it('[W3] a changed byte gives a message or the same refusal', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...cases),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (one, place, flip) => {
          const bytes = one[1].slice()
          const index = place % bytes.length
          bytes[index] = (bytes[index] ?? 0) ^ flip
          try {
            one[3](bytes)
          } catch (error) {
            expect(isCliqueError(error, 'relay-message')).toBe(true)
          }
        },
      ),
    )
  })

  it.each([
    ['an unknown tag', [99, 1]],
    ['a field too many', [12, 1, 1]],
    ['a field too few', [12]],
    ['a request number that is too large', [12, 2 ** 32]],
    ['a request number below zero', [12, -1]],
    ['a proof that names no tenant', [2, 1, key, 1, signature]],
    ['an unknown kind of mailbox', [3, 1, key, 'diary', signature]],
    ['a key of the wrong length', [3, 1, token, 'content', signature]],
    ['too many items', [4, 1, key, 0, Array.from({ length: limits.itemsPerAppend + 1 }, () => token)]],
    ['a chunk that is too large', [16, 1, key, 0, new Uint8Array(sealedChunkSize + 1)]],
    ['an admin key without its consent', [19, 1, key, [[key]], signature]],
    ['a bare admin key', [19, 1, key, [key], signature]],
    ['a consent of the wrong length', [19, 1, key, [[key, key]], signature]],
    ['too many chunks', [18, 1, Array.from({ length: limits.chunksPerQuestion + 1 }, () => key)]],
    ['no array', 'hello'],
  ])('[W4] %s is refused', (_what, value) => {
    expect(() => bytesToUp(encode(value as never))).toThrow('relay-message')
  })

  it('[W5] a message over the frame limit is refused before it is parsed', () => {
    expect(() => bytesToUp(new Uint8Array(limits.frameSize + 1))).toThrow('frame-too-large')
  })

  it('[W5] the largest item fits a frame, alone in an append and alone in a range', () => {
    const item = new Uint8Array(limits.itemSize)
    const append: Up = { kind: 'append', request, mailbox, keepUntil: 2 ** 52, items: [item] }
    const statement = new Uint8Array(512)
    const range: Down = { kind: 'range', request, items: [{ offset: 2 ** 52, bytes: item }], statement }
    expect(bytesToUp(upToBytes(append))).toEqual(append)
    expect(bytesToDown(downToBytes(range))).toEqual(range)
  })

  it('[W5] a full chunk fits a frame, and so does a question about as many as may be', () => {
    const bytes = new Uint8Array(sealedChunkSize)
    const put: Up = { kind: 'putChunk', request, chunk, keepUntil: 2 ** 52, bytes }
    expect(bytesToUp(upToBytes(put))).toEqual(put)
    const chunks = Array.from({ length: limits.chunksPerQuestion }, () => chunk)
    const question: Up = { kind: 'haveChunks', request, chunks }
    expect(bytesToUp(upToBytes(question))).toEqual(question)
  })

  it('[W5] a range as full as it may be fits a frame', () => {
    const bytes = new Uint8Array(Math.floor(limits.bytesPerRead / limits.itemsPerRead))
    const items = Array.from({ length: limits.itemsPerRead }, (_, i) => ({ offset: 2 ** 52 + i, bytes }))
    const range: Down = { kind: 'range', request, items, statement: new Uint8Array(512) }
    expect(bytesToDown(downToBytes(range))).toEqual(range)
  })

  it('[W6] the schema is the one of this version', () => {
    const hash = createHash('sha256').update(describeSchema()).digest()
    // Another hash means another wire format: raise relayVersion and add its line there.
    expect([relayVersion, toHex(hash).slice(0, 32)]).toEqual([1, '3f8427ed45e59826f448d7369b988ca0'])
  })
})
