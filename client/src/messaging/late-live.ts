import type { SpaceId } from '@clique/crypto'
import EndedLine from '../security/EndedLine.svelte'
import Beginning from './Beginning.svelte'
import HereNow from './HereNow.svelte'
import { Presence } from './presence.svelte.ts'
import type { PresenceClique } from './presence.svelte.ts'
import TypingLine from './TypingLine.svelte'

export interface LateLive {
  readonly presence: Presence
  readonly Beginning: typeof Beginning
  readonly EndedLine: typeof EndedLine
  readonly HereNow: typeof HereNow
  readonly TypingLine: typeof TypingLine
}

/** Who is here and typing, what shows it, and from when to when one reads; all of it is fetched after the first paint. */
export function openLive(clique: PresenceClique, space: SpaceId): LateLive {
  return { presence: new Presence(clique, space), Beginning, EndedLine, HereNow, TypingLine }
}
