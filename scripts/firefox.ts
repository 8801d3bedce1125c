import { firstThatStarts } from './browser.ts'
import { installPackages, mayInstall } from './debian.ts'

// What is called `firefox` can be a script that only offers to install one.
const systemPaths = [
  '/usr/bin/firefox-esr',
  '/usr/bin/firefox',
  '/Applications/Firefox.app/Contents/MacOS/firefox',
]

/** Said where stories need a Firefox and none can be had. */
export const withoutFirefox = 'no Firefox found or installed; install one and name it in CLIQUE_FIREFOX'

/** The Firefox that is here already, or null. `CLIQUE_FIREFOX` names one that is to be used and no other. */
export function presentFirefox(): string | null {
  return firstThatStarts('CLIQUE_FIREFOX', () => systemPaths)
}

/**
 * The Firefox for the stories, as everybody has it: the one that is here, else Debian's package. Playwright's own
 * is a changed one. Null where none can be had: then its stories are skipped, and say so.
 */
export async function findFirefox(): Promise<string | null> {
  const present = presentFirefox()
  if (present !== null) return present
  if (mayInstall()) {
    console.error('browser: no Firefox here; asking apt-get for the package firefox-esr')
    await installPackages('browser', 'firefox-esr')
  }
  const packaged = presentFirefox()
  if (packaged === null) console.error(`browser: ${withoutFirefox}`)
  return packaged
}
