import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from '../run.ts'
import { inBenchFolder } from './bench-folder.ts'
import { bundlePage, callPage, hasBrowser, noBrowser, openPage } from './bench-page.ts'
import type { Figure } from './figures.ts'

/** A benchmark that has not answered by then is ended: what hangs must not hold up the others. */
const limitMs = 300_000

/** A file that exports `figures()`, by its path in the project. */
export interface Bench {
  readonly path: string
  readonly runsIn: 'node' | 'chromium'
}

/** @throws Error when it fails, answers nothing, or takes too long */
export function runBench(bench: Bench): Promise<readonly Figure[]> {
  const { path, runsIn } = bench
  return runsIn === 'node' ? runInNode(path) : runInChromium(path)
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
async function runInChromium(path: string): Promise<readonly Figure[]> {
  if (!hasBrowser()) return [{ kind: 'skipped', what: path, against: 'Chromium', why: noBrowser }]
  const code = await bundlePage(path)
  return inBenchFolder(async (folder) => {
    const page = await openPage(folder, code, limitMs)
    try {
      const ran = callPage<Figure[]>(page, 'figures')
      const late = AbortSignal.timeout(limitMs)
      const tooLate = new Promise<never>((_, reject) =>
        late.addEventListener('abort', () => reject(new Error(`${path} took too long`))),
      )
      return await Promise.race([ran, tooLate])
    } finally {
      await page.context().close()
    }
  })
}
