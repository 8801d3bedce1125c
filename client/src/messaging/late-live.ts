import type { SpaceId } from '@clique/crypto'
import HereNow from './HereNow.svelte'
import { Presence } from './presence.svelte.ts'
import type { PresenceClique } from './presence.svelte.ts'
import TypingLine from './TypingLine.svelte'

export interface LateLive {
  readonly presence: Presence
  readonly HereNow: typeof HereNow
  readonly TypingLine: typeof TypingLine
}

/** Who is here and typing, and what shows it; all of it is fetched after the first paint. */
export function openLive(clique: PresenceClique, space: SpaceId): LateLive {
  return { presence: new Presence(clique, space), HereNow, TypingLine }
}
