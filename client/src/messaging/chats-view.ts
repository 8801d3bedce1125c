import type { MemberId, SpaceId } from '@clique/crypto'
import type { AttachedFile } from '../documents/attached-file.ts'
import type { DraftFile } from '../media/tray-view.ts'
import type { Named } from '../security/person-view.ts'
import type { Draft } from '../storage/drafts.ts'

export interface LastMessage {
  readonly author: MemberId
  readonly authorName: string
  readonly mine: boolean
  /** Empty only where there are files. */
  readonly text: string
  readonly files: readonly AttachedFile[]
  readonly sentAt: number
}

export interface ChatRow {
  readonly space: SpaceId
  /** Empty for the clique's own conversation, which carries the clique's name until it is given another. */
  readonly title: string
  /** The clique's own: the one that it began with. */
  readonly isOwn: boolean
  /** Who is in, where that is not everybody in the clique: by name, me last. */
  readonly members: readonly Named[] | null
  /** False where I was taken out, or left: then what is here can be read. */
  readonly isIn: boolean
  readonly last: LastMessage | null
  readonly unread: number
  readonly draft: Draft<DraftFile>
}

/** The conversations of one clique, newest first. */
export interface ChatsView {
  readonly ready: boolean
  readonly rows: readonly ChatRow[]
}
