import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { chromium } from 'playwright'
import { findBrowser } from './browser.ts'
import { giveUp, root } from './run.ts'

/**
 * `npm run icons`: draws every icon of the app from the one SVG, by the browser that the stories use. They are kept in
 * the repository, so that building needs neither a browser nor a library of its own for a picture that hardly ever
 * changes; each names the SVG that it was drawn from, and a test compares.
 */
interface Icon {
  readonly name: string
  readonly size: number
  /** Edge to edge on the SVG's own ground, for systems that cut out a shape of their own. */
  readonly filled: boolean
  /** Part of the side that the drawing takes. A mask may leave no more than a circle of four fifths. */
  readonly scale: number
}

const icons: readonly Icon[] = [
  { name: 'any-192', size: 192, filled: false, scale: 1 },
  { name: 'any-512', size: 512, filled: false, scale: 1 },
  { name: 'maskable-192', size: 192, filled: true, scale: 0.84 },
  { name: 'maskable-512', size: 512, filled: true, scale: 0.84 },
  { name: 'apple-touch', size: 180, filled: true, scale: 0.94 },
]

const publicFolder = join(root, 'client/public')
const svg = readFileSync(join(publicFolder, 'icon.svg'), 'utf8')
const ground = /<rect [^>]*fill="(#[0-9a-f]{6})"/.exec(svg)?.[1]
if (ground === undefined) throw new Error('icon.svg has no ground of one colour')

function pageOf({ filled, scale, size }: Icon): string {
  const drawn = Math.round(size * scale)
  const margin = (size - drawn) / 2
  return `<style>
    html { background: ${filled ? ground : 'transparent'} }
    body { margin: ${margin}px }
    svg { display: block; width: ${drawn}px; height: ${drawn}px }
  </style>${svg}`
}

/** A `tEXt` chunk behind the header, by the PNG specification, sections 11.3.3 and 5.3. */
function withText(png: Buffer, keyword: string, text: string): Buffer {
  const headerEnd = 8 + 25
  const body = Buffer.from(`tEXt${keyword}\0${text}`, 'latin1')
  const chunk = Buffer.alloc(body.length + 8)
  chunk.writeUInt32BE(body.length - 4, 0)
  body.copy(chunk, 4)
  chunk.writeUInt32BE(crc32(body), body.length + 4)
  return Buffer.concat([png.subarray(0, headerEnd), chunk, png.subarray(headerEnd)])
}

const browser = await chromium.launch({
  executablePath: await findBrowser().catch(giveUp),
  args: ['--no-sandbox'],
})
try {
  mkdirSync(join(publicFolder, 'icons'), { recursive: true })
  const source = createHash('sha256').update(svg).digest('hex')
  for (const icon of icons) {
    const page = await browser.newPage({ viewport: { width: icon.size, height: icon.size } })
    await page.setContent(pageOf(icon))
    const png = await page.screenshot({ omitBackground: true })
    writeFileSync(join(publicFolder, 'icons', `${icon.name}.png`), withText(png, 'Source', source))
    await page.close()
  }
} finally {
  await browser.close()
}
