import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright'
import { build } from 'vite'
import { presentBrowser } from '../browser.ts'
import { root } from '../run.ts'
import { modernDexie } from '../../vite.config.ts'
import type { Figure } from './figures.ts'

/** A benchmark that has not answered by then is ended: what hangs must not hold up the others. */
const limitMs = 240_000

/** A file that exports `figures()`, by its path in the project. */
export interface Bench {
  readonly path: string
  /** `chromium-on-disk`: in a profile whose storage is on a disk, as people's is; the other keeps it in memory. */
  readonly runsIn: 'node' | 'chromium' | 'chromium-on-disk'
}

/** @throws Error when it fails, answers nothing, or takes too long */
export function runBench(bench: Bench): Promise<readonly Figure[]> {
  const { path, runsIn } = bench
  return runsIn === 'node' ? runInNode(path) : runInChromium(path, runsIn === 'chromium-on-disk')
}

const script = `
const { figures } = await import(process.argv[1])
process.stdout.write('\\n' + JSON.stringify(await figures()) + '\\n')
process.exit(0)`

/** In a process of its own, whose memory and turns no other benchmark shares; what it started ends with it. */
function runInNode(path: string): Promise<readonly Figure[]> {
  const url = pathToFileURL(join(root, path)).href
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script, url], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  const endAll = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // Nothing of it is left.
    }
  }
  const interrupted = (): void => {
    endAll()
    process.exit(130)
  }
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted)
  return new Promise((resolve, reject) => {
    let output = ''
    const timer = setTimeout(endAll, limitMs)
    child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()))
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      process.off('SIGINT', interrupted).off('SIGTERM', interrupted)
      endAll()
      const last = output.trim().split('\n').at(-1) ?? ''
      if (code === 0) resolve(JSON.parse(last) as Figure[])
      else reject(new Error(`${path} ended with ${signal ?? code}`))
    })
  })
}

/** Bundled as the app is, in a page that can reach nothing. */
async function runInChromium(path: string, isOnDisk: boolean): Promise<readonly Figure[]> {
  const executablePath = presentBrowser()
  if (executablePath === null) {
    return [
      { kind: 'skipped', what: path, against: 'Chromium', why: 'no Chromium; apt-get install chromium' },
    ]
  }
  const code = await bundle(path)
  const profile = isOnDisk ? mkdtempSync(join(tmpdir(), 'clique-bench-')) : null
  const options = { executablePath, args: ['--no-sandbox', '--disable-background-networking'] }
  const browser = await (profile === null
    ? chromium.launch(options)
    : chromium.launchPersistentContext(profile, options))
  try {
    const page = await browser.newPage()
    page.setDefaultTimeout(limitMs)
    page.on('pageerror', (error) => console.error(`${path}: ${error.message}`))
    await page.route('**/*', (route) => {
      const isCode = route.request().url().endsWith('/bench.js')
      return route.fulfill(
        isCode
          ? { contentType: 'text/javascript', body: code }
          : { contentType: 'text/html', body: '<!doctype html><title>bench</title>' },
      )
    })
    await page.goto('http://localhost/')
    const ran = page.evaluate(`import('/bench.js').then(({ figures }) => figures())`)
    const late = AbortSignal.timeout(limitMs)
    const tooLate = new Promise<never>((_, reject) =>
      late.addEventListener('abort', () => reject(new Error(`${path} took too long`))),
    )
    return (await Promise.race([ran, tooLate])) as Figure[]
  } finally {
    await browser.close()
    if (profile !== null) rmSync(profile, { recursive: true, force: true })
  }
}

async function bundle(path: string): Promise<string> {
  const built = await build({
    configFile: false,
    root,
    logLevel: 'error',
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
