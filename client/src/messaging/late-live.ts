import type { SpaceId } from '@clique/crypto'
import EndedLine from '../security/EndedLine.svelte'
import Beginning from './Beginning.svelte'
import HereNow from './HereNow.svelte'
import HiddenMessage from './HiddenMessage.svelte'
import type { LateMessages } from './message-display.ts'
import MessageActs from './MessageActs.svelte'
import { Presence } from './presence.svelte.ts'
import type { PresenceClique } from './presence.svelte.ts'
import RosterLines from './RosterLines.svelte'
import TypingLine from './TypingLine.svelte'

export interface LateLive extends LateMessages {
  readonly presence: Presence
  readonly Beginning: typeof Beginning
  readonly EndedLine: typeof EndedLine
  readonly HereNow: typeof HereNow
  readonly TypingLine: typeof TypingLine
}

/** Who is here and typing, what shows it, what is hidden, and from when to when one reads; all of it is fetched after the first paint. */
export function openLive(clique: PresenceClique, space: SpaceId): LateLive {
  const presence = new Presence(clique, space)
  return { presence, Beginning, EndedLine, HereNow, HiddenMessage, MessageActs, RosterLines, TypingLine }
}
