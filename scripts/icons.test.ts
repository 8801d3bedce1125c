import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './run.ts'

const folder = join(root, 'client/public')
const html = readFileSync(join(root, 'client/index.html'), 'utf8')
const manifest = JSON.parse(readFileSync(join(folder, 'manifest.webmanifest'), 'utf8')) as {
  icons: { src: string; sizes: string; type: string; purpose: string }[]
} & Record<string, unknown>

/** Width, height and `tEXt` entries of a PNG. */
function readPng(path: string): { size: string; texts: Record<string, string> } {
  const bytes = readFileSync(path)
  expect(bytes.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n')
  const texts: Record<string, string> = {}
  for (let at = 8; at < bytes.length; at += bytes.readUInt32BE(at) + 12) {
    if (bytes.toString('latin1', at + 4, at + 8) !== 'tEXt') continue
    const [keyword = '', text = ''] = bytes
      .toString('latin1', at + 8, at + 8 + bytes.readUInt32BE(at))
      .split('\0')
    texts[keyword] = text
  }
  return { size: `${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`, texts }
}

test('every icon was drawn from the SVG as it is now; `npm run icons` draws them again', () => {
  const source = createHash('sha256')
    .update(readFileSync(join(folder, 'icon.svg')))
    .digest('hex')
  const icons = readdirSync(join(folder, 'icons'))
  expect(icons).toHaveLength(5)
  for (const name of icons) {
    expect([name, readPng(join(folder, 'icons', name)).texts['Source']]).toEqual([name, source])
  }
})

test('the manifest names every icon with the size that it has, plain and for masks', () => {
  const drawn = manifest.icons.filter(({ type }) => type === 'image/png')
  for (const { src, sizes } of drawn) expect([src, readPng(join(folder, src)).size]).toEqual([src, sizes])
  const found = drawn.map(({ sizes, purpose }) => `${sizes} ${purpose}`).sort()
  expect(found).toEqual(['192x192 any', '192x192 maskable', '512x512 any', '512x512 maskable'])
  const apple = /rel="apple-touch-icon" href="([^"]+)"/.exec(html)?.[1] ?? ''
  expect(readPng(join(folder, apple)).size).toBe('180x180')
})

test('the manifest says all that an installed app is known by', () => {
  const { icons: _, ...facts } = manifest
  expect(facts).toEqual({
    id: '/',
    name: 'Clique',
    short_name: 'Clique',
    description: 'Private messaging for small groups that host themselves.',
    lang: 'en',
    dir: 'ltr',
    start_url: '/',
    scope: '/',
    display: 'standalone',
    orientation: 'any',
    // The ground of the icon, so that what is shown while the app opens is one surface, by day and by night.
    theme_color: '#3a2f2a',
    background_color: '#3a2f2a',
    categories: ['social', 'communication'],
    prefer_related_applications: false,
  })
  expect(readFileSync(join(folder, 'icon.svg'), 'utf8')).toContain('fill="#3a2f2a"')
})
