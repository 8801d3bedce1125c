import type { Component } from 'svelte'
import type { ConversationView, HiddenMessage, MessageRow } from './conversation-view.ts'
import type { FileDisplay } from './file-display.ts'
import type { GroupLine } from './group-line.ts'

/** What shows messages that are not plain; it comes after the first paint. */
export interface LateMessages {
  readonly HiddenMessage: Component<{ row: MessageRow; hidden: HiddenMessage; display: MessageDisplay }>
  readonly MessageActs: Component<{ row: MessageRow; view: ConversationView }>
  readonly RosterLines: Component<{ lines: readonly GroupLine[] }>
}

/** What messages are shown with beside their rows. */
export interface MessageDisplay extends FileDisplay {
  readonly view: ConversationView
  readonly late: LateMessages | null
}
