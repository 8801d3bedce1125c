import type { MemberId } from '@clique/crypto'

export type MessageState =
  | { readonly kind: 'queued' }
  | { readonly kind: 'on-relay' }
  | { readonly kind: 'delivered'; readonly to: number; readonly of: number }

export interface MessageRow {
  /** Stable for the life of the message; unique in the conversation. */
  readonly key: string
  readonly author: MemberId
  readonly authorName: string
  readonly mine: boolean
  readonly text: string
  /** Milliseconds since 1970, by the author's clock as far as it can be believed. */
  readonly sentAt: number
  readonly state: MessageState
  /** The author's clock was visibly wrong, so `sentAt` is the best guess. */
  readonly clockOff: boolean
}

/** One open conversation. All getters are reactive. */
export interface ConversationView {
  /** False until the newest messages have been read from this device. */
  readonly ready: boolean
  /** Oldest first. A row that has not changed stays the same object. */
  readonly rows: readonly MessageRow[]
  /** There are older messages on this device that `rows` does not hold yet. */
  readonly hasOlder: boolean
  /** Key of the first message that was unread when the conversation was opened; the line above it stays. */
  readonly unreadFrom: string | null
  readonly draft: string
  /** Characters (UTF-16 units) that a message may have. */
  readonly maxLength: number
  loadOlder(): Promise<void>
  /** Resolves when the message is kept on this device. @throws with a `code`; the caller keeps the text. */
  say(text: string): Promise<void>
  saveDraft(text: string): Promise<void>
  /** Everything on screen has been seen. */
  markRead(): Promise<void>
  close(): void
}
