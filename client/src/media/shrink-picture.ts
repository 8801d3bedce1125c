import { rgbaToThumbHash } from 'thumbhash'
import { AppError } from '../words/errors.ts'
import type { PictureHeader } from './picture-header.ts'

/** Decoded pixels of one picture. Four bytes each: 256 MB, as much as a phone can be expected to give. */
export const maxPixels = 64_000_000
/** Pixels of the longer side of what is sent: fills any screen, and a zoom beyond it. */
export const maxSentSide = 2560
/** Pixels of the longer side; enough for a tile on a sharp screen. */
const thumbnailSide = 320
/** A thumbhash sees no more. */
const hashSide = 100
/** A drawing or a screenshot stays free of blur as long as that costs no more bytes than this. */
const maxSharpSize = 1024 * 1024

export interface ShrunkPicture {
  readonly width: number
  readonly height: number
  readonly hash: Uint8Array
  readonly thumbnail: Blob
  /** Drawn anew, so nothing of what a camera wrote beside the pixels is in it; null where it was not asked for. */
  readonly redrawn: Blob | null
}

/**
 * Decodes a picture once and draws it in the sizes that are needed, upright. One picture at a time: its pixels
 * are given back before this resolves. @throws AppError `picture-too-large`, `picture-damaged`
 */
export async function shrinkPicture(
  source: Blob,
  header: PictureHeader,
  isRedrawn: boolean,
): Promise<ShrunkPicture> {
  if (header.width * header.height > maxPixels) throw new AppError('picture-too-large')
  const pixels = await decode(source)
  try {
    const { width, height } = pixels
    const thumbnailCanvas = draw(pixels, thumbnailSide)
    const hash = hashOf(thumbnailCanvas)
    const hasHoles = header.type !== 'image/jpeg' && isTransparent(thumbnailCanvas)
    const thumbnail = await encode(thumbnailCanvas, hasHoles ? 'image/webp' : 'image/jpeg', 0.8)
    const redrawn = isRedrawn ? await redraw(pixels, header, hasHoles) : null
    const sent = isRedrawn ? fit(pixels, maxSentSide) : { width, height }
    return { ...sent, hash, thumbnail, redrawn }
  } finally {
    pixels.close()
  }
}

async function decode(source: Blob): Promise<ImageBitmap> {
  try {
    // Upright by what the camera noted, which is the last time that anybody needs the note.
    return await createImageBitmap(source, { imageOrientation: 'from-image' })
  } catch {
    throw new AppError('picture-damaged')
  }
}

async function redraw(pixels: ImageBitmap, header: PictureHeader, hasHoles: boolean): Promise<Blob> {
  const canvas = draw(pixels, maxSentSide)
  if (hasHoles) return encode(canvas, 'image/webp', 0.9)
  if (header.type === 'image/png') {
    const sharp = await canvas.convertToBlob({ type: 'image/png' })
    if (sharp.size <= maxSharpSize) return sharp
  }
  return encode(canvas, 'image/jpeg', 0.85)
}

/** Browsers that cannot write the wanted type write PNG instead. */
function encode(canvas: OffscreenCanvas, type: string, quality: number): Promise<Blob> {
  return canvas.convertToBlob({ type, quality })
}

function draw(pixels: CanvasImageSource & { width: number; height: number }, side: number): OffscreenCanvas {
  const { width, height } = fit(pixels, side)
  const canvas = new OffscreenCanvas(width, height)
  const context = contextOf(canvas)
  context.imageSmoothingQuality = 'high'
  context.drawImage(pixels, 0, 0, width, height)
  return canvas
}

function contextOf(canvas: OffscreenCanvas): OffscreenCanvasRenderingContext2D {
  const context = canvas.getContext('2d')
  // More canvases than the device has memory for.
  if (context === null) throw new AppError('picture-too-large')
  return context
}

function fit({ width, height }: { width: number; height: number }, side: number) {
  const scale = Math.min(1, side / Math.max(width, height))
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

function hashOf(canvas: OffscreenCanvas): Uint8Array {
  const small = draw(canvas, hashSide)
  const { width, height } = small
  return rgbaToThumbHash(width, height, contextOf(small).getImageData(0, 0, width, height).data)
}

function isTransparent(canvas: OffscreenCanvas): boolean {
  const { data } = contextOf(canvas).getImageData(0, 0, canvas.width, canvas.height)
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 255) return true
  return false
}
