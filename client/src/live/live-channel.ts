import type { CliqueId, SpaceId } from '@clique/crypto'
import type { LivePerson } from './present.ts'

export const channelName = 'clique-live'

/** Milliseconds between two words of a tab, and after which a silent one counts for nothing. */
export const repeatMs = 2_000
export const silentMs = 6_000

/** Null: nobody looks at it in that tab. */
export type Attention = 'here' | 'typing' | null

interface Conversation {
  readonly clique: CliqueId
  readonly space: SpaceId
}

export type LiveMessage =
  /** From a tab with a conversation open, each with a name of its own. */
  | (Conversation & { readonly kind: 'attention'; readonly tab: string; readonly attention: Attention })
  /** From the leading tab. */
  | (Conversation & { readonly kind: 'people'; readonly people: readonly LivePerson[] })

/** One open conversation's side, in any tab. */
export interface LiveWatch {
  attend(attention: Attention): void
  close(): void
}

export function watchLive(
  { clique, space }: Conversation,
  onPeople: (people: readonly LivePerson[]) => void,
): LiveWatch {
  const channel = new BroadcastChannel(channelName)
  const tab = crypto.randomUUID()
  let attention: Attention = null
  let heardAt = Date.now()
  const post = (): void =>
    channel.postMessage({ kind: 'attention', tab, clique, space, attention } satisfies LiveMessage)
  channel.onmessage = ({ data }: MessageEvent<LiveMessage>) => {
    if (data.kind !== 'people' || data.clique !== clique || data.space !== space) return
    heardAt = Date.now()
    onPeople(data.people)
  }
  const repeat = setInterval(() => {
    if (attention !== null) post()
    // Without word from a leading tab, nothing is claimed.
    if (Date.now() - heardAt > silentMs) onPeople([])
  }, repeatMs)
  return {
    attend(next) {
      if (next === attention) return
      attention = next
      post()
    },
    close() {
      clearInterval(repeat)
      attention = null
      post()
      channel.close()
    },
  }
}
