import { join } from 'node:path'
import { chromium } from 'playwright'
import type { Page } from 'playwright'
import { build } from 'vite'
import type { Plugin } from 'vite'
import { presentBrowser } from '../browser.ts'
import { root } from '../run.ts'
import { modernDexie } from '../../vite.config.ts'

/** Why what needs a browser is skipped where there is none. */
export const noBrowser = 'no Chromium; apt-get install chromium'

const disabledFeatures = [
  // Local addresses hidden behind names are resolved by multicast, which not every machine has.
  'WebRtcHideLocalIpsWithMdns',
  // A page that is made up comes from nowhere, and may not reach a relay on this machine.
  'LocalNetworkAccessChecks',
]

/**
 * A page that has `code` at `/bench.js`, and can fetch nothing else; closing its context ends it. It is of a browser of
 * its own with its profile in `folder`: what such a page stores is on the disk, while a private window keeps it in
 * memory.
 */
export async function openPage(folder: string, code: string, limitMs: number): Promise<Page> {
  const executablePath = presentBrowser()
  if (executablePath === null) throw new Error(noBrowser)
  const context = await chromium.launchPersistentContext(folder, {
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-background-networking',
      `--disable-features=${disabledFeatures.join()}`,
    ],
  })
  const page = context.pages()[0] ?? (await context.newPage())
  page.setDefaultTimeout(limitMs)
  page.on('pageerror', (error) => console.error(`${folder}: ${error.message}`))
  await page.route('**/*', (route) => {
    const isCode = route.request().url().endsWith('/bench.js')
    return route.fulfill(
      isCode
        ? { contentType: 'text/javascript', body: code }
        : { contentType: 'text/html', body: '<!doctype html><title>bench</title>' },
    )
  })
  await page.goto('http://localhost/')
  return page
}

export function hasBrowser(): boolean {
  return presentBrowser() !== null
}

/** Calls what the page's code exports; what is given and comes back travels as JSON. */
export function callPage<T>(page: Page, name: string, ...args: readonly unknown[]): Promise<T> {
  return page.evaluate(`import('/bench.js').then((code) => code.${name}(...${JSON.stringify(args)}))`)
}

/** One script, made as the app's are. */
export async function bundlePage(path: string, plugins: readonly Plugin[] = []): Promise<string> {
  const built = await build({
    configFile: false,
    root,
    logLevel: 'error',
    plugins: [...plugins],
    resolve: { alias: [modernDexie] },
    build: {
      write: false,
      target: 'es2023',
      lib: { entry: join(root, path), formats: ['es'] },
      rolldownOptions: { output: { codeSplitting: false } },
    },
  })
  const outputs = Array.isArray(built) ? built : 'output' in built ? [built] : []
  const chunks = outputs.flatMap(({ output }) => output.filter((file) => file.type === 'chunk'))
  const [chunk] = chunks
  if (chunk === undefined || chunks.length > 1) throw new Error(`${path} is not one script`)
  return chunk.code
}
