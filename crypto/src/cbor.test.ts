import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concat, fromHex, toHex } from './bytes.ts'
import * as cbor from './cbor.ts'
import type { CborKey, CborValue } from './cbor.ts'
import { codeThrown } from './testing/damage.ts'

const { value } = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.maxSafeInteger(),
    fc.string({ unit: 'binary' }),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc
      .array(fc.tuple(fc.oneof(fc.maxSafeNat(), fc.string({ unit: 'binary' })), tie('value')), {
        maxLength: 5,
      })
      .map((entries) => new Map<CborKey, CborValue>(entries)),
  ),
}))

function codeOfHex(hex: string, limits?: cbor.CborLimits) {
  return codeThrown(() => cbor.decode(fromHex(hex), limits))
}

test('[ENC1] what is encoded comes back, and has that one encoding', () => {
  fc.assert(
    fc.property(value, (item) => {
      const bytes = cbor.encode(item)
      const back = cbor.decode(bytes)
      expect(back).toEqual(item)
      expect(cbor.encode(back)).toEqual(bytes)
    }),
  )
})

test('[ENC2] bytes that decode are the encoding of what they decode to', () => {
  const mutated = fc.tuple(value, fc.nat(), fc.nat(255)).map(([item, at, byte]) => {
    const bytes = cbor.encode(item)
    bytes[at % bytes.length] = byte
    return bytes
  })
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 60 })), (bytes) => {
      let decoded: CborValue
      try {
        decoded = cbor.decode(bytes)
      } catch (error) {
        expect(error).toHaveProperty('name', 'CliqueError')
        return
      }
      expect(toHex(cbor.encode(decoded))).toBe(toHex(bytes))
    }),
    { numRuns: 3000 },
  )
})

// RFC 8949 appendix A.
test.for([
  ['1903e8', 1000],
  ['1b000000e8d4a51000', 1_000_000_000_000],
  ['3903e7', -1000],
  ['4401020304', Uint8Array.of(1, 2, 3, 4)],
  ['6449455446', 'IETF'],
  ['62c3bc', 'ü'],
  ['83010203', [1, 2, 3]],
  ['a201020304', new Map([[1, 2], [3, 4]])], // prettier-ignore
  ['826161a161626163', ['a', new Map([['b', 'c']])]],
  ['f6', null],
] as [string, CborValue][])('[ENC1] %s is read and written', ([hex, item]) => {
  expect(cbor.decode(fromHex(hex))).toEqual(item)
  expect(toHex(cbor.encode(item))).toBe(hex)
})

test.for([
  ['', 'cbor-invalid'],
  ['18', 'cbor-invalid'],
  ['1817', 'cbor-invalid'],
  ['190001', 'cbor-invalid'],
  ['1b0000000000000001', 'cbor-invalid'],
  ['1bffffffffffffffff', 'cbor-invalid'],
  ['5801ff', 'cbor-invalid'],
  ['420102 03'.replace(' ', ''), 'cbor-trailing-bytes'],
  ['5f4101ff', 'cbor-invalid'],
  ['9fff', 'cbor-invalid'],
  ['ff', 'cbor-invalid'],
  ['f7', 'cbor-invalid'],
  ['f97e00', 'cbor-type-refused'],
  ['fb3ff199999999999a', 'cbor-type-refused'],
  ['c11a514b67b0', 'cbor-type-refused'],
  ['f0', 'cbor-invalid'],
  ['62c328', 'utf8-invalid'],
  ['a2026161016162', 'cbor-not-canonical'],
  ['a2016161016162', 'cbor-not-canonical'],
  ['a2616201616102', 'cbor-not-canonical'],
  ['a14101f6', 'cbor-type-refused'],
  ['a120f6', 'cbor-type-refused'],
  ['a180f6', 'cbor-type-refused'],
  ['a101', 'cbor-invalid'],
  ['8201', 'cbor-invalid'],
  ['9affffffff', 'cbor-invalid'],
  ['bb7fffffffffffffff', 'cbor-invalid'],
] as const)('[ENC2] %s is refused with %s', async ([hex, code]) => {
  expect(await codeOfHex(hex)).toBe(code)
})

test('[ENC3] size, depth and number of values are limited before anything is built', async () => {
  const limits = { size: 100, depth: 3, items: 10 }
  expect(await codeOfHex('00'.repeat(101), limits)).toBe('cbor-too-large')
  expect(await codeOfHex('81818100', limits)).toBeNull()
  expect(await codeOfHex('8181818100', limits)).toBe('cbor-too-deep')
  expect(await codeOfHex('89' + '00'.repeat(9), limits)).toBeNull()
  expect(await codeOfHex('8a' + '00'.repeat(10), limits)).toBe('cbor-too-many-items')
  expect(await codeThrown(() => cbor.decode(new Uint8Array(1_000_000).fill(0x81)))).toBe('cbor-too-deep')
})

test('[ENC2] a Buffer of Node gives plain arrays that share no memory with it', () => {
  const buffer = Buffer.from(concat(Uint8Array.of(0x42, 1, 2)))
  const decoded = cbor.decode(buffer)
  buffer.fill(0)
  expect(decoded).toEqual(Uint8Array.of(1, 2))
  expect(Object.getPrototypeOf(decoded)).toBe(Uint8Array.prototype)
})

test('[ENC1] a value without an encoding is our own bug and throws uncoded', () => {
  for (const bad of [1.5, NaN, 2 ** 53, undefined, {}, 1n, '\udc00', [undefined], new Map([['a', 0.5]])]) {
    expect(() => cbor.encode(bad as CborValue)).toThrow(TypeError)
  }
})

test('[ENC5] readers refuse another type, length or range', async () => {
  const wrong: [string, () => unknown][] = [
    ['shape-wrong', () => cbor.readArray(1)],
    ['shape-wrong', () => cbor.readArray([1], 2)],
    ['shape-wrong', () => cbor.readArray(undefined)],
    ['shape-out-of-range', () => cbor.readList([1, 2], 1, cbor.readUint)],
    ['shape-out-of-range', () => cbor.readBytes(new Uint8Array(3), 4)],
    ['shape-out-of-range', () => cbor.readBytesUpTo(new Uint8Array(5), 4)],
    ['shape-wrong', () => cbor.readBytes('abcd', 4)],
    ['shape-out-of-range', () => cbor.readUint(-1)],
    ['shape-out-of-range', () => cbor.readUint(11, 10)],
    ['shape-wrong', () => cbor.readUint('1')],
    ['shape-out-of-range', () => cbor.readText('éé', 3)],
    ['shape-wrong', () => cbor.readText(null, 3)],
    ['shape-wrong', () => cbor.readBoolean(1)],
    ['shape-wrong', () => cbor.readMap([])],
    ['shape-wrong', () => cbor.readNullable(undefined, cbor.readUint)],
    ['shape-out-of-range', () => cbor.readId(new Uint8Array(31), 'device')],
  ]
  for (const [code, work] of wrong) expect(await codeThrown(work)).toBe(code)
  expect(cbor.readNullable(null, cbor.readUint)).toBeNull()
  expect(cbor.readText('aé€😀', 10)).toBe('aé€😀')
  expect(cbor.utf8Size('aé€😀')).toBe(10)
})
