import { chromium } from 'playwright'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

/** A refused download fails at once; one that hangs behind a silent firewall is given up after this long. */
const DOWNLOAD_LIMIT_MS = 180_000
const INSTALL_LIMIT_MS = 300_000

const systemPaths = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

/** A file can be there and still not start, for want of its libraries. */
function starts(path: string): boolean {
  return existsSync(path) && spawnSync(path, ['--version'], { stdio: 'ignore', timeout: 20_000 }).status === 0
}

/** The first of these that starts, or null. What the variable names is to be used and no other. */
export function firstThatStarts(variable: string, paths: () => readonly string[]): string | null {
  const named = process.env[variable]
  if (named !== undefined && named !== '') {
    if (!starts(named)) throw new Error(`${variable} names ${named}, which does not start`)
    return named
  }
  return paths().find(starts) ?? null
}

/** The Chromium that is here already, or null. `CLIQUE_CHROMIUM` names one that is to be used and no other. */
export function presentBrowser(): string | null {
  return firstThatStarts('CLIQUE_CHROMIUM', () => [chromium.executablePath(), ...systemPaths])
}

/** The Chromium for the browser tests: the one that is here, else Playwright's download, else Debian's package. */
export async function findBrowser(): Promise<string> {
  const present = presentBrowser()
  if (present !== null) return present
  if (process.env['PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD'] === undefined) {
    console.error('browser: no Chromium here; asking Playwright for its own')
    await run('npx', ['playwright', 'install', 'chromium'], DOWNLOAD_LIMIT_MS)
    const own = presentBrowser()
    if (own !== null) return own
  }
  await installPackage('chromium')
  const packaged = presentBrowser()
  if (packaged !== null) return packaged
  throw new Error('no Chromium found or installed; install one and name it in CLIQUE_CHROMIUM')
}

/** Asks Debian for a package, where that is possible. Whether it helped shows in what is there afterwards. */
export async function installPackage(name: string): Promise<void> {
  if (!existsSync('/usr/bin/apt-get') || process.getuid?.() !== 0) return
  console.error(`browser: asking apt-get for the package ${name}`)
  await run('apt-get', ['update'], INSTALL_LIMIT_MS)
  await run('apt-get', ['install', '-y', '--no-install-recommends', name], INSTALL_LIMIT_MS)
}

/** Settles when the command has ended, however it ended: what counts is whether a browser is there afterwards. */
function run(command: string, args: string[], limit: number): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      // Whoever reads our output wants the path alone.
      stdio: ['ignore', 2, 2],
      detached: true,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
    const timer = setTimeout(() => {
      console.error(`browser: ${command} took longer than ${limit / 1000} s`)
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    }, limit)
    const done = (): void => {
      clearTimeout(timer)
      resolve()
    }
    child.on('error', done)
    child.on('exit', done)
  })
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(await findBrowser())
}
