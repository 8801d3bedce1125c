import { test as base, expect } from '@playwright/test'
import { Person } from './person.ts'
import { closeProfile, faultsOf, openProfile, type Profile, type ProfileOptions } from './profile.ts'
import { Relay } from './relay.ts'

export { expect } from '@playwright/test'
export type { Person } from './person.ts'

interface Story {
  /** A relay of this story's own, already started. */
  relay: Relay
  /** Somebody with a browser profile of their own, at an empty tab. */
  person: (name: string, options?: ProfileOptions) => Promise<Person>
  /** Everybody's way to the relay breaks while it lives on. */
  everybody: { cutOff: () => void; restore: () => void }
  profiles: Profile[]
}

export const test = base.extend<Story>({
  relay: async ({}, use, info) => {
    const relay = new Relay()
    try {
      await relay.start()
      await use(relay)
      if (info.status !== info.expectedStatus) await info.attach('relay log', { body: relay.log })
      if (relay.isRunning) expect(await relay.stop(), 'exit code of the relay after SIGTERM').toBe(0)
    } finally {
      await relay.remove()
    }
  },

  profiles: async ({}, use) => {
    const profiles: Profile[] = []
    await use(profiles)
    const faults = profiles.flatMap(faultsOf)
    for (const profile of profiles) await closeProfile(profile)
    expect(faults, 'what no browser may do in any story').toEqual([])
  },

  person: async ({ browser, relay, profiles }, use) => {
    await use(async (name, options = {}) => {
      const profile = await openProfile(browser, name, relay, options)
      profiles.push(profile)
      return new Person(name, await profile.context.newPage(), profile)
    })
  },

  everybody: async ({ profiles }, use) => {
    await use({
      cutOff: () => {
        for (const { road, guards } of profiles) {
          guards.expectNetworkTrouble()
          road.cut()
        }
      },
      restore: () => profiles.forEach(({ road }) => road.mend()),
    })
  },
})
