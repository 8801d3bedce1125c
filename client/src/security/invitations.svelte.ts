import { mayInvite, mayRevokeInvitationsOfOthers } from '@clique/crypto'
import type { CliqueLog, Invitation, InviteId } from '@clique/crypto'
import { readCliques } from '../storage/cliques.ts'
import { deleteInvitation, readInvitations } from '../storage/invitations.ts'
import type { MadeInvitation } from '../storage/invitations.ts'
import type { Actor } from './actor.ts'
import type { Here } from './create-clique.ts'
import type * as InvitationActs from './invitation-acts.ts'
import type {
  EndedInvitation,
  InvitationEnd,
  InvitationRow,
  InvitationsView,
  InvitationWish,
} from './invitations-view.ts'
import type { LiveRoster } from './live-roster.svelte.ts'

type Acts = typeof InvitationActs

const dayMs = 24 * 60 * 60 * 1000

/** The invitations of one clique. See `InvitationsView`. */
export class Invitations implements InvitationsView {
  #made = $state.raw<ReadonlyMap<InviteId, MadeInvitation>>(new Map())
  #ready = $state(false)
  /** PeerId of a relay -> where it takes WebRTC. */
  #places = $state.raw<Readonly<Record<string, string>>>({})
  /** The acts, once they are there. */
  #acts = $state.raw<Acts | null>(null)
  readonly #here: Here
  readonly #actor: Actor
  readonly #roster: LiveRoster
  readonly #origin: string
  readonly #stop: () => void
  readonly #open = $derived.by(() => this.#rows())
  readonly #ended = $derived.by(() => this.#endedRows())

  /** `origin`: where this app comes from, and so where a link leads. */
  constructor(here: Here, actor: Actor, roster: LiveRoster, origin: string) {
    this.#here = here
    this.#actor = actor
    this.#roster = roster
    this.#origin = origin
    this.#stop = here.store.changes.listen((change) => {
      if (change.kind === 'invitations' && change.clique === actor.clique) void this.#read()
      if (change.kind === 'cliques') void this.#readPlaces()
    })
    void this.#read()
    void this.#readPlaces()
  }

  /** Whether this member's role may let people in. */
  get mayInvite(): boolean {
    const member = this.#roster.state?.members.get(this.#actor.me)
    return member?.status === 'in' && mayInvite(member.role, 'member')
  }

  get ready(): boolean {
    return this.#ready && this.#roster.log !== null
  }

  get open(): readonly InvitationRow[] {
    return this.#open
  }

  get ended(): readonly EndedInvitation[] {
    return this.#ended
  }

  async create(wish: InvitationWish): Promise<InviteId> {
    const { store, random } = this.#here
    const acts = await this.#load()
    const waiting = await this.#waitingFor(wish)
    if (waiting !== null) return waiting
    const { days, uses } = wish
    const expiresAt = this.#here.now() + days * dayMs
    const made = await acts.makeInvitation(store, this.#actor, { role: 'member', uses, expiresAt, random })
    this.#made = new Map(this.#made).set(made.invite, made)
    return made.invite
  }

  async revoke(id: InviteId): Promise<void> {
    const { store, random } = this.#here
    const { takeBack } = await this.#load()
    await takeBack(store, this.#actor, id, random)
    await deleteInvitation(store, this.#actor.clique, id)
  }

  close(): void {
    this.#stop()
  }

  #rows(): InvitationRow[] {
    const { log } = this.#roster
    const acts = this.#acts
    if (log === null || acts === null) return []
    const { state } = log
    const now = this.#here.now()
    const me = state.members.get(this.#actor.me)
    const mayAll = me !== undefined && mayRevokeInvitationsOfOthers(me.role)
    return acts
      .openInvitations(state)
      .filter(({ expiresAt }) => expiresAt > now)
      .toSorted(newestFirst)
      .map((invitation) => {
        const mine = invitation.inviter === this.#actor.me
        const made = this.#made.get(invitation.id)
        return {
          id: invitation.id,
          inviterName: state.members.get(invitation.inviter)?.name ?? '',
          mine,
          uses: invitation.uses,
          used: invitation.used,
          expiresAt: invitation.expiresAt,
          link: made?.isUploaded === true ? this.#linkOf(acts, log, made) : null,
          waiting: made?.isUploaded === false,
          mayRevoke: mine || mayAll,
        }
      })
  }

  #endedRows(): EndedInvitation[] {
    const { log } = this.#roster
    if (log === null || this.#acts === null) return []
    const { members, invitations } = log.state
    const now = this.#here.now()
    const open = new Set(this.#open.map(({ id }) => id))
    return [...invitations.values()]
      .filter(({ id, expiresAt }) => !open.has(id) && expiresAt > now - dayMs)
      .toSorted(newestFirst)
      .map((invitation) => {
        const { id, uses } = invitation
        const joined = [...members.values()].flatMap(({ invite, name }) => (invite === id ? [name] : []))
        return { id, how: endOf(invitation, now), uses, joined }
      })
  }

  #linkOf({ encodeInvitation }: Acts, { state, clique }: CliqueLog, { secret }: MadeInvitation): string {
    const relays = state.relays.map((relay) => {
      const webRtc = this.#places[relay.peer]
      // Where there is a certificate, any page reaches the relay by its address, and the link stays short.
      return webRtc === undefined || relay.url.startsWith('https:') ? relay : { ...relay, webRtc }
    })
    return `${this.#origin}/#invite=${encodeInvitation({ clique, relays, secret })}`
  }

  async #load(): Promise<Acts> {
    const acts = await import('./invitation-acts.ts')
    this.#acts = acts
    return acts
  }

  async #readPlaces(): Promise<void> {
    const profiles = await readCliques(this.#here.store)
    this.#places = profiles.find(({ clique }) => clique === this.#actor.clique)?.webRtc ?? {}
  }

  async #read(): Promise<void> {
    const made = await readInvitations(this.#here.store, this.#actor.clique)
    await this.#load()
    this.#made = new Map(made.map((each) => [each.invite, each]))
    this.#ready = true
  }

  /** One of this device's own that no relay has yet, if it is like that: whoever tries again means the same one. */
  async #waitingFor({ days, uses }: InvitationWish): Promise<InviteId | null> {
    const made = await readInvitations(this.#here.store, this.#actor.clique)
    const now = this.#here.now()
    const isLike = ({ invite, isUploaded }: MadeInvitation): boolean => {
      const invitation = this.#roster.state?.invitations.get(invite)
      if (isUploaded || invitation?.status !== 'open' || invitation.uses !== uses) return false
      const left = invitation.expiresAt - now
      return left > (days - 1) * dayMs && left <= days * dayMs
    }
    return made.find(isLike)?.invite ?? null
  }
}

function newestFirst(a: Invitation, b: Invitation): number {
  return b.expiresAt - a.expiresAt || (a.id < b.id ? -1 : 1)
}

/** Of one that is not open. */
function endOf({ status, used, uses, expiresAt }: Invitation, now: number): InvitationEnd {
  if (status === 'revoked') return 'revoked'
  if (used >= uses) return 'used'
  // Some device's clock said so before this one's.
  return status === 'closed' || expiresAt <= now ? 'run-out' : 'closed'
}
