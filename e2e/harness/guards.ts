import type { BrowserContext, Page } from '@playwright/test'
import { watchPage } from './page-watch.ts'

/** What a browser says by itself when a connection fails; right when the story has broken one, wrong otherwise. */
const networkTrouble =
  /^(Failed to load resource: net::ERR_|WebSocket connection to '[^']*' failed|An unknown error occurred when fetching the script\.$|Firefox can’t establish a connection to the server at |The connection to \S+ was interrupted while )/

/**
 * A removal ends the tickets of all, also one that was given a moment ago: the page comes again with a new one, but the
 * browser tells of the refusal by itself.
 */
const endedTicket = /^WebSocket connection to '[^']*\/signal\?ticket=[^']*' failed: .*\b403\b/

/** Firefox says it of every dial that finds no direct way; the app is made for that, and stories see how it ends. */
const failedDial = /^WebRTC: ICE failed/

/** What is to be told of a browser, as it happens. */
export interface Ears {
  /** What `watchPage` notes. */
  readonly page: (kind: string, detail: string) => void
  readonly request: (address: string) => void
  readonly socket: (address: string) => void
  readonly pageError: (text: string) => void
  readonly consoleError: (text: string, place: string) => void
  readonly crash: () => void
}

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
    const ears = this.listenTo(name)
    await context.exposeBinding('cliqueGuardNote', (_, kind: string, detail: string) =>
      ears.page(kind, detail),
    )
    await context.addInitScript(watchPage)
    context.on('request', (request) => ears.request(request.url()))
    context.on('weberror', (error) => ears.pageError(error.error().stack ?? error.error().message))
    context.on('console', (message) => {
      if (message.type() === 'error') ears.consoleError(message.text(), message.location().url)
    })
    context.on('page', (page: Page) => {
      page.on('websocket', (socket) => ears.socket(socket.url()))
      page.on('crash', () => ears.crash())
    })
  }

  /** For whoever watches a browser in another way: what is told here is judged the same. */
  listenTo(name: string): Ears {
    const note = (fault: string): void => {
      this.#faults.push(`${name}: ${fault}`)
    }
    const checkAddress = (address: string, what: string): void => {
      const { protocol, host } = new URL(address)
      if (['data:', 'blob:', 'about:', 'chrome-error:'].includes(protocol)) return
      if (!this.#mayReach(host)) note(`${what} to an unexpected host: ${address}`)
    }
    const isExpected = (text: string): boolean =>
      endedTicket.test(text) ||
      ((this.#expectsTrouble || this.#isRelayTroubled()) && networkTrouble.test(text))
    return {
      page: (kind, detail) => {
        if (kind === 'csp') note(`content security policy violated: ${detail}`)
        else if (kind === 'no-ice') note('no ICE servers named, so that the browser or a library chooses')
        else if (!this.#mayAsk(detail)) note(`unexpected ICE server: ${detail}`)
      },
      request: (address) => checkAddress(address, 'request'),
      socket: (address) => checkAddress(address, 'web socket'),
      // Firefox tells of broken connections as of errors of the page.
      pageError: (text) => {
        if (!isExpected(text) && !failedDial.test(text)) note(`page error: ${text}`)
      },
      consoleError: (text, place) => {
        if (!isExpected(text)) note(`console error: ${text} (${place})`)
      },
      crash: () => note('a page crashed'),
    }
  }
}
