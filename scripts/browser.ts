import { chromium } from 'playwright'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { installPackages, mayInstall, runWithLimit } from './debian.ts'

/** A refused download fails at once; one that hangs behind a silent firewall is given up after this long. */
const DOWNLOAD_LIMIT_MS = 180_000

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
    await runWithLimit('browser', 'npx', ['playwright', 'install', 'chromium'], DOWNLOAD_LIMIT_MS)
    const own = presentBrowser()
    if (own !== null) return own
  }
  if (mayInstall()) {
    console.error('browser: that did not work; asking apt-get for the package chromium')
    await installPackages('browser', 'chromium')
    const packaged = presentBrowser()
    if (packaged !== null) return packaged
  }
  throw new Error('no Chromium found or installed; install one and name it in CLIQUE_CHROMIUM')
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(await findBrowser())
}
