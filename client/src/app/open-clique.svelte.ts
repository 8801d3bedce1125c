import type { CliqueId, CliqueLog, DeviceId, EpochId, MemberId, SpaceId } from '@clique/crypto'
import type { CliqueSession } from '../documents/clique-session.ts'
import { Chats } from '../messaging/chats.svelte.ts'
import { Conversation } from '../messaging/conversation.svelte.ts'
import type { ConversationView } from '../messaging/conversation-view.ts'
import type { Spaces } from '../messaging/spaces.svelte.ts'
import type { Here } from '../security/create-clique.ts'
import type { EndedView } from '../security/ended-view.ts'
import type { MembershipViews } from '../security/membership-views.ts'
import type { PersonView } from '../security/person-view.ts'
import type { RemovalsView } from '../security/removals-view.ts'
import type { Accent, HistoryRule } from '../security/create-view.ts'
import type { Actor } from '../security/actor.ts'
import type { Invitations } from '../security/invitations.svelte.ts'
import { LiveRoster } from '../security/live-roster.svelte.ts'
import { Members } from '../security/members.svelte.ts'
import type { CliqueProfile } from '../storage/cliques.ts'
import { AppError } from '../words/errors.ts'
import type { CliqueView, RelayDetails } from './app-view.ts'
import { CliqueLine } from './clique-line.svelte.ts'
import type { Connections } from './connections.svelte.ts'

/** One clique in this tab: its session, and the views over it. See `CliqueView`. */
export class OpenClique implements CliqueView {
  readonly id: CliqueId
  readonly me: MemberId
  readonly device: DeviceId
  readonly accent: Accent
  readonly chats: Chats
  readonly members: Members
  readonly connection: CliqueLine
  readonly allowAnother: (() => Promise<string>) | null
  readonly #here: Here
  readonly #profile: CliqueProfile
  readonly #roster = new LiveRoster()
  #membership = $state.raw<MembershipViews | null>(null)
  #invitations = $state.raw<Invitations | null>(null)
  #spaces = $state.raw<Spaces | null>(null)
  readonly #onFault: (error: unknown) => void
  readonly #onForgotten: () => Promise<void>
  #session: Promise<CliqueSession> | null = null
  #isEnded = false
  #epochOf: (log: CliqueLog) => EpochId | null = () => null

  constructor(
    here: Here,
    profile: CliqueProfile,
    connections: Connections,
    onFault: (error: unknown) => void,
    /** It was deleted from this device: resolves when the app knows. */
    onForgotten: () => Promise<void>,
  ) {
    this.#onForgotten = onForgotten
    this.#here = here
    this.#profile = profile
    this.#onFault = onFault
    this.id = profile.clique
    this.me = profile.member
    this.device = profile.device
    this.accent = profile.accent as Accent
    const { store } = here
    this.chats = new Chats({ store, clique: this.id, session: () => this.#open(), onFault })
    const others = () => this.#others
    this.connection = new CliqueLine(store, profile, connections, others, () => this.#spacesIn, onFault)
    this.members = new Members(
      this.#roster,
      this.me,
      () => this.connection.members,
      () => this.ended?.end != null,
    )
    this.allowAnother = profile.ownsRelay ? () => this.#allow() : null
  }

  get ready(): boolean {
    return this.#roster.state !== null
  }

  get name(): string {
    return this.#roster.state?.policy.name ?? this.#profile.name
  }

  /** Before the clique is open, the conversation that it begins with is known. */
  get #spacesIn(): readonly SpaceId[] {
    const { rows } = this.chats
    if (rows.length === 0) return [this.#profile.conversation]
    return rows.filter(({ isIn }) => isIn).map(({ space }) => space)
  }

  get #others(): number {
    return this.members.rows.filter(({ me }) => !me).length
  }

  get history(): HistoryRule {
    return this.#roster.state?.policy.history ?? 'full'
  }

  get cameLater(): boolean {
    return this.history === 'since-join' && this.#roster.state?.members.get(this.me)?.invite !== null
  }

  get unread(): number {
    return this.chats.unread
  }

  get epoch(): EpochId | null {
    const { log } = this.#roster
    return log === null ? null : this.#epochOf(log)
  }

  get relays(): readonly RelayDetails[] {
    return this.#roster.state?.relays ?? this.#profile.relays
  }

  get spaces(): Spaces | null {
    return this.#spaces
  }

  get invitations(): Invitations | null {
    if (this.ended?.end != null) return null
    return this.#invitations?.mayInvite === true ? this.#invitations : null
  }

  person(id: MemberId): PersonView | null {
    return this.#membership?.person(id) ?? null
  }

  get removals(): RemovalsView | null {
    return this.#membership?.removals ?? null
  }

  get ended(): EndedView | null {
    return this.#membership?.ended ?? null
  }

  conversation(space: SpaceId): ConversationView {
    const { store } = this.#here
    const session = () => this.#open()
    const fetching = () => this.connection.fetching
    return new Conversation({ store, clique: this.id, space, session, fetching, onFault: this.#onFault })
  }

  async forget(): Promise<void> {
    const [{ log }, { forgetClique }] = await Promise.all([this.#open(), import('./open-session.ts')])
    await forgetClique(this.#here.store, this.id, log.state.spaces.keys())
    await this.#onForgotten()
  }

  /** A screen is done with it; the clique itself stays open for the others and for the count of unread messages. */
  close(): void {
    // Nothing is owned by a single screen.
  }

  /** The clique is not on this device any more. */
  end(): void {
    this.#isEnded = true
    this.chats.close()
    this.#invitations?.close()
    this.#membership?.close()
    this.#roster.close()
    this.connection.close()
    void this.#session?.then(
      (session) => session.close(),
      () => undefined,
    )
  }

  /** Yjs and the security layer load here, after the first paint. */
  #open(): Promise<CliqueSession> {
    this.#session ??= this.#start()
    return this.#session
  }

  async #start(): Promise<CliqueSession> {
    const [{ epochOf, openSession }, { Invitations }, { Membership }, { MembershipViews }, { Spaces }] =
      await Promise.all([
        import('./open-session.ts'),
        import('../security/invitations.svelte.ts'),
        import('../security/membership.svelte.ts'),
        import('../security/membership-views.ts'),
        import('../messaging/spaces.svelte.ts'),
      ])
    const session = await openSession(this.#here.store, this.id)
    this.#epochOf = epochOf
    this.#roster.follow({
      get log() {
        return session.log
      },
      onRoster: (listener) =>
        session.onChange((change) => {
          if (change.kind === 'roster') listener()
        }),
    })
    if (!this.#isEnded) {
      const actor: Actor = { clique: this.id, me: this.me, act: (make) => session.act(make) }
      const membership = new Membership(this.#here, session, () => this.connection.members)
      this.#membership = new MembershipViews(membership)
      const titleOf = (space: SpaceId) => this.chats.rows.find((row) => row.space === space)?.title
      const isOver = (): boolean => membership.end !== null
      this.#spaces = new Spaces(session, this.#roster, this.#here.random, titleOf, isOver)
      this.#invitations = new Invitations(this.#here, actor, this.#roster, location.origin)
    }
    return session
  }

  async #allow(): Promise<string> {
    const [relay] = this.relays
    if (relay === undefined) throw new AppError('not-allowed')
    const { store, door } = this.#here
    const { allowClique } = await import('./open-session.ts')
    return allowClique(store, door, this.id, relay)
  }
}
