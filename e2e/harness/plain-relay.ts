import { chromium } from '@playwright/test'
import type { Browser } from '@playwright/test'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { presentBrowser } from '../../scripts/browser.ts'
import { AppHost } from './app-host.ts'
import { browserArguments } from './browser-arguments.ts'
import { test as story } from './clique.ts'
import { Guards } from './guards.ts'
import { Person } from './person.ts'
import { closeProfile, faultsOf } from './profile.ts'
import type { Profile, VisitedRelay } from './profile.ts'
import { blockDirectWays } from './page-watch.ts'
import { Relay } from './relay.ts'
import { Road } from './road.ts'

export { expect } from '@playwright/test'

/** What a router at home leads to: a name, and no certificate. */
const relayName = 'relay.test'
const names = new Map([[relayName, '127.0.0.1']])

/** A story whose relay has an http address alone, and whose app also lies on a host with a certificate. */
export const test = story.extend<{
  app: AppHost
  /** The relay's claim link leads to the app's host. */
  hasAppUrl: boolean
  /** Somebody at the relay's own pages, in a browser that takes them for secure; they have no direct way to others. */
  atTheRelay: (name: string) => Promise<Person>
  /** Somebody whose app comes from its host. Their road leads there and not to the relay. */
  atTheApp: (name: string) => Promise<Person>
}>({
  relay: async ({ app, hasAppUrl }, use, info) => {
    const port = await freePort()
    const relay = new Relay([
      ...['--port', String(port), '--host', '127.0.0.1', '--public-url', `http://${relayName}:${port}`],
      ...['--webrtc-port', String(await freeUdpPort()), '--stun-port', 'off'],
      ...(hasAppUrl ? ['--app-url', app.url] : []),
    ])
    try {
      await relay.start()
      await use(relay)
      if (info.status !== info.expectedStatus) await info.attach('relay log', { body: relay.log })
    } finally {
      await relay.remove()
    }
  },

  hasAppUrl: [false, { option: true }],

  app: async ({}, use) => {
    const app = await AppHost.open()
    await use(app)
    await app.close()
  },

  atTheRelay: async ({ relay }, use) => {
    const places = new Places()
    try {
      await use((name) => places.seat(name, relay, { secureOrigin: relay.url }, true))
    } finally {
      await places.close()
    }
  },

  atTheApp: async ({ app, relay }, use) => {
    const places = new Places()
    const visited: VisitedRelay = {
      url: app.url,
      host: app.host,
      stun: null,
      get claim() {
        return relay.claim
      },
      get hasBeenDown() {
        return relay.hasBeenDown
      },
    }
    try {
      await use((name) => places.seat(name, visited))
    } finally {
      await places.close()
    }
  },
})

/** Browsers of a story, each started for one person, as what counts as secure is said when it starts. */
class Places {
  readonly #open: { readonly browser: Browser; readonly profile: Profile }[] = []

  async seat(
    name: string,
    relay: VisitedRelay,
    surroundings: Parameters<typeof browserArguments>[0] = {},
    hasNoDirectWay = false,
  ): Promise<Person> {
    const executablePath = presentBrowser()
    const browser = await chromium.launch({
      ...(executablePath === null ? {} : { executablePath }),
      // The app's host has made its certificate itself; a service worker asks for one that counts, or for this.
      args: [...browserArguments(surroundings), '--ignore-certificate-errors'],
    })
    const road = await Road.open((host) => host === relay.host, names)
    const guards = new Guards(
      (host) => host === relay.host,
      () => false,
      () => relay.hasBeenDown,
    )
    const context = await browser.newContext({
      proxy: road.proxy,
      locale: 'en-GB',
      viewport: { width: 1200, height: 800 },
      ignoreHTTPSErrors: true,
    })
    const profile: Profile = { context, road, guards, relay }
    this.#open.push({ browser, profile })
    if (hasNoDirectWay) await context.addInitScript(blockDirectWays)
    await guards.watch(context, name)
    const page = await context.newPage()
    page.setDefaultTimeout(20_000)
    return new Person(name, page, profile)
  }

  /** @throws Error when a browser did what none may do */
  async close(): Promise<void> {
    const faults = this.#open.flatMap(({ profile }) => faultsOf(profile))
    for (const { browser, profile } of this.#open) {
      await closeProfile(profile)
      await browser.close()
    }
    if (faults.length > 0) throw new Error(`what no browser may do in any story:\n${faults.join('\n')}`)
  }
}

function freePort(): Promise<number> {
  const server = createServer()
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}

function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4')
  return new Promise((resolve) => {
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address()
      socket.close(() => resolve(port))
    })
  })
}
