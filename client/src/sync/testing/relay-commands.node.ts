/** What a test in a page has done outside: a relay in a process of its own, with its claim not used yet. */
const part = new URL('../../../../relay/src/testing/relay-process.ts', import.meta.url).href

interface RelayPart {
  readonly RelayProcess: new () => {
    readonly url: string
    readonly claim: string | null
    start(): Promise<unknown>
    backUp(): Promise<void>
    restore(): Promise<void>
    remove(): Promise<void>
  }
}

type Relay = InstanceType<RelayPart['RelayProcess']>

/** Files of tests run beside each other, and each has its own. */
const running = new Map<string, Relay[]>()

interface Asking {
  /** The file that asks. */
  readonly testPath?: string | undefined
}

function relaysOf({ testPath = '' }: Asking): Relay[] {
  const relays = running.get(testPath) ?? []
  running.set(testPath, relays)
  return relays
}

export const relayCommands = {
  async startRelay(asking: Asking): Promise<{ url: string; claim: string }> {
    const { RelayProcess } = (await import(/* @vite-ignore */ part)) as RelayPart
    const relay = new RelayProcess()
    relaysOf(asking).push(relay)
    await relay.start()
    return { url: relay.url, claim: relay.claim ?? '' }
  },
  /** The one that was started last. */
  async backUpRelay(asking: Asking): Promise<void> {
    await relaysOf(asking).at(-1)?.backUp()
  },
  async restoreRelay(asking: Asking): Promise<void> {
    await relaysOf(asking).at(-1)?.restore()
  },
  async removeRelays(asking: Asking): Promise<void> {
    for (const relay of relaysOf(asking).splice(0)) await relay.remove()
  },
}

declare module 'vitest/internal/browser' {
  interface BrowserCommands {
    startRelay(): Promise<{ url: string; claim: string }>
    backUpRelay(): Promise<void>
    restoreRelay(): Promise<void>
    removeRelays(): Promise<void>
  }
}
