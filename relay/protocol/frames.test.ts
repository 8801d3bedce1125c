import { concat } from '@clique/crypto/verify'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { FrameCutter, toFrame } from './frames.ts'

function cutAll(cutter: FrameCutter, chunks: readonly Uint8Array[]): Uint8Array[] {
  const frames: Uint8Array[] = []
  for (const chunk of chunks) {
    cutter.push(chunk)
    for (let frame = cutter.next(); frame !== null; frame = cutter.next()) frames.push(frame)
  }
  return frames
}

it('[F1] frames come out as they went in, however the stream was cut', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 })
  fc.assert(
    fc.property(messages, fc.integer({ min: 1, max: 30 }), (sent, size) => {
      const stream = concat(...sent.map(toFrame))
      const chunks: Uint8Array[] = []
      for (let i = 0; i < stream.length; i += size) chunks.push(stream.subarray(i, i + size))
      const cutter = new FrameCutter()
      expect(cutAll(cutter, chunks).map((frame) => [...frame])).toEqual(sent.map((frame) => [...frame]))
      expect(cutter.held).toBe(0)
    }),
  )
})

it('[F2] a length over the limit is refused before its bytes come', () => {
  const cutter = new FrameCutter(10)
  cutter.push(Uint8Array.of(0, 0, 0, 11))
  expect(() => cutter.next()).toThrow('frame-too-large')
})

it('[F2] a frame of exactly the limit passes', () => {
  const cutter = new FrameCutter(10)
  expect(cutAll(cutter, [toFrame(new Uint8Array(10))])).toEqual([new Uint8Array(10)])
})

it('[F3] frames of one chunk are handed out one at a time', () => {
  const cutter = new FrameCutter()
  cutter.push(concat(toFrame(Uint8Array.of(1)), toFrame(Uint8Array.of(2))))
  expect(cutter.next()).toEqual(Uint8Array.of(1))
  expect(cutter.held).toBe(5)
  expect(cutter.next()).toEqual(Uint8Array.of(2))
  expect(cutter.next()).toBeNull()
})

it('[F4] a frame that comes byte by byte is held in few pieces', () => {
  const message = new Uint8Array(50_000).map((_, i) => i * 7)
  const cutter = new FrameCutter()
  let most = 0
  for (const byte of toFrame(message)) {
    expect(cutter.next()).toBeNull()
    cutter.push(Uint8Array.of(byte))
    most = Math.max(most, cutter.pieces)
  }
  expect(most).toBeLessThan(24)
  expect(cutter.next()).toEqual(message)
  expect(cutter.held).toBe(0)
})
