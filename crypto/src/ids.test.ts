import { expect, test } from 'vitest'
import { bytesToId, idSizes, idToBytes, isId, makeSessionId, makeSpaceId, textToId } from './ids.ts'
import type { IdKind } from './ids.ts'
import { seededRandom } from './testing/seeded.ts'
import { codeThrown } from './testing/damage.ts'

test('[ENC7] each kind of id has one length and one text', async () => {
  for (const kind of Object.keys(idSizes) as IdKind[]) {
    const bytes = new Uint8Array(idSizes[kind]).fill(0xab)
    const id = bytesToId(kind, bytes)
    expect(id).toBe('ab'.repeat(idSizes[kind]))
    expect(idToBytes(id)).toEqual(bytes)
    expect(textToId(kind, id)).toBe(id)
    expect(isId(kind, id.toUpperCase())).toBe(false)
    for (const length of [0, bytes.length - 1, bytes.length + 1]) {
      expect(await codeThrown(() => bytesToId(kind, new Uint8Array(length)))).toBe('id-length')
    }
    for (const text of ['', id.slice(2), id + 'ab', id + '\n']) {
      expect(isId(kind, text)).toBe(false)
      expect(await codeThrown(() => textToId(kind, text))).toBe('id-invalid')
    }
  }
  const random = seededRandom('ids')
  expect(isId('space', makeSpaceId(random))).toBe(true)
  expect(isId('session', makeSessionId(random))).toBe(true)
})
