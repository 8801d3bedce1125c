import { expect, test } from 'vitest'
import fc from 'fast-check'
import { concat } from '@clique/crypto'
import { FrameReader, frameToBytes } from './frames.ts'

test('[FR1] frames come out as they went in, however the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }),
      fc.integer({ min: 1, max: 97 }),
      (frames, step) => {
        const bytes = concat(...frames.map(frameToBytes))
        const reader = new FrameReader(300)
        const read: Uint8Array[] = []
        for (let at = 0; at < bytes.length; at += step) read.push(...reader.push(bytes.slice(at, at + step)))
        expect(read).toEqual(frames)
        expect(reader.isCut).toBe(false)
      },
    ),
  )
})

test('[FR2] a frame over the limit is refused by its length alone', () => {
  const reader = new FrameReader(10)
  expect(() => reader.push(new Uint8Array([0, 0, 0, 11]))).toThrow(
    expect.objectContaining({ code: 'frame-too-large' }),
  )
  expect(() => new FrameReader(10).push(new Uint8Array([255, 255, 255, 255]))).toThrow()
})

test('[FR3] a stream that ends inside a frame shows it', () => {
  const reader = new FrameReader(10)
  expect(reader.push(new Uint8Array([0, 0, 0, 5, 1, 2]))).toEqual([])
  expect(reader.isCut).toBe(true)
})
