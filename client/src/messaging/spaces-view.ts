import type { MemberId, SpaceId } from '@clique/crypto'
import type { Named } from '../security/person-view.ts'

export interface ConversationWish {
  /** 1 to 64 characters. */
  readonly title: string
  readonly members: 'everyone' | readonly MemberId[]
}

/** Who is in one conversation. All getters are reactive; acts reject with a `code`. */
export interface AudienceView {
  /** Empty for the clique's own conversation, which carries the clique's name until it is given another. */
  readonly title: string
  /** Everybody in the clique is in, whoever comes later, too. */
  readonly isEveryone: boolean
  /** Exactly those who are in: by name, me last. */
  readonly members: readonly Named[]
  /** False where I was taken out, or left: then what is here can be read. */
  readonly isIn: boolean
  readonly mayChange: boolean
  readonly mayLeave: boolean
  readonly mayName: boolean
  /** I am out, and can delete what is here. */
  readonly mayForget: boolean
  /** Whom I could add. */
  readonly others: readonly Named[]
  /** Gives it another name, 1 to 64 characters. Resolves when that is kept on this device. @throws with a `code` */
  name(title: string): Promise<void>
  add(members: readonly MemberId[]): Promise<void>
  remove(member: MemberId): Promise<void>
  leave(): Promise<void>
  /** Deletes all of it from this device. @throws with a `code` */
  forget(): Promise<void>
}

/** The conversations of one clique, as something that people make and are in. */
export interface SpacesView {
  readonly mayCreate: boolean
  /** The others, by name. */
  readonly people: readonly Named[]
  /** Resolves when it is kept on this device. @throws with a `code` */
  create(wish: ConversationWish): Promise<SpaceId>
  /** Null for one that is not there, or that I was never in. */
  audience(space: SpaceId): AudienceView | null
}
