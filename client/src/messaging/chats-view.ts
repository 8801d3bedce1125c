import type { MemberId, SpaceId } from '@clique/crypto'

export interface LastMessage {
  readonly author: MemberId
  readonly authorName: string
  readonly mine: boolean
  readonly text: string
  readonly sentAt: number
}

export interface ChatRow {
  readonly space: SpaceId
  /** Empty for the clique's own conversation, which carries the clique's name. */
  readonly title: string
  readonly last: LastMessage | null
  readonly unread: number
  readonly draft: string
}

/** The conversations of one clique, newest first. */
export interface ChatsView {
  readonly ready: boolean
  readonly rows: readonly ChatRow[]
}
