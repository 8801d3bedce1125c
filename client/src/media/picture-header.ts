/**
 * What the first bytes of a file say it is. Read before anything is decoded: names and declared types lie, and a
 * small file can unfold into more pixels than a device has memory for.
 */

export const pictureTypes = ['image/jpeg', 'image/png', 'image/gif', 'image/webp', 'image/avif'] as const
export type PictureType = (typeof pictureTypes)[number]

export interface PictureHeader {
  readonly type: PictureType
  /** Pixels as stored, which a camera may have laid on their side. */
  readonly width: number
  readonly height: number
  readonly isAnimated: boolean
}

/** Cameras put previews and colour profiles before the size; half a megabyte of them is much. */
export const headSize = 1024 * 1024

/** Null for what is none of these pictures, or does not say its size within its first bytes. */
export function readPictureHeader(head: Uint8Array): PictureHeader | null {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  for (const read of [readJpeg, readPng, readGif, readWebp, readAvif]) {
    try {
      const header = read(head, view)
      if (header !== null) return header.width > 0 && header.height > 0 ? header : null
    } catch (error) {
      // Every field is read where the format says it is; a file that ends before it has no size.
      if (error instanceof RangeError) return null
      throw error
    }
  }
  return null
}

type Reader = (head: Uint8Array, view: DataView) => PictureHeader | null

const readJpeg: Reader = (_, view) => {
  if (view.getUint16(0) !== 0xffd8) return null
  for (let at = 2; ;) {
    if (view.getUint8(at) !== 0xff) throw new RangeError('no marker')
    const marker = view.getUint8(at + 1)
    // Any number of these may fill the space before a marker.
    if (marker === 0xff) {
      at++
      continue
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
    if (isFrame) {
      const [height, width] = [view.getUint16(at + 5), view.getUint16(at + 7)]
      return { type: 'image/jpeg', width, height, isAnimated: false }
    }
    // Pixels begin, or the file ends, and no frame came before.
    if (marker === 0xda || marker === 0xd9) throw new RangeError('no frame')
    at += 2 + view.getUint16(at + 2)
  }
}

const readPng: Reader = (head, view) => {
  if (view.getUint32(0) !== 0x89504e47 || view.getUint32(4) !== 0x0d0a1a0a) return null
  const [width, height] = [view.getUint32(16), view.getUint32(20)]
  let isAnimated = false
  for (let at = 8; at + 8 <= head.length; at += 12 + view.getUint32(at)) {
    const kind = textAt(head, at + 4, 4)
    isAnimated ||= kind === 'acTL'
    if (kind === 'IDAT') break
  }
  return { type: 'image/png', width, height, isAnimated }
}

const readGif: Reader = (head, view) => {
  if (!['GIF87a', 'GIF89a'].includes(textAt(head, 0, 6))) return null
  const [width, height] = [view.getUint16(6, true), view.getUint16(8, true)]
  return { type: 'image/gif', width, height, isAnimated: true }
}

const readWebp: Reader = (head, view) => {
  if (textAt(head, 0, 4) !== 'RIFF' || textAt(head, 8, 4) !== 'WEBP') return null
  const header = (width: number, height: number, isAnimated = false) =>
    ({ type: 'image/webp', width, height, isAnimated }) as const
  const kind = textAt(head, 12, 4)
  if (kind === 'VP8 ') return header(view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff)
  if (kind === 'VP8L') {
    const bits = view.getUint32(21, true)
    return header((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1)
  }
  if (kind !== 'VP8X') return null
  const side = (at: number) => (view.getUint32(at, true) & 0xffffff) + 1
  return header(
    side(24),
    view.getUint16(27, true) + (view.getUint8(29) << 16) + 1,
    (view.getUint8(20) & 2) !== 0,
  )
}

/** Sizes of the picture and of its parts stand in `ispe` boxes: the largest is the picture's. */
const readAvif: Reader = (head, view) => {
  if (textAt(head, 4, 4) !== 'ftyp') return null
  const brands = textAt(head, 8, Math.min(view.getUint32(0), 64) - 8)
  const isAnimated = brands.includes('avis')
  if (!isAnimated && !brands.includes('avif')) return null
  let largest = { width: 0, height: 0 }
  for (let at = 8; at + 16 <= head.length; at++) {
    // 'ispe', then its version, which has always been 0.
    if (view.getUint32(at) !== 0x69737065 || view.getUint32(at + 4) !== 0) continue
    const [width, height] = [view.getUint32(at + 8), view.getUint32(at + 12)]
    if (width * height > largest.width * largest.height) largest = { width, height }
  }
  return { type: 'image/avif', ...largest, isAnimated }
}

function textAt(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length))
}
