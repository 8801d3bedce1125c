import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readPictureHeader } from './picture-header.ts'

const text = (letters: string) => [...new TextEncoder().encode(letters)]
const big = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
const small = (value: number) => big(value).toReversed()
const box = (kind: string, ...content: number[]) => [...big(8 + content.length), ...text(kind), ...content]
const none = (count: number) => Array<number>(count).fill(0)

const segment = (marker: number, ...content: number[]) => [
  0xff,
  marker,
  ...big(content.length + 2).slice(2),
  ...content,
]
const frame = (marker: number) => segment(marker, 8, ...big(3000).slice(2), ...big(4000).slice(2), 3)
const png = (...chunks: number[][]) => [...[0x89], ...text('PNG\r\n\x1a\n'), ...chunks.flat()]
const pngChunk = (kind: string, ...content: number[]) => [
  ...big(content.length),
  ...text(kind),
  ...content,
  ...none(4),
]
const riff = (kind: string, ...content: number[]) => [
  ...text('RIFF'),
  ...small(99),
  ...text(`WEBP${kind}`),
  ...small(content.length),
  ...content,
]
const ispe = (width: number, height: number) => box('ispe', ...none(4), ...big(width), ...big(height))
const avif = (brand: string) => [
  ...box('ftyp', ...text(brand), ...none(4), ...text('mif1')),
  ...box('meta', ...none(4), ...ispe(256, 256), ...ispe(4000, 3000), ...ispe(256, 256)),
]

const still = { width: 4000, height: 3000, isAnimated: false }
const pictures: [string, number[], object][] = [
  [
    'JPEG',
    [0xff, 0xd8, ...segment(0xe1, ...none(900)), ...frame(0xc0), 0xff, 0xda],
    { type: 'image/jpeg', ...still },
  ],
  [
    'progressive JPEG with filling',
    [0xff, 0xd8, ...segment(0xc4, 1, 2), 0xff, 0xff, ...frame(0xc2)],
    { type: 'image/jpeg', ...still },
  ],
  [
    'PNG',
    png(pngChunk('IHDR', ...big(4000), ...big(3000), 8, 6, 0, 0, 0), pngChunk('IDAT', 1)),
    { type: 'image/png', ...still },
  ],
  [
    'moving PNG',
    png(
      pngChunk('IHDR', ...big(4), ...big(3), ...none(5)),
      pngChunk('acTL', ...none(8)),
      pngChunk('IDAT', 1),
    ),
    { type: 'image/png', width: 4, height: 3, isAnimated: true },
  ],
  [
    'GIF',
    [...text('GIF89a'), 4, 0, 3, 0, ...none(9)],
    { type: 'image/gif', width: 4, height: 3, isAnimated: true },
  ],
  ['WebP', riff('VP8 ', ...none(6), 0xa0, 0x0f, 0xb8, 0x0b), { type: 'image/webp', ...still }],
  ['lossless WebP', riff('VP8L', 0x2f, ...small((2999 << 14) | 3999)), { type: 'image/webp', ...still }],
  [
    'extended WebP',
    riff('VP8X', ...none(4), ...small(3999).slice(0, 3), ...small(2999).slice(0, 3)),
    { type: 'image/webp', ...still },
  ],
  [
    'moving WebP',
    riff('VP8X', 2, ...none(3), 3, 0, 0, 2, 0, 0),
    { type: 'image/webp', width: 4, height: 3, isAnimated: true },
  ],
  ['AVIF in tiles', avif('avif'), { type: 'image/avif', ...still }],
  ['moving AVIF', avif('avis'), { type: 'image/avif', ...still, isAnimated: true }],
]

for (const [what, bytes, header] of pictures) {
  test(`the head of a ${what} tells its dimensions`, () => {
    expect(readPictureHeader(Uint8Array.from(bytes))).toEqual(header)
  })

  test(`the head of a ${what} that ends anywhere is no fault`, () => {
    for (let end = 0; end < bytes.length; end++) {
      const cut = readPictureHeader(Uint8Array.from(bytes.slice(0, end)))
      if (cut !== null) expect(cut).toMatchObject({ type: (header as { type: string }).type })
    }
  })
}

test('what has no pixels, and what is no picture of these, has no head', () => {
  const empty = png(pngChunk('IHDR', ...big(0), ...big(3000), ...none(5)), pngChunk('IDAT', 1))
  const ends = [0xff, 0xd8, ...segment(0xe0, 1), 0xff, 0xd9]
  const texts = ['', '<svg xmlns="http://www.w3.org/2000/svg"/>', '%PDF-1.7', 'GIF90a', 'RIFF....WAVEfmt ']
  const heic = avif('heic')
  for (const bytes of [empty, ends, heic, ...texts.map(text)]) {
    expect(readPictureHeader(Uint8Array.from(bytes))).toBeNull()
  }
})

test('no bytes whatever throw, or hold anybody up', () => {
  const heads = fc.constantFrom(...pictures.map(([, bytes]) => bytes.slice(0, 12)), [])
  fc.assert(
    fc.property(heads, fc.uint8Array({ maxLength: 300 }), (head, rest) => {
      readPictureHeader(Uint8Array.from([...head, ...rest]))
    }),
    { numRuns: 2_000 },
  )
})
