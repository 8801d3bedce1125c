/** What a test in a page has done outside: a relay in a process of its own, with its claim not used yet. */
const part = new URL('../../../../relay/src/testing/relay-process.ts', import.meta.url).href

interface RelayPart {
  readonly RelayProcess: new () => {
    readonly url: string
    readonly claim: string | null
    start(): Promise<unknown>
    remove(): Promise<void>
  }
}

const running: { remove(): Promise<void> }[] = []

export const relayCommands = {
  async startRelay(): Promise<{ url: string; claim: string }> {
    const { RelayProcess } = (await import(/* @vite-ignore */ part)) as RelayPart
    const relay = new RelayProcess()
    running.push(relay)
    await relay.start()
    return { url: relay.url, claim: relay.claim ?? '' }
  },
  async removeRelays(): Promise<void> {
    for (const relay of running.splice(0)) await relay.remove()
  },
}

declare module 'vitest/internal/browser' {
  interface BrowserCommands {
    startRelay(): Promise<{ url: string; claim: string }>
    removeRelays(): Promise<void>
  }
}
