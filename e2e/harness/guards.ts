import type { BrowserContext, ConsoleMessage, Page } from '@playwright/test'
import { watchPage } from './page-watch.ts'

/** What a browser says by itself when a connection fails; right when the story has broken one, wrong otherwise. */
const networkTrouble =
  /^(Failed to load resource: net::ERR_|WebSocket connection to '[^']*' failed|An unknown error occurred when fetching the script\.$)/

/**
 * Watches everything that a person's browser does for as long as it lives. What must never happen, in no story, is
 * noted here and fails the test at its end.
 */
export class Guards {
  readonly #faults: string[] = []
  readonly #mayReach: (host: string) => boolean
  readonly #mayAsk: (iceServer: string) => boolean
  readonly #isRelayTroubled: () => boolean
  #expectsTrouble = false

  constructor(
    mayReach: (host: string) => boolean,
    mayAsk: (iceServer: string) => boolean,
    isRelayTroubled: () => boolean,
  ) {
    this.#mayReach = mayReach
    this.#mayAsk = mayAsk
    this.#isRelayTroubled = isRelayTroubled
  }

  /** From here on connections break because the story breaks them on this person's side. */
  expectNetworkTrouble(): void {
    this.#expectsTrouble = true
  }

  get faults(): readonly string[] {
    return this.#faults
  }

  async watch(context: BrowserContext, name: string): Promise<void> {
    const note = (fault: string): void => {
      this.#faults.push(`${name}: ${fault}`)
    }
    const checkAddress = (address: string, what: string): void => {
      const { protocol, host } = new URL(address)
      if (['data:', 'blob:', 'about:', 'chrome-error:'].includes(protocol)) return
      if (!this.#mayReach(host)) note(`${what} to an unexpected host: ${address}`)
    }
    await context.exposeBinding('cliqueGuardNote', (_, kind: string, detail: string) => {
      if (kind === 'csp') note(`content security policy violated: ${detail}`)
      else if (kind === 'no-ice') note('no ICE servers named, so that the browser or a library chooses')
      else if (!this.#mayAsk(detail)) note(`unexpected ICE server: ${detail}`)
    })
    await context.addInitScript(watchPage)
    context.on('request', (request) => checkAddress(request.url(), 'request'))
    context.on('weberror', (error) => note(`page error: ${error.error().stack ?? error.error().message}`))
    context.on('console', (message) => this.#hear(message, note))
    context.on('page', (page: Page) => {
      page.on('websocket', (socket) => checkAddress(socket.url(), 'web socket'))
      page.on('crash', () => note('a page crashed'))
    })
  }

  #hear(message: ConsoleMessage, note: (fault: string) => void): void {
    if (message.type() !== 'error') return
    const expected = this.#expectsTrouble || this.#isRelayTroubled()
    if (expected && networkTrouble.test(message.text())) return
    note(`console error: ${message.text()} (${message.location().url})`)
  }
}
