import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from '@playwright/test'
import { presentBrowser } from '../../scripts/browser.ts'
import { browserArguments } from './browser-arguments.ts'
import { expect, test as base } from './clique.ts'
import { Person } from './person.ts'
import { openProfile } from './profile.ts'
import { Relay } from './relay.ts'
import type { WayOut } from './road.ts'
import { SmallInternet } from './small-internet.ts'
import type { Home } from './small-internet.ts'
import { watchWays } from './ways.ts'

export { expect } from './clique.ts'

interface Homes {
  relaysPlace: 'public' | 'home'
  internet: SmallInternet
  /** Somebody at a browser of their own in this home. */
  personIn: (home: Home, name: string) => Promise<Person>
}

/** Stories whose relay and browsers are in networks of their own, instead of all on this machine's. */
export const test = base.extend<Homes>({
  relaysPlace: ['public', { option: true }],

  internet: async ({ relaysPlace }, use, info) => {
    const reason = SmallInternet.reasonAgainst()
    // Said here as well, as reporters keep quiet about why.
    if (reason !== null) console.warn(`SKIPPED: ${info.title}: ${reason}`)
    test.skip(reason !== null, reason ?? '')
    const internet = await SmallInternet.open(relaysPlace)
    try {
      await use(internet)
    } finally {
      internet.close()
    }
  },

  relay: async ({ internet }, use, info) => {
    const { entry, address, publicAddress, port } = internet.relayServer
    const origin = `http://${publicAddress}:${port}`
    // Devices are to have the WebSocket and nothing else to go back to.
    const place = ['--host', address, '--port', String(port), '--public-url', origin]
    const relay = new Relay([...place, '--webrtc-port', 'off'], entry)
    try {
      await relay.start()
      await use(relay)
      if (info.status !== info.expectedStatus) await info.attach('relay log', { body: relay.log })
      if (relay.isRunning) expect(await relay.stop(), 'exit code of the relay after SIGTERM').toBe(0)
    } finally {
      await relay.remove()
    }
  },

  personIn: async ({ internet, relay, profiles }, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'clique-homes-'))
    const closings: (() => Promise<void>)[] = []
    try {
      await use(async (home, name) => {
        const browser = await chromium.launch({
          executablePath: writeEntrance(join(folder, name), home),
          args: [
            ...browserArguments({ hidesLocalAddresses: true, secureOrigin: relay.url }),
            // Chromium's own process looks for its maker all the time; there are no names here but those of multicast.
            `--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE ${internet.relayServer.publicAddress}, EXCLUDE *.local`,
          ],
        })
        closings.push(() => browser.close())
        const profile = await openProfile(browser, name, relay, { wayOut: wayOutOf(home) })
        await profile.context.addInitScript(watchWays)
        profiles.push(profile)
        return new Person(name, await profile.context.newPage(), profile)
      })
    } finally {
      for (const close of closings) await close()
      rmSync(folder, { recursive: true, force: true })
    }
  },
})

/** A program that is Chromium, inside the home. Its pipe to us is no network. */
function writeEntrance(path: string, { entry }: Home): string {
  const browser = presentBrowser() ?? chromium.executablePath()
  writeFileSync(path, `#!/bin/sh\nexec ${entry.join(' ')} '${browser}' "$@"\n`)
  chmodSync(path, 0o755)
  return path
}

/** The home's cable. */
function wayOutOf(home: Home): WayOut {
  return {
    get strangers() {
      return home.strangers
    },
    cut: () => home.unplug(),
    mend: () => home.plugIn(),
    close: async () => undefined,
  }
}
