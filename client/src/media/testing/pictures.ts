/** Pictures made by the browser's own encoders, and what can be wrong with them. */

/** Left half red, right half blue, so that a turned or mirrored picture is seen. */
export async function drawPicture(
  name: string,
  { width = 640, height = 480, type = 'image/jpeg', noise = false } = {},
): Promise<File> {
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d')
  if (context === null) throw new Error('no canvas')
  context.fillStyle = 'rgb(200, 30, 30)'
  context.fillRect(0, 0, width / 2, height)
  context.fillStyle = 'rgb(30, 30, 200)'
  context.fillRect(width / 2, 0, width / 2, height)
  if (noise) {
    // Pixels that no encoder can make small.
    const pixels = context.getImageData(0, 0, width, height)
    let seed = 7
    for (let i = 0; i < pixels.data.length; i++) {
      seed = (seed * 48_271) % 2_147_483_647
      if (i % 4 !== 3) pixels.data[i] = seed & 255
    }
    context.putImageData(pixels, 0, 0)
  }
  const blob = await canvas.convertToBlob({ type, quality: 0.9 })
  if (blob.type !== type) throw new Error(`this browser does not write ${type}`)
  return new File([blob], name, { type })
}

/** Puts what a camera writes into a JPEG: how it was held (1 to 8), and a place in its notes. */
export async function withCameraNotes(jpeg: File, orientation: number, place: string): Promise<File> {
  const note = new TextEncoder().encode(place)
  const size = 6 + 8 + 2 + 2 * 12 + 4 + note.length
  const exif = new DataView(new ArrayBuffer(4 + size))
  const bytes = new Uint8Array(exif.buffer)
  exif.setUint16(0, 0xffe1)
  exif.setUint16(2, 2 + size)
  bytes.set(new TextEncoder().encode('Exif\0\0MM'), 4)
  exif.setUint16(12, 42)
  exif.setUint32(14, 8)
  exif.setUint16(18, 2)
  // Orientation, one short.
  exif.setUint16(20, 0x0112)
  exif.setUint16(22, 3)
  exif.setUint32(24, 1)
  exif.setUint16(28, orientation)
  // Description, text behind the directory.
  exif.setUint16(32, 0x010e)
  exif.setUint16(34, 2)
  exif.setUint32(36, note.length)
  exif.setUint32(40, 8 + 2 + 24 + 4)
  bytes.set(note, 4 + 6 + 8 + 2 + 24 + 4)
  return new File([jpeg.slice(0, 2), bytes, jpeg.slice(2)], jpeg.name, { type: jpeg.type })
}

/** The same bytes, but the head of the PNG tells of other dimensions. */
export async function withClaimedSize(png: File, width: number, height: number): Promise<File> {
  const bytes = await png.bytes()
  const view = new DataView(bytes.buffer)
  view.setUint32(16, width)
  view.setUint32(20, height)
  return new File([bytes], png.name, { type: png.type })
}

/** Two frames of one pixel, red and blue. */
export function movingGif(name: string): File {
  const frame = (pixel: number) => [
    ...[0x21, 0xf9, 4, 0, 10, 0, 0, 0],
    ...[0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0],
    ...[2, 2, pixel === 0 ? 0x44 : 0x4c, 1, 0],
  ]
  const head = [...new TextEncoder().encode('GIF89a'), 1, 0, 1, 0, 0x80, 0, 0, 200, 30, 30, 30, 30, 200]
  return new File([Uint8Array.from([...head, ...frame(0), ...frame(1), 0x3b])], name, { type: 'image/gif' })
}

/** Colour in the middle of the left and of the right half. */
export async function halvesOf(picture: Blob): Promise<{ left: string; right: string }> {
  const pixels = await createImageBitmap(picture)
  const context = new OffscreenCanvas(pixels.width, pixels.height).getContext('2d')
  if (context === null) throw new Error('no canvas')
  context.drawImage(pixels, 0, 0)
  const colourAt = (x: number, y: number) => {
    const [red = 0, , blue = 0] = context.getImageData(Math.floor(x), Math.floor(y), 1, 1).data
    return red > blue ? 'red' : 'blue'
  }
  const { width, height } = pixels
  return { left: colourAt(width / 4, height / 2), right: colourAt((3 * width) / 4, height / 2) }
}
