import { expect, type TestInfo } from '@playwright/test'
import { presentFirefox, withoutFirefox } from '../../scripts/firefox.ts'
import { test as base } from './clique.ts'
import { FirefoxPerson } from './firefox-person.ts'
import { closeFirefox, openFirefox, type FirefoxOptions, type FirefoxProfile } from './firefox.ts'
import { faultsOf } from './profile.ts'

interface FirefoxStory {
  /** Somebody with a stock Firefox of their own, at an empty tab. */
  personInFirefox: (name: string, options?: FirefoxOptions) => Promise<FirefoxPerson>
}

/** Where there is no Firefox, the story ends here, and the run says why. */
export function needFirefox(info: TestInfo): string {
  const executable = presentFirefox()
  if (executable !== null) return executable
  console.error(`skipped: ${info.title}: ${withoutFirefox}`)
  info.skip(true, withoutFirefox)
  throw new Error(withoutFirefox)
}

/** A story that needs a Firefox beside the Chromium of all others. */
export const test = base.extend<FirefoxStory>({
  personInFirefox: async ({ relay }, use, info) => {
    const executable = needFirefox(info)
    const profiles: FirefoxProfile[] = []
    await use(async (name, options) => {
      const profile = await openFirefox(executable, name, relay, options)
      profiles.push(profile)
      return new FirefoxPerson(name, profile)
    })
    const faults = profiles.flatMap(faultsOf)
    try {
      for (const { page } of info.status === info.expectedStatus ? [] : profiles) {
        await info.attach('firefox', { body: Buffer.from(await page.screenshot()), contentType: 'image/png' })
      }
    } finally {
      for (const profile of profiles) await closeFirefox(profile)
    }
    expect(faults, 'what no browser may do in any story').toEqual([])
  },
})
