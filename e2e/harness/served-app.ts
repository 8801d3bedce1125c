import { ServedApp } from './app-versions.ts'
import { test as story } from './clique.ts'
import { Relay } from './relay.ts'

/** A story whose relay serves an app that can be followed by a next version. */
export const test = story.extend<{ served: ServedApp }>({
  served: async ({}, use) => {
    const served = new ServedApp()
    await use(served)
    served.remove()
  },
  relay: async ({ served }, use) => {
    const relay = new Relay(['--app', served.folder])
    try {
      await relay.start()
      await use(relay)
    } finally {
      await relay.remove()
    }
  },
})
