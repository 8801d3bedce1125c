import { bytesToId } from '../ids.ts'
import type { DeviceId, InviteId, MemberId, OperationId, SpaceId } from '../ids.ts'
import type { Newcomer, Operation, OperationAuthor, RosterBody } from '../roster/operation.ts'
import type { Role } from '../roster/roles.ts'
import { spaceIdOf } from '../roster/spaces.ts'
import { lastOperationOf, lastOperationsOf } from '../roster/standing.ts'
import type { Member, RosterState } from '../roster/state.ts'
import { History } from './histories.ts'

/** A device of somebody, and what it has heard. */
export interface Teller {
  readonly newcomer: Newcomer
  readonly member: MemberId
  readonly device: DeviceId
  seen: ReadonlySet<OperationId>
}

/** A history that a test tells step by step: who does what, having heard of what. Nothing in it is signed or wrapped. */
export class Told extends History {
  readonly anna: Teller

  /** Anna founds the clique. */
  constructor(seed: string, history: 'full' | 'since-join' = 'full') {
    super(seed, history)
    const [founder] = this.replicas
    if (founder === undefined) throw new Error('a clique has its founder')
    this.anna = this.#teller(founder.newcomer, founder.seen)
  }

  /** What somebody does, by what they have heard. Throws with the code where the rules forbid it. */
  does(by: Teller, body: RosterBody, author: OperationAuthor = voiceOf(by)): Operation {
    const { operation, code } = this.#try(by.seen, body, author)
    if (operation === null) throw new Error(code)
    by.seen = new Set([...by.seen, operation.id])
    return operation
  }

  /** Why the rules forbid it, or `accepted`; then it has been done. */
  verdict(by: Teller, body: RosterBody, author: OperationAuthor = voiceOf(by)): string {
    return this.#try(by.seen, body, author).code
  }

  invite(by: Teller, options: { role?: Role; uses?: number } = {}): InviteId {
    const body = this.invitation(options)
    this.does(by, body)
    return body.invite
  }

  invitation({ role = 'member', uses = 1 }: { role?: Role; uses?: number } = {}) {
    const invite = bytesToId('invite', this.random(32))
    const keys = { kem: this.random(40), mailboxKey: this.random(32) }
    return { type: 'invite', invite, ...keys, role, uses, expiresAt: 0, label: '' } as const
  }

  /** Somebody comes by a link, having heard what `guide` has, who does not hear of it yet. */
  join(guide: Teller, invite: InviteId, name = 'somebody'): Teller {
    const newcomer = this.makeNewcomer(name)
    const teller = this.#teller(newcomer, guide.seen)
    this.does(teller, { type: 'join', newcomer }, { kind: 'invitation', id: invite })
    return teller
  }

  /** Invited, come, and heard of. */
  admit(by: Teller, role: Role = 'member', name = 'somebody'): Teller {
    const teller = this.join(by, this.invite(by, { role }), name)
    this.hear(by, teller)
    return teller
  }

  /** Another device of the same person. */
  add(by: Teller, author: OperationAuthor = voiceOf(by)): Teller {
    const { device, kem, peer } = this.makeNewcomer('device')
    this.does(by, { type: 'add-device', device, kem, peer }, author)
    return { newcomer: by.newcomer, member: by.member, device, seen: by.seen }
  }

  /** A device that somebody's root adds to what was known early: it has said nothing, so nothing ties it to later. */
  rootAdds(early: Teller): Teller {
    const { device, kem, peer } = this.makeNewcomer('device')
    const added = { ...early, device }
    this.does(added, { type: 'add-device', device, kem, peer }, rootOf(early))
    return added
  }

  /** A channel for its author and these. */
  space(by: Teller, others: readonly Teller[]): SpaceId {
    const members = others.map(({ member }) => member).toSorted()
    const naming = { kind: 'channel', salt: this.random(16), members } as const
    const sequence = (this.roster(by).tips.get(by.device)?.sequence ?? 0) + 1
    const header = { clique: this.graph.clique, author: voiceOf(by), sequence, previous: null, parents: [] }
    const space = spaceIdOf(header, naming)
    this.does(by, { type: 'create-space', space, ...naming, title: 'Plans' })
    return space
  }

  /** The same device with what it has heard now, to go on from later. */
  copy(teller: Teller): Teller {
    return { ...teller }
  }

  hear(teller: Teller, ...others: readonly Teller[]): void {
    teller.seen = new Set([teller, ...others].flatMap(({ seen }) => [...seen]))
  }

  meet(...tellers: readonly Teller[]): void {
    for (const teller of tellers) this.hear(teller, ...tellers)
  }

  /** The roster of all that these have heard. */
  roster(...tellers: readonly Teller[]): RosterState {
    return this.graph.stateAt(tellers.flatMap(({ seen }) => [...seen]))
  }

  /** Whether an operation has its effect in what these have heard. */
  hasEffect({ id }: Operation, ...tellers: readonly Teller[]): boolean {
    return this.graph.countingAt(tellers.flatMap(({ seen }) => [...seen])).has(id)
  }

  statusOf(whom: Teller, ...tellers: readonly Teller[]): Member['status'] | undefined {
    return this.roster(...tellers).members.get(whom.member)?.status
  }

  removal(by: Teller, target: Teller, countersigns: readonly OperationId[] = []): RosterBody {
    const state = this.roster(by)
    const member = state.members.get(target.member)
    if (member === undefined) throw new Error('somebody who is known is removed')
    return { type: 'remove-member', member: member.id, last: lastOperationsOf(state, member), countersigns }
  }

  drop(by: Teller, target: Teller): RosterBody {
    return { type: 'remove-device', last: lastOperationOf(this.roster(by), target.device) }
  }

  #teller(newcomer: Newcomer, seen: ReadonlySet<OperationId>): Teller {
    return { newcomer, member: newcomer.member, device: newcomer.device, seen }
  }

  #try(seen: ReadonlySet<OperationId>, body: RosterBody, author: OperationAuthor) {
    const before = new Map(this.counts)
    const operation = this.write(seen, author, body)
    if (operation !== null) return { operation, code: 'accepted' }
    const name = [...this.counts.keys()].find((one) => this.counts.get(one) !== before.get(one))
    return { operation, code: name?.split(': ')[1] ?? 'refused' }
  }
}

export function voiceOf({ device }: Teller): OperationAuthor {
  return { kind: 'device', id: device }
}

export function rootOf({ member }: Pick<Teller, 'member'>): OperationAuthor {
  return { kind: 'root', id: member }
}
