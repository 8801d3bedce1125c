/** An AVIF of the browser's own AV1 encoder: left half red, right half blue. */
export async function drawAvif(name: string, width = 640, height = 480): Promise<File> {
  const frame = await encodeFrame(width, height)
  // Level 2.0, 4:2:0, eight bits.
  const settings = box('av1C', [0x81, 0x00, 0x0c, 0x00])
  const properties = box(
    'ipco',
    fullBox('ispe', [...long(width), ...long(height)]),
    fullBox('pixi', [3, 8, 8, 8]),
    settings,
  )
  const associations = fullBox('ipma', [...long(1), ...short(1), 3, 1, 2, 0x83])
  const item = (offset: number) => [
    ...[0x44, 0],
    ...short(1),
    ...short(1),
    ...short(0),
    ...short(1),
    ...long(offset),
    ...long(frame.length),
  ]
  const meta = (offset: number) =>
    fullBox(
      'meta',
      fullBox('hdlr', [...long(0), ...letters('pict'), ...long(0), ...long(0), ...long(0), 0]),
      fullBox('pitm', short(1)),
      fullBox('iloc', item(offset)),
      fullBox('iinf', [...short(1), ...infoOfItem()]),
      box('iprp', properties, associations),
    )
  const kind = box('ftyp', [...letters('avif'), ...long(0), ...letters('avifmif1miaf')])
  const before = kind.length + meta(0).length + 8
  const head = Uint8Array.from([...kind, ...meta(before), ...long(8 + frame.length), ...letters('mdat')])
  return new File([head, frame], name, { type: 'image/avif' })
}

async function encodeFrame(width: number, height: number): Promise<Uint8Array<ArrayBuffer>> {
  const config = { codec: 'av01.0.00M.08', width, height }
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array<ArrayBuffer>>()
  const encoder = new VideoEncoder({
    error: reject,
    output(chunk) {
      const bytes = new Uint8Array(chunk.byteLength)
      chunk.copyTo(bytes)
      // A still picture has no place in time: the delimiter that says so goes.
      resolve(bytes[0] === 0x12 && bytes[1] === 0 ? bytes.slice(2) : bytes)
    },
  })
  encoder.configure(config)
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d')
  if (context === null) throw new Error('no canvas')
  context.fillStyle = 'rgb(200, 30, 30)'
  context.fillRect(0, 0, width / 2, height)
  context.fillStyle = 'rgb(30, 30, 200)'
  context.fillRect(width / 2, 0, width / 2, height)
  const frame = new VideoFrame(canvas, { timestamp: 0 })
  encoder.encode(frame, { keyFrame: true })
  frame.close()
  await encoder.flush()
  encoder.close()
  return promise
}

const infoOfItem = () => box('infe', [2, 0, 0, 0, ...short(1), ...short(0), ...letters('av01'), 0])

function box(kind: string, ...contents: number[][]): number[] {
  const content = contents.flat()
  return [...long(8 + content.length), ...letters(kind), ...content]
}

function fullBox(kind: string, ...contents: number[][]): number[] {
  return box(kind, [0, 0, 0, 0], ...contents)
}

const letters = (text: string) => [...new TextEncoder().encode(text)]
const short = (value: number) => [value >>> 8, value & 255]
const long = (value: number) => [...short(value >>> 16), ...short(value & 0xffff)]
