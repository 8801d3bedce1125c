import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as bytes from './bytes.ts'
import { codeThrown } from './testing/damage.ts'

const anyBytes = fc.uint8Array({ maxLength: 80 })

test('[ENC6] hex and base64url come back, and order and equality are those of the bytes', () => {
  fc.assert(
    fc.property(anyBytes, anyBytes, (a, b) => {
      expect(bytes.fromHex(bytes.toHex(a))).toEqual(a)
      expect(bytes.fromBase64url(bytes.toBase64url(a))).toEqual(a)
      expect(bytes.toBase64url(a)).toBe(Buffer.from(a).toString('base64url'))
      expect(Math.sign(bytes.compareBytes(a, b))).toBe(Math.sign(Buffer.compare(a, b)))
      expect(bytes.equal(a, b)).toBe(bytes.compareBytes(a, b) === 0)
      expect(bytes.equal(a, a.slice())).toBe(true)
    }),
  )
})

test.for(['0', '0G', 'AB', ' 00', '0x', 'é0'])('[ENC6] hex %j is refused', async (text) => {
  expect(await codeThrown(() => bytes.fromHex(text))).toBe('hex-invalid')
})

test.for(['A', 'AA=', 'AA==', 'A+', 'A/', 'AB', 'AAB', 'A A', 'Ä'])(
  '[ENC6] base64url %j is refused',
  async (text) => {
    expect(await codeThrown(() => bytes.fromBase64url(text))).toBe('base64url-invalid')
  },
)

test('[ENC4] text is well-formed both ways and keeps a byte order mark', async () => {
  expect(await codeThrown(() => bytes.utf8ToBytes('\ud800'))).toBe('utf8-invalid')
  expect(await codeThrown(() => bytes.bytesToUtf8(Uint8Array.of(0xc0, 0x80)))).toBe('utf8-invalid')
  expect(bytes.bytesToUtf8(bytes.utf8ToBytes('\ufeffa'))).toBe('\ufeffa')
})
