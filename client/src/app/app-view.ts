import type { CliqueId, DeviceId, EpochId, MemberId, SpaceId } from '@clique/crypto'
import type { ChatsView } from '../messaging/chats-view.ts'
import type { ConversationView } from '../messaging/conversation-view.ts'
import type { SpacesView } from '../messaging/spaces-view.ts'
import type { Accent, CreateCliqueFlow, HistoryRule, RelayOfferView } from '../security/create-view.ts'
import type { EndedView } from '../security/ended-view.ts'
import type { InvitationsView } from '../security/invitations-view.ts'
import type { JoinFlow } from '../security/join-view.ts'
import type { MembersView } from '../security/members-view.ts'
import type { PersonView } from '../security/person-view.ts'
import type { RemovalsView } from '../security/removals-view.ts'
import type { FailureCode } from '../words/errors.ts'
import type { ConnectionView } from './connection-view.ts'
import type { Permission } from './routes.ts'

/** What the rail shows of a clique, kept small so that it is there before the clique is opened. */
export interface CliqueCard {
  readonly id: CliqueId
  readonly name: string
  readonly accent: Accent
  readonly unread: number
}

export interface RelayDetails {
  /** Where it answers: `https://host:port`. */
  readonly url: string
  /** Its PeerId. */
  readonly peer: string
}

/** One open clique. All getters are reactive; it is good until `close`. */
export interface CliqueView extends CliqueCard {
  /** False until the roster has been read from this device. */
  readonly ready: boolean
  readonly history: HistoryRule
  readonly me: MemberId
  /** What was written before this member was invited is not for them. */
  readonly cameLater: boolean
  readonly device: DeviceId
  readonly epoch: EpochId | null
  readonly relays: readonly RelayDetails[]
  readonly chats: ChatsView
  /** Null until the clique is open. */
  readonly spaces: SpacesView | null
  readonly members: MembersView
  /** One member, former ones too; null until the clique is open, and for somebody unknown. */
  person(id: MemberId): PersonView | null
  /** Null until the clique is open. */
  readonly removals: RemovalsView | null
  /** Null until the clique is open. */
  readonly ended: EndedView | null
  /** Null where this member's role may not invite. */
  readonly invitations: InvitationsView | null
  readonly connection: ConnectionView
  conversation(space: SpaceId): ConversationView
  /** Null unless this device owns the relay; makes a link that works once. @throws with a `code`. */
  readonly allowAnother: (() => Promise<string>) | null
  /** Deletes all of the clique that is on this device, for good; the others are not told. @throws with a `code`. */
  forget(): Promise<void>
  close(): void
}

/** This browser and what it keeps. */
export interface DeviceView {
  readonly version: string
  /** Null where the browser does not say. */
  readonly storedBytes: number | null
  /** What the browser would let it grow to; null where it does not say. */
  readonly quotaBytes: number | null
  /** The browser has promised not to clear the storage by itself. */
  readonly persistent: boolean
  /** Asks for that promise, unless it has been given; false when refused. Never rejects. */
  persist(): Promise<boolean>
  /** Looks again at what is stored: it grows while the app is open. Never rejects. */
  look(): Promise<void>
}

/** Everything that the shell is built on. The composition root makes the one there is. */
export interface AppView {
  /** False until the list of cliques has been read from this device. */
  readonly ready: boolean
  /** Set when nothing can be kept or read here, so that nothing else makes sense. */
  readonly failure: FailureCode | null
  readonly cliques: readonly CliqueCard[]
  readonly relayOffer: RelayOfferView
  readonly device: DeviceView
  /** The claim or permission that the address carried, if any, is to be used for the next clique. */
  offerPermission(permission: Permission): void
  /** Both reject when a part of the app cannot be fetched. */
  create(): Promise<CreateCliqueFlow>
  join(link: string): Promise<JoinFlow>
  /** Null when the clique is not on this device. */
  open(id: CliqueId): CliqueView | null
}
