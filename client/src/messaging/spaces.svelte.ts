import { createSpace, isAdmin, isInSpace, membersOfSpace, setAudience } from '@clique/crypto'
import type { MemberId, Random, SpaceId } from '@clique/crypto'
import type { CliqueSession } from '../documents/clique-session.ts'
import type { LiveRoster } from '../security/live-roster.svelte.ts'
import { checkName } from '../security/names.ts'
import type { Named } from '../security/person-view.ts'
import { AppError } from '../words/errors.ts'
import { namesOf, othersOf, placeOf } from './audience.ts'
import type { Place } from './audience.ts'
import type { AudienceView, ConversationWish, SpacesView } from './spaces-view.ts'

type Session = CliqueSession

/** The conversations of one clique. See `SpacesView`. */
export class Spaces implements SpacesView {
  readonly #session: Session
  readonly #roster: LiveRoster
  readonly #random: Random
  readonly #titleOf: (space: SpaceId) => string | undefined
  readonly #isOver: () => boolean

  constructor(
    session: Session,
    roster: LiveRoster,
    random: Random,
    /** What a conversation is called now, once that was read; reactive. */
    titleOf: (space: SpaceId) => string | undefined,
    /** This device is out, also where only a notice says so; reactive. */
    isOver: () => boolean,
  ) {
    this.#session = session
    this.#roster = roster
    this.#random = random
    this.#titleOf = titleOf
    this.#isOver = isOver
  }

  get mayCreate(): boolean {
    if (this.#isOver()) return false
    const me = this.#roster.state?.members.get(this.#session.member)
    return me?.status === 'in' && me.role !== 'reader'
  }

  get people(): readonly Named[] {
    const { state } = this.#roster
    return state === null ? [] : othersOf(state, null, this.#session.member)
  }

  async create({ title, members }: ConversationWish): Promise<SpaceId> {
    checkName(title)
    const wish = { kind: 'channel', title: title.trim(), members } as const
    const made = await this.#session.act((log, me) => createSpace(log, me, wish, { random: this.#random }))
    return made.space
  }

  audience(space: SpaceId): AudienceView | null {
    const find = (): Place | null => {
      const { log } = this.#roster
      const place = log === null ? null : placeOf(log, space, this.#session.member)
      return place && { ...place, title: this.#titleOf(space) ?? place.title }
    }
    return find() === null ? null : new Audience(space, find, this.#session, this.#roster, this.#random)
  }
}

class Audience implements AudienceView {
  readonly #space: SpaceId
  readonly #find: () => Place | null
  readonly #session: Session
  readonly #roster: LiveRoster
  readonly #random: Random

  constructor(
    space: SpaceId,
    find: () => Place | null,
    session: Session,
    roster: LiveRoster,
    random: Random,
  ) {
    this.#space = space
    this.#find = find
    this.#session = session
    this.#roster = roster
    this.#random = random
  }

  get title(): string {
    return this.#find()?.title ?? ''
  }

  get isEveryone(): boolean {
    return this.#find()?.members === null
  }

  get members(): readonly Named[] {
    const { state } = this.#roster
    if (state === null) return []
    return this.#find()?.members ?? namesOf(membersOfSpace(state, this.#space), this.#session.member)
  }

  get isIn(): boolean {
    return this.#find()?.isIn === true
  }

  get mayChange(): boolean {
    const { state } = this.#roster
    const { member } = this.#session
    const space = state?.spaces.get(this.#space)
    if (state === null || space === undefined || space.audience === 'everyone' || !this.isIn) return false
    const role = state.members.get(member)?.role
    return space.creator === member || (role !== undefined && isAdmin(role))
  }

  get mayName(): boolean {
    const me = this.#roster.state?.members.get(this.#session.member)
    return this.isIn && me?.status === 'in' && me.role !== 'reader' && this.#session.end === null
  }

  get mayLeave(): boolean {
    return this.isIn && !this.isEveryone
  }

  get mayForget(): boolean {
    return !this.isIn && !this.isEveryone
  }

  get others(): readonly Named[] {
    const { state } = this.#roster
    return state === null ? [] : othersOf(state, this.#space, this.#session.member)
  }

  async name(title: string): Promise<void> {
    checkName(title)
    if (title.trim() !== this.title) await this.#session.name(this.#space, title.trim())
  }

  add(add: readonly MemberId[]): Promise<void> {
    return this.#change({ add })
  }

  remove(member: MemberId): Promise<void> {
    return this.#change({ remove: [member] })
  }

  leave(): Promise<void> {
    return this.#change({ remove: [this.#session.member] })
  }

  async forget(): Promise<void> {
    const { forgetSpace } = await import('./opened.ts')
    await forgetSpace(this.#session, this.#space)
  }

  async #change(change: { add?: readonly MemberId[]; remove?: readonly MemberId[] }): Promise<void> {
    const space = this.#space
    const random = this.#random
    await this.#session.act(async (log, me) => {
      // Somebody else may have taken me out meanwhile.
      if (!isInSpace(log.state, space, this.#session.member)) throw new AppError('not-allowed')
      return setAudience(log, me, space, change, { random, held: await this.#session.held(log.state) })
    })
  }
}
