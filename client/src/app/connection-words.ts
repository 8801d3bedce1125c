import type { Words } from '../words/words.ts'
import type { ConnectionState } from '../sync/connection-state.ts'

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

/** Members linked to this device now. */
export function linkedMembers(state: ConnectionState): number {
  return 'members' in state ? state.members : 0
}
