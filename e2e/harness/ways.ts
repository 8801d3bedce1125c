import type { Page } from '@playwright/test'

/** A connection of WebRTC that a page made, and what came of it. */
export interface Way {
  readonly state: RTCIceConnectionState
  /** It was told of the other side, so that a way to it was looked for. */
  readonly wasTried: boolean
  readonly hasConnected: boolean
  /** The kinds of its own addresses: `srflx` is what a server of STUN has seen. */
  readonly kinds: readonly string[]
  /** The two ends that packets go between now. */
  readonly pair: { readonly local: string; readonly remote: string; readonly remoteAddress: string } | null
}

interface WatchedWindow {
  cliqueWays: () => Promise<Way[]>
}

/** Runs in a page before its own code. */
export function watchWays(): void {
  const made: { connection: RTCPeerConnection; hasConnected: boolean; kinds: Set<string> }[] = []
  const Original = window.RTCPeerConnection
  window.RTCPeerConnection = class extends Original {
    constructor(configuration?: RTCConfiguration) {
      super(configuration)
      const entry = { connection: this as RTCPeerConnection, hasConnected: false, kinds: new Set<string>() }
      made.push(entry)
      this.addEventListener('icecandidate', ({ candidate }) => {
        if (candidate?.type) entry.kinds.add(candidate.type)
      })
      this.addEventListener('iceconnectionstatechange', () => {
        entry.hasConnected ||= ['connected', 'completed'].includes(this.iceConnectionState)
      })
    }
  }
  const pairOf = async (connection: RTCPeerConnection): Promise<Way['pair']> => {
    const stats = [
      ...((await connection.getStats()) as unknown as Map<string, Record<string, string>>).values(),
    ]
    const byId = new Map(stats.map((one) => [one['id'], one]))
    const chosen = byId.get(stats.find(({ type }) => type === 'transport')?.['selectedCandidatePairId'])
    const [local, remote] = [byId.get(chosen?.['localCandidateId']), byId.get(chosen?.['remoteCandidateId'])]
    if (local === undefined || remote === undefined) return null
    return {
      local: local['candidateType'] ?? '',
      remote: remote['candidateType'] ?? '',
      remoteAddress: remote['address'] ?? '',
    }
  }
  const ways = async (): Promise<Way[]> =>
    Promise.all(
      made.map(async ({ connection, hasConnected, kinds }) => ({
        state: connection.iceConnectionState,
        wasTried: connection.remoteDescription !== null,
        hasConnected,
        kinds: [...kinds],
        pair: connection.connectionState === 'connected' ? await pairOf(connection) : null,
      })),
    )
  ;(window as unknown as WatchedWindow).cliqueWays = ways
}

/** Every connection of WebRTC that the page has made since it was opened. */
export function waysOf(page: Page): Promise<Way[]> {
  return page.evaluate(() => (window as unknown as WatchedWindow).cliqueWays())
}
