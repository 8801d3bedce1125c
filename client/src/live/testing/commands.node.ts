import type { LiveRelay } from './live-relay.node.ts'

/** What a test in a page has done outside: a page starts no process. libp2p is loaded by whoever needs it. */
const part = new URL('./live-relay.node.ts', import.meta.url).href
interface LiveRelayPart {
  readonly LiveRelay: { start(): Promise<LiveRelay> }
}

/** One for each file of tests. */
const relays = new Map<string, LiveRelay>()

interface Asking {
  readonly testPath: string | undefined
}

function relayOf({ testPath = '' }: Asking): LiveRelay {
  const relay = relays.get(testPath)
  if (relay === undefined) throw new Error('no relay was started')
  return relay
}

export const liveCommands = {
  async startLiveRelay({ testPath = '' }: Asking): Promise<void> {
    const { LiveRelay } = (await import(/* @vite-ignore */ part)) as LiveRelayPart
    relays.set(testPath, await LiveRelay.start())
  },
  liveAddress: (asking: Asking): Promise<string> => relayOf(asking).address(),
  killLiveRelay: (asking: Asking): Promise<void> => relayOf(asking).kill(),
  restartLiveRelay: (asking: Asking): Promise<void> => relayOf(asking).restart(),
  async removeLiveRelay({ testPath = '' }: Asking): Promise<void> {
    await relays.get(testPath)?.remove()
    relays.delete(testPath)
  },
}

declare module 'vitest/internal/browser' {
  interface BrowserCommands {
    startLiveRelay(): Promise<void>
    liveAddress(): Promise<string>
    killLiveRelay(): Promise<void>
    restartLiveRelay(): Promise<void>
    removeLiveRelay(): Promise<void>
  }
}
