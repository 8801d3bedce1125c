import type { Person } from '../harness/clique.ts'
import { closeProfile, type Profile } from '../harness/profile.ts'
import { test as story } from '../harness/served-app.ts'
import { Camera } from './camera.ts'

/** A scene: people with phones around a relay whose app can be followed by a next version, and a camera. */
export const scene = story.extend<{ camera: Camera }>({
  viewport: { width: 360, height: 740 },
  camera: async ({}, use) => use(new Camera()),
  // Browsers that lack something say so in their console; stories watch for faults, pictures show what is said of them.
  profiles: async ({}, use) => {
    const profiles: Profile[] = []
    await use(profiles)
    for (const profile of profiles) await closeProfile(profile)
  },
  person: async ({ person }, use) => {
    await use(async (name, options = {}) => {
      const somebody = await person(name, {
        locale: 'en-GB',
        viewport: { width: 360, height: 740 },
        ...options,
      })
      somebody.profile.guards.expectNetworkTrouble()
      return somebody
    })
  },
})

/** Follows an address within the app, without loading it anew. */
export async function goes({ page }: Person, url: string): Promise<void> {
  await page.evaluate((to) => (location.href = to), url)
}

/** The address of another page of the clique that this address is in. */
export function pageOf(url: string, page: 'chats' | 'people' | 'home'): string {
  return url.replace(/(#\/c\/[0-9a-f]+)\/.*$/, `$1/${page}`)
}
