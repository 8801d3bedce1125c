import type { Words } from '../words/words.ts'
import type { ConnectionState } from '../sync/connection-state.ts'
import type { Reach } from './connection-view.ts'

/** The state in a few words, and in a sentence that says what it means for what one writes. */
export function connectionWords(words: Words, state: ConnectionState): { brief: string; how: string } {
  const { connection } = words
  switch (state.kind) {
    case 'starting':
      return { brief: connection.starting, how: connection.startingHow }
    case 'online':
      return { brief: connection.online, how: connection.onlineHow }
    case 'direct-only':
      return { brief: connection.directOnly, how: connection.directOnlyHow }
    case 'relay-unreachable':
      return { brief: connection.relayUnreachable, how: connection.relayUnreachableHow }
    case 'offline':
      return { brief: connection.offline, how: connection.offlineHow }
  }
}

/** How the others are reached, in one line for each way that there is. */
export function reachWords({ connection }: Words, { direct, relayed, away }: Reach): string[] {
  return [
    ...(direct > 0 ? [connection.direct(direct)] : []),
    ...(relayed > 0 ? [connection.relayed(relayed)] : []),
    ...(away > 0 ? [connection.away(away)] : []),
  ]
}
