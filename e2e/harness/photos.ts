import type { JSHandle, Page } from '@playwright/test'

/** A file as somebody chooses it. */
export interface ChosenFile {
  readonly name: string
  readonly mimeType: string
  readonly buffer: Buffer
}

/** Any page that runs a function, whatever drives it. */
interface Camera {
  evaluate(draw: (number: number) => Promise<string>, number: number): Promise<string>
}

/** A photo of hills, made by the browser's own encoder; each number has hills of its own. */
export async function takePhoto(page: Camera, name: string, number = 1): Promise<ChosenFile> {
  const text = await page.evaluate(drawHills, number)
  return { name, mimeType: 'image/jpeg', buffer: Buffer.from(text, 'base64') }
}

/** What a camera would note in a photo: a place, as text in its head. */
export function withPlace(photo: ChosenFile, place: string): ChosenFile {
  const note = Buffer.from(place)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(note.length + 2)
  const head = photo.buffer.subarray(0, 2)
  const buffer = Buffer.concat([head, Buffer.of(0xff, 0xfe), length, note, photo.buffer.subarray(2)])
  return { ...photo, buffer }
}

/** What the browser hands to the page when somebody pastes or drops the file. */
export function transferOf(
  page: Page,
  { name, mimeType, buffer }: ChosenFile,
): Promise<JSHandle<DataTransfer>> {
  return page.evaluateHandle(
    ({ name, type, text }) => {
      const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
      const transfer = new DataTransfer()
      transfer.items.add(new File([bytes], name, { type }))
      return transfer
    },
    { name, type: mimeType, text: buffer.toString('base64') },
  )
}

/** Runs in the page. */
async function drawHills(number: number): Promise<string> {
  const [width, height] = [3200, 2400]
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d')
  if (context === null) throw new Error('no canvas')
  const hue = (number * 67) % 360
  const sky = context.createLinearGradient(0, 0, 0, height)
  sky.addColorStop(0, `hsl(${hue} 60% 40%)`)
  sky.addColorStop(0.6, `hsl(${hue + 40} 80% 75%)`)
  context.fillStyle = sky
  context.fillRect(0, 0, width, height)
  for (let hill = 0; hill < 5; hill++) {
    context.fillStyle = `hsl(${hue + 150} 30% ${45 - hill * 8}%)`
    context.beginPath()
    context.moveTo(0, height)
    for (let i = 0; i <= 40; i++) {
      const rise = 0.07 * Math.sin(i * (0.4 + hill * 0.1) + number + hill * 2)
      context.lineTo((i / 40) * width, height * (0.5 + hill * 0.1 + rise))
    }
    context.lineTo(width, height)
    context.fill()
  }
  const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/jpeg' })).arrayBuffer())
  return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ''))
}
