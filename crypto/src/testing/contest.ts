import { bytesToId } from '../ids.ts'
import type { DeviceId, InviteId, MemberId, OperationId } from '../ids.ts'
import type {
  CountersignPurpose,
  HistoryRule,
  Operation,
  OperationAuthor,
  OperationHeader,
  RosterBody,
} from '../roster/operation.ts'
import { isAdmin, roles } from '../roster/roles.ts'
import { isIn, lastOperationOf, lastOperationsOf } from '../roster/standing.ts'
import type { RosterState } from '../roster/state.ts'
import { bringAgain } from './again.ts'
import { History } from './histories.ts'
import { choicesOf } from './players.ts'
import type { Choice, Chosen, Player, Sent } from './players.ts'
import { changeSpace, makeSpace, smallerSpaces } from './space-moves.ts'
import { rootOf } from './told.ts'

type Step = (player: Player) => void

/**
 * A clique of 2 to 12 people in parts that hear of each other now and then, up to half of them hostile: they date back,
 * write two things under one number, add and drop devices by their root as of long ago, promote each other, try again for
 * a low id, sign together and remove whom they can.
 */
export class Contest extends History {
  readonly rule: HistoryRule
  readonly #bringsAgain: boolean
  readonly players: Player[] = []
  readonly sent: Readonly<Record<Choice, Sent[]>> = { safe: [], deepest: [] }
  readonly claimed = new Map<OperationId, number>()
  /** Who can open what is wrapped to an invitation: who made it, and who took it. */
  readonly linkHolders = new Map<InviteId, DeviceId[]>()
  readonly #links: { invite: InviteId; role: string }[] = []
  readonly #hostileMembers = new Set<MemberId>()
  #parts: Player[][] = []
  #time = 0
  readonly #choices = new WeakMap<RosterState, Map<DeviceId, readonly Chosen[]>>()

  /** `bringsAgain`: hostile people also bring themselves or a device of theirs once more, dated back. */
  constructor(seed: string, rule: HistoryRule = 'full', bringsAgain = false) {
    super(seed, rule)
    this.rule = rule
    this.#bringsAgain = bringsAgain
    const [founder] = this.replicas
    const genesis = [...this.operations.values()][0]
    if (founder === undefined || genesis === undefined) throw new Error('every history has its beginning')
    const size = 2 + this.choose(11)
    const hostile = this.choose(1 + Math.floor(size / 2))
    // The founder may be hostile too.
    const isFounderHostile = hostile > 0 && this.choose(8) === 0
    if (isFounderHostile) this.#hostileMembers.add(founder.newcomer.member)
    this.players.push({
      member: founder.newcomer.member,
      device: founder.newcomer.device,
      isHostile: isFounderHostile,
      seen: founder.seen,
      past: [],
    })
    this.#note(genesis)
    const connected = size - this.choose(Math.ceil(size / 2))
    for (let i = 1; i < size; i++) {
      const isHostile = this.#hostileMembers.size < hostile && (size - i <= hostile || this.choose(2) === 0)
      const inviter = this.pick(this.players.filter((one) => one === this.players[0] || this.choose(2) === 0))
      if (inviter === undefined) continue
      this.#inviteAndJoin(inviter, isHostile)
      if (i < connected) this.meet(this.players)
    }
    const maker = this.pick(this.players)
    if (maker !== undefined) this.#act(maker, makeSpace(this, this.#stateOf(maker), maker.member))
    if (this.choose(4) > 0) this.meet(this.players)
    this.#part()
  }

  get people(): number {
    return new Set(this.players.map(({ member }) => member)).size
  }

  isHostile(member: MemberId): boolean {
    return this.#hostileMembers.has(member)
  }

  /** Everybody hands everybody everything. */
  meet(players: readonly Player[]): void {
    const all = new Set(players.flatMap(({ seen }) => [...seen]))
    for (const player of players) player.seen = all
  }

  override step(): void {
    this.#time++
    if (this.choose(12) === 0) this.#part()
    const player = this.pick(this.players)
    if (player === undefined) return
    const dice = this.choose(100)
    if (dice < 22) {
      const others = this.#parts.find((part) => part.includes(player)) ?? []
      const other = this.pick(others)
      if (other !== undefined) this.meet([player, other])
      return
    }
    if (this.choose(4) === 0) this.#actInSpace(player)
    else if (player.isHostile && dice < 62) this.#plot(player)
    else (this.pick(this.#ordinary) ?? this.#rotate)(player)
    for (const one of this.players) if (!one.isHostile && this.choose(3) === 0) this.#send(one)
  }

  /** Everybody meets, and who can begins epochs until there is one to send under. */
  settle(): void {
    this.meet(this.players)
    for (const player of this.players) this.#send(player)
  }

  #part(): void {
    const count = 1 + this.choose(3)
    const parts: Player[][] = Array.from({ length: count }, () => [])
    for (const player of this.players) parts[this.choose(count)]?.push(player)
    this.#parts = parts
  }

  readonly #rotate: Step = (player) => void this.#act(player, { type: 'rotate-epoch', space: null })

  #actInSpace(player: Player): void {
    const state = this.#stateOf(player)
    const spaces = smallerSpaces(state, player.member)
    const [space, dice] = [this.pick(spaces), this.choose(6)]
    if (dice === 0 && spaces.length < 3) this.#act(player, makeSpace(this, state, player.member))
    else if (dice === 1 && space !== undefined) this.#act(player, { type: 'rotate-epoch', space })
    else this.#changeSpace(this.pick(this.players.filter((one) => this.#isManager(one))) ?? player)
  }

  #isManager({ seen, member }: Player): boolean {
    const { spaces } = this.at(seen)
    return [...spaces.values()].some(({ creator }) => creator === member)
  }

  /** Friends are let in first, and others put out. */
  #changeSpace(player: Player): void {
    const friend = this.pick(this.players.filter((one) => one.isHostile === player.isHostile))
    const change = changeSpace(this, this.#stateOf(player), player.member, friend?.member)
    if (change !== null) this.#act(player, change)
  }

  readonly #ordinary: readonly Step[] = [
    this.#rotate,
    this.#rotate,
    (player) => this.#inviteAndJoin(player, player.isHostile),
    (player) => this.#invite(player),
    (player) => this.#take(player),
    (player) => this.#endLink(player),
    (player) => this.#remove(player, this.#someone(player)),
    (player) => this.#remove(player, this.#someone(player)),
    (player) => this.#setRole(player, this.#lowered(player) ?? this.#someone(player), 'admin'),
    (player) => this.#setRole(player, this.#someone(player)),
    (player) => this.#confirm(player),
    (player) => this.#confirm(player),
    (player) => this.#addDevice(player),
    (player) => this.#dropDevice(player),
    (player) => void this.#act(player, { type: 'rotate-kem', kem: this.random(40) }),
    (player) => this.#countersign(player, this.#someone(player)),
    (player) => this.#vote(player, this.#someone(player)),
    (player) => this.#removeTogether(player),
    (player) => this.#recover(player),
    (player) => void this.#act(player, this.#settings()),
    (player) => this.#complain(player),
    (player) => {
      if (this.choose(4) === 0) this.#act(player, { type: 'leave' })
    },
  ]

  /** What hostile people do, often from a view of long ago and under a number that they have used. */
  #plot(player: Player): void {
    if (this.#bringsAgain && this.choose(4) === 0) return this.#bringAgain(player)
    const now = player.seen
    const old = this.choose(2) === 0 ? this.pick(player.past) : undefined
    if (old !== undefined) player.seen = old
    const friend = this.pick(this.players.filter((one) => one.isHostile && one !== player))
    const dice = this.choose(13)
    if (dice > 10) this.#changeSpace(player)
    else if (dice === 0) this.#act(player, this.#settings(), 6)
    else if (dice === 1) this.#inviteAndJoin(player, true)
    else if (dice === 2 && friend !== undefined) this.#setRole(player, friend.member, 'admin')
    else if (dice === 3) this.#countersign(player, this.#honest())
    else if (dice === 4) this.#vote(player, this.#honest())
    else if (dice === 5) this.#confirm(player)
    else if (dice === 6) this.#endLink(player)
    else if (dice === 7 && friend !== undefined) this.#launder(player, friend)
    else if (dice === 8) this.#addDevice(player, true)
    else if (dice === 9) this.#dropDevice(player, true)
    else this.#remove(player, this.#honest())
    if (old !== undefined) player.seen = new Set([...now, ...player.seen])
    if (friend !== undefined && this.choose(2) === 0) this.meet([player, friend])
  }

  #bringAgain(player: Player): void {
    const view = this.pick(player.past) ?? player.seen
    const made = bringAgain(this, player, view)
    const { body } = made ?? {}
    if (made === null || (body?.type !== 'join' && body?.type !== 'add-device')) return
    this.#note(made, player)
    if (this.players.length >= 18) return
    const device = body.type === 'join' ? body.newcomer.device : body.device
    this.#enter({ ...player, device, seen: new Set([...view, made.id]), past: [] }, player)
  }

  /** Promotes an accomplice, who then removes somebody: all at one go, from one view. */
  #launder(player: Player, friend: Player): void {
    this.#setRole(player, friend.member, 'admin')
    const own = friend.seen
    friend.seen = player.seen
    this.#remove(friend, this.#honest())
    friend.seen = new Set([...own, ...friend.seen])
  }

  #someone(player: Player): MemberId | undefined {
    return this.pick([...this.#stateOf(player).members.keys()])
  }

  #honest(): MemberId | undefined {
    return this.pick(this.players.filter(({ isHostile }) => !isHostile))?.member
  }

  #complain(player: Player): void {
    const { complaints, epochs } = this.#stateOf(player)
    const [complaint, epoch] = [this.pick([...complaints.values()]), this.pick([...epochs.keys()])]
    if (complaint !== undefined && this.choose(2) === 0) {
      const { operation, epoch: about } = complaint
      this.#act(player, {
        type: 'rewrap',
        epoch: about,
        complaint: operation,
        terms: this.random(32),
        wrapsRoot: this.random(32),
      })
    } else if (epoch !== undefined) this.#act(player, { type: 'complain', epoch })
  }

  #settings(): RosterBody {
    if (this.choose(3) === 0) {
      const policy = { name: `P${this.choose(9)}`, accent: 'sky', history: this.rule } as const
      return { type: 'set-policy', policy }
    }
    return { type: 'set-relays', relays: [{ url: 'http://r', peer: `p${this.choose(99)}` }] }
  }

  #invite(player: Player): { invite: InviteId; role: string } | null {
    const invite = bytesToId('invite', this.random(32))
    const own = this.#stateOf(player).members.get(player.member)?.role ?? 'member'
    const most = isAdmin(own) && this.choose(3) > 0 ? 'admin' : 'member'
    const role = this.choose(6) === 0 ? 'reader' : most
    const options = { role, uses: 1 + this.choose(2), expiresAt: 0, label: '' } as const
    const keys = { kem: this.random(40), mailboxKey: this.random(32) }
    if (this.#act(player, { type: 'invite', invite, ...keys, ...options }) === null) return null
    const link = { invite, role }
    this.#links.push(link)
    this.linkHolders.set(invite, [player.device])
    return link
  }

  #inviteAndJoin(player: Player, isHostile: boolean): void {
    if (this.people >= 12) return
    const link = this.#invite(player)
    if (link !== null) this.#join(player, link.invite, isHostile)
  }

  #take(player: Player): void {
    const link = this.pick(this.#links)
    if (link !== undefined && this.people < 12) this.#join(player, link.invite, player.isHostile)
  }

  #join(guide: Player, invite: InviteId, isHostile: boolean): void {
    const newcomer = this.makeNewcomer(`member ${this.players.length}`)
    const operation = this.write(guide.seen, { kind: 'invitation', id: invite }, { type: 'join', newcomer })
    if (operation === null) return
    this.#note(operation)
    const { member, device } = newcomer
    if (isHostile) this.#hostileMembers.add(member)
    this.linkHolders.get(invite)?.push(device)
    const seen = new Set([...guide.seen, operation.id])
    this.#enter({ member, device, isHostile, seen, past: [] }, guide)
  }

  #enter(player: Player, beside: Player): void {
    this.players.push(player)
    this.#parts.find((part) => part.includes(beside))?.push(player)
  }

  #endLink(player: Player): void {
    const link = this.pick(this.#links)
    const type = this.choose(2) === 0 ? 'revoke-invite' : 'close-invite'
    if (link !== undefined) this.#act(player, { type, invite: link.invite })
  }

  #remove(player: Player, member: MemberId | undefined): void {
    const target = member === undefined ? undefined : this.#stateOf(player).members.get(member)
    if (target === undefined) return
    const last = lastOperationsOf(this.#stateOf(player), target)
    this.#act(player, { type: 'remove-member', member: target.id, last, countersigns: [] })
  }

  #setRole(player: Player, member: MemberId | undefined, role = this.pick(roles) ?? 'member'): void {
    if (member !== undefined) this.#act(player, { type: 'set-role', member, role })
  }

  /** Now and then somebody whose role was taken, for whom one that is given again says nothing of what they did before. */
  #lowered(player: Player): MemberId | undefined {
    if (this.choose(2) === 0) return undefined
    const { members } = this.#stateOf(player)
    return this.pick(
      [...members.values()].filter(({ demotedBy, role }) => demotedBy.length > 0 && !isAdmin(role)),
    )?.id
  }

  #confirm(player: Player): void {
    const waiting = [...this.#stateOf(player).members.values()].filter(
      ({ status }) => status === 'quarantined',
    )
    const member = this.pick(waiting)?.id
    if (member !== undefined) this.#act(player, { type: 'confirm', member })
  }

  /** By the root it has no number: one that is dated back is no fork, and the new device has said nothing that ties it to later. */
  #addDevice(player: Player, isRoot = false): void {
    if (this.players.length >= 18) return
    const { device, kem, peer } = this.makeNewcomer('device')
    const author = isRoot ? rootOf(player) : undefined
    if (this.#act(player, { type: 'add-device', device, kem, peer }, 1, author) === null) return
    const { member, isHostile, seen } = player
    this.#enter({ member, device, isHostile, seen, past: [] }, player)
  }

  #dropDevice(player: Player, isRoot = this.choose(3) === 0): void {
    const state = this.#stateOf(player)
    const own = state.members.get(player.member)?.devices ?? []
    const device = this.pick(own)
    if (device === undefined || (own.length < 2 && !player.isHostile)) return
    const body = { type: 'remove-device', last: lastOperationOf(state, device) } as const
    this.#act(player, body, 1, isRoot ? rootOf(player) : undefined)
  }

  #countersign(player: Player, member: MemberId | undefined): void {
    const purpose = this.choose(3) === 0 ? 'recover' : 'remove'
    if (member !== undefined) this.#act(player, { type: 'countersign', purpose, member })
  }

  /** Whoever is near signs, friends first; then it is tried. */
  #vote(player: Player, member: MemberId | undefined): void {
    if (member === undefined) return
    const purpose = this.choose(3) === 0 ? 'recover' : 'remove'
    const near = player.isHostile
      ? this.players.filter(({ isHostile }) => isHostile)
      : (this.#parts.find((part) => part.includes(player)) ?? [])
    for (const one of near) {
      if (one.member === member || this.choose(5) === 0) continue
      this.#act(one, { type: 'countersign', purpose, member })
      player.seen = new Set([...player.seen, ...one.seen])
    }
    if (purpose === 'remove') this.#removeTogether(player, member)
    else this.#recover(player, member)
  }

  #removeTogether(player: Player, member?: MemberId): void {
    const state = this.#stateOf(player)
    const wanted = member ?? this.#wanted(state, 'remove')
    const target = wanted === undefined ? undefined : state.members.get(wanted)
    if (target === undefined) return
    const countersigns = this.#signedFor(state, 'remove', target.id)
    this.#act(player, {
      type: 'remove-member',
      member: target.id,
      last: lastOperationsOf(state, target),
      countersigns,
    })
  }

  #recover(player: Player, member?: MemberId): void {
    const state = this.#stateOf(player)
    const wanted = member ?? this.#wanted(state, 'recover')
    if (wanted === undefined) return
    const countersigns = this.#signedFor(state, 'recover', wanted)
    this.#act(player, { type: 'recover', member: wanted, countersigns })
  }

  #wanted(state: RosterState, purpose: CountersignPurpose): MemberId | undefined {
    return this.pick([...state.countersigns.values()].filter((one) => one.purpose === purpose))?.member
  }

  #signedFor(state: RosterState, purpose: CountersignPurpose, member: MemberId): OperationId[] {
    const signed = [...state.countersigns.values()].filter(
      (one) => one.purpose === purpose && one.member === member && isIn(state, one.device),
    )
    return signed.map(({ operation }) => operation).toSorted()
  }

  #stateOf(player: Player): RosterState {
    return this.at(player.seen)
  }

  #act(
    player: Player,
    body: RosterBody | ((header: OperationHeader) => RosterBody),
    tries = 1,
    author?: OperationAuthor,
  ): Operation | null {
    const voice = author ?? { kind: 'device', id: player.device }
    const operation = this.write(player.seen, voice, body, tries)
    if (operation === null) return null
    if (player.past.length < 12) player.past.push(player.seen)
    player.seen = new Set([...player.seen, operation.id])
    this.#note(operation, player)
    return operation
  }

  #note(operation: Operation, player?: Player): void {
    // Hostile people say that it was whenever it suits them.
    this.claimed.set(operation.id, player?.isHostile === true ? this.choose(200) - 60 : this.#time)
  }

  /** Honest devices send under the epoch that the rules give; and under the newest, to see what that would do. */
  #send(player: Player): void {
    const { seen } = player
    const state = this.#stateOf(player)
    const byDevice = this.#choices.get(state) ?? new Map<DeviceId, readonly Chosen[]>()
    this.#choices.set(state, byDevice)
    const chosen = byDevice.get(player.device) ?? choicesOf(state, player)
    byDevice.set(player.device, chosen)
    for (const { choice, ...rest } of chosen) this.sent[choice].push({ seen, ...rest })
  }
}
