import type { MemberId } from '@clique/crypto'
import type { AttachedFile } from '../documents/attached-file.ts'
import type { ShelfView } from '../media/shelf-view.ts'
import type { TrayView } from '../media/tray-view.ts'
import type { GroupLines } from './group-line.ts'

export type MessageState =
  | { readonly kind: 'queued' }
  | { readonly kind: 'on-relay' }
  /** On the relay, and there is nobody else who could open it. */
  | { readonly kind: 'kept' }
  | { readonly kind: 'delivered'; readonly to: number; readonly of: number }

/** What stands in place of a message that somebody hid for everybody. */
export interface HiddenMessage {
  /** Who hid it. */
  readonly by: string
  readonly byMe: boolean
  /** I may lift what hides it. */
  readonly mayShow: boolean
  /**
   * Names of those who may, where I may hide messages but not lift what hides this one; else empty. Absent in a row that
   * was kept by an earlier version.
   */
  readonly shownBy?: readonly string[]
  /** What it says, for its author and for those who may hide messages; null for everybody else. */
  readonly content: { readonly text: string; readonly files: readonly AttachedFile[] } | null
}

export interface MessageRow {
  /** Stable for the life of the message; unique in the conversation. */
  readonly key: string
  readonly author: MemberId
  readonly authorName: string
  /** The author is a member no more. */
  readonly isGone: boolean
  readonly mine: boolean
  /** Empty where there are files alone, and where it is hidden. */
  readonly text: string
  readonly files: readonly AttachedFile[]
  /** Null for nearly all. */
  readonly hidden: HiddenMessage | null
  /** I may hide it for everybody. */
  readonly mayHide: boolean
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
  /** What happened to the group, by the rows that it stands above. */
  readonly lines: GroupLines
  /** There are older messages on this device that `rows` does not hold yet. */
  readonly hasOlder: boolean
  /** Key of the first message that was unread when the conversation was opened; the line above it stays. */
  readonly unreadFrom: string | null
  readonly draft: string
  /** Characters (UTF-16 units) that a message may have. */
  readonly maxLength: number
  /** What will be sent with the next message; null until something was chosen. */
  readonly tray: TrayView | null
  /** The files of the messages; null until a message has some and what shows them has loaded. */
  readonly shelf: ShelfView | null
  loadOlder(): Promise<void>
  /** @throws with a `code` when what prepares files cannot be loaded */
  attach(files: readonly File[]): Promise<void>
  /**
   * Sends the text with what is ready in the tray. Resolves when the message is kept on this device. @throws with a
   * `code`; the caller keeps the text, and the files are back in the tray.
   */
  say(text: string): Promise<void>
  /** Hides a message for everybody, or shows it again where it is hidden. @throws with a `code` */
  moderate(row: MessageRow): Promise<void>
  saveDraft(text: string): Promise<void>
  /** Everything on screen has been seen. */
  markRead(): Promise<void>
  close(): void
}
