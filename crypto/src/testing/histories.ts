import { learnArchive, makeArchive } from '../epochs/archive.ts'
import { capabilitiesInForce, headsOf } from '../epochs/check-rotation.ts'
import { emptyKeyring, KeyringDraft } from '../epochs/keyring.ts'
import type { Keyring } from '../epochs/keyring.ts'
import { cutsToName } from '../epochs/cuts.ts'
import { entitledRecipients } from '../epochs/recipients.ts'
import type { RotationPart } from '../epochs/rotation.ts'
import { fromHex } from '../bytes.ts'
import { bytesToId, makeSpaceId } from '../ids.ts'
import type { InviteId, OperationId, RecordId } from '../ids.ts'
import { deriveEpochKeys } from '../key-schedule.ts'
import type { Random } from '../platform.ts'
import { Draft, emptyState } from '../roster/draft.ts'
import { RosterGraph } from '../roster/graph.ts'
import { judge } from '../roster/judge.ts'
import { cliqueIdOf, encodeOperation, operationIdOf } from '../roster/operation-codec.ts'
import type {
  InviteBody,
  Newcomer,
  Operation,
  OperationAuthor,
  OperationBody,
  OperationHeader,
  RosterBody,
} from '../roster/operation.ts'
import { rankOf } from '../roster/rank.ts'
import type { Rank, RosterState, Tip } from '../roster/state.ts'
import { seededRandom } from './seeded.ts'

/** Somebody's device and what it has seen. Keys are random bytes: the fold never uses them as keys. */
export interface Replica {
  readonly newcomer: Newcomer
  seen: ReadonlySet<OperationId>
  /** Earlier views, from which a copied device would go on. */
  readonly past: ReadonlySet<OperationId>[]
}

/**
 * Random histories of a clique in parts that do not hear of each other. Operations are neither signed nor sealed
 * and secrets are not wrapped, so that thousands of them fold in a test; every rule of the fold applies.
 */
export class History {
  readonly graph: RosterGraph
  readonly replicas: Replica[] = []
  readonly operations = new Map<OperationId, Operation>()
  readonly invites: InviteId[] = []
  readonly counts = new Map<string, number>()
  readonly #random: Random
  #keyring: Keyring = emptyKeyring

  constructor(seed: string, history: 'full' | 'since-join' = 'full') {
    this.#random = seededRandom(seed)
    const founder = this.#makeNewcomer('founder')
    const body = {
      type: 'genesis',
      salt: this.#random(32),
      founder,
      policy: { name: 'Random', accent: 'sky', history },
      relays: [],
      spaces: [{ id: makeSpaceId(this.#random), kind: 'channel', title: '' }],
      controlMailboxSeed: this.#random(32),
    } as const
    const header: OperationHeader = {
      clique: null,
      author: { kind: 'device', id: founder.device },
      sequence: 1,
      previous: null,
      parents: [],
    }
    const nobody = emptyState(bytesToId('clique', new Uint8Array(32)))
    const rotation = this.#rotate(nobody, this.#after(nobody, header, body), null)
    const operation = finish(header, { ...body, rotation })
    this.graph = new RosterGraph(cliqueIdOf(operation.signed))
    this.#keep(operation)
    this.replicas.push({ newcomer: founder, seen: new Set([operation.id]), past: [] })
  }

  choose(below: number): number {
    const [a = 0, b = 0] = this.#random(2)
    return (a * 256 + b) % below
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items[this.choose(Math.max(1, items.length))]
  }

  stateOf(replica: Replica): RosterState {
    return this.graph.stateAt(replica.seen)
  }

  /** One random thing somebody does. What the rules forbid is tried all the same, and must be refused. */
  step(): void {
    const replica = this.pick(this.replicas)
    if (replica === undefined) return
    const dice = this.choose(100)
    if (dice < 35) this.#meet(replica, this.pick(this.replicas) ?? replica)
    else if (dice < 50) this.#invite(replica)
    else if (dice < 70) this.#join(replica)
    else if (dice < 76) this.#end(replica, 'revoke-invite')
    else if (dice < 80) this.#end(replica, 'close-invite')
    else if (dice < 88) this.#act(replica, { type: 'rotate-epoch' })
    else if (dice < 92) this.#complain(replica)
    else if (dice < 93) this.#goBack(replica)
    else this.#act(replica, { type: 'set-relays', relays: [{ url: 'http://r', peer: `p${this.choose(9)}` }] })
  }

  /** A device goes on from an old copy of itself, and all who hear of it rotate, some beside and some after each other. */
  fork(): void {
    for (const replica of [...this.replicas]) this.#goBack(replica)
    for (const replica of this.replicas) {
      replica.seen = new Set([...replica.seen, ...this.operations.keys()])
      if (this.choose(2) === 0) this.#act(replica, { type: 'rotate-epoch' })
    }
    const [first] = this.replicas
    for (const replica of this.replicas) {
      if (first !== undefined && this.choose(2) === 0) this.#meet(first, replica)
      this.#act(replica, { type: 'rotate-epoch' })
    }
  }

  /** An ordinary life: people join one after another and somebody rotates now and then, all in touch. */
  grow(members: number, rotations: number): void {
    for (let i = 1; i < members; i++) {
      const founder = this.replicas[0]
      if (founder === undefined) return
      this.invites.length = 0
      this.#invite(founder)
      this.#join(founder, members)
      founder.seen = new Set(this.operations.keys())
    }
    for (let i = 0; i < rotations; i++) {
      const replica = this.pick(this.replicas)
      if (replica === undefined) return
      replica.seen = new Set(this.operations.keys())
      this.#act(replica, { type: 'rotate-epoch' })
    }
  }

  #meet(a: Replica, b: Replica): void {
    const both = new Set([...a.seen, ...b.seen])
    a.seen = both
    b.seen = both
  }

  #invite(replica: Replica): void {
    const invite = bytesToId('invite', this.#random(32))
    const done = this.#act(replica, {
      type: 'invite',
      invite,
      kem: this.#random(40),
      mailboxKey: this.#random(32),
      role: (['admin', 'member', 'member', 'reader'] as const)[this.choose(4)] ?? 'member',
      uses: 1 + this.choose(2),
      expiresAt: 0,
      label: '',
    })
    if (done) this.invites.push(invite)
  }

  #join(guide: Replica, limit = 12): void {
    const invite = this.pick(this.invites)
    if (invite === undefined || this.replicas.length >= limit) return
    const newcomer = this.#makeNewcomer(`member ${this.replicas.length}`)
    const author: OperationAuthor = { kind: 'invitation', id: invite }
    const operation = this.#write(guide.seen, author, null, { type: 'join', newcomer })
    if (operation === null) return
    this.replicas.push({ newcomer, seen: new Set([...guide.seen, operation.id]), past: [] })
  }

  #end(replica: Replica, type: 'revoke-invite' | 'close-invite'): void {
    const invite = this.pick(this.invites)
    if (invite !== undefined) this.#act(replica, { type, invite })
  }

  #complain(replica: Replica): void {
    const epoch = this.pick([...this.stateOf(replica).epochs.keys()])
    if (epoch !== undefined) this.#act(replica, { type: 'complain', epoch })
  }

  /** The device goes on from an old copy of itself: sooner or later two operations have one number. */
  #goBack(replica: Replica): void {
    const old = this.pick(replica.past)
    if (old === undefined) return
    const copy: Replica = { newcomer: replica.newcomer, seen: old, past: [] }
    if (this.#act(copy, { type: 'rotate-epoch' })) this.replicas.push(copy)
  }

  #act(replica: Replica, body: RosterBody): boolean {
    const { device } = replica.newcomer
    const tip = this.stateOf(replica).tips.get(device) ?? null
    const operation = this.#write(replica.seen, { kind: 'device', id: device }, tip, body)
    if (operation === null) return false
    if (replica.past.length < 20) replica.past.push(replica.seen)
    replica.seen = new Set([...replica.seen, operation.id])
    return true
  }

  #write(
    seen: ReadonlySet<OperationId>,
    author: OperationAuthor,
    tip: Tip | null,
    body: RosterBody,
  ): Operation | null {
    const past = this.graph.stateAt(seen)
    const header: OperationHeader = {
      clique: this.graph.clique,
      author,
      sequence: author.kind === 'device' ? (tip?.sequence ?? 0) + 1 : null,
      previous: tip?.operation ?? null,
      parents: past.heads,
    }
    const id = bytesToId('operation', new Uint8Array(32))
    const voice = judge({ ...header, id, body }, past)
    const name = typeof voice === 'string' ? voice : body.type
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
    if (typeof voice === 'string') return null
    const rests = voice.rests === null ? null : (this.graph.get(voice.rests) ?? null)
    const invite = rests?.operation.body.type === 'invite' ? rests.operation.body : null
    const rank = rankOf(voice.member, past, body.type === 'join' ? rests : null)
    const after = this.#after(past, header, body, invite, rank)
    const cuts = body.type === 'rotate-epoch' ? cutsToName(after, voice.member, () => this.#makeHeld()) : []
    const whole =
      body.type === 'complain' || body.type === 'set-relays'
        ? body
        : ({ ...body, rotation: { ...this.#rotate(past, after, this.graph), cuts } } as OperationBody)
    const operation = finish(header, whole)
    this.#keep(operation)
    return operation
  }

  #makeHeld(): { sequence: number; id: RecordId } | null {
    return this.choose(4) === 0
      ? null
      : { sequence: 1 + this.choose(9), id: bytesToId('record', this.#random(32)) }
  }

  #keep(operation: Operation): void {
    const placement = this.graph.place(operation)
    if (placement.kind !== 'placed') throw new Error(`not placed: ${JSON.stringify(placement)}`)
    this.operations.set(operation.id, operation)
  }

  #after(
    past: RosterState,
    header: OperationHeader,
    body: RosterBody,
    invite: InviteBody | null = null,
    rank: Rank = [],
  ): RosterState {
    const id = bytesToId('operation', new Uint8Array(32))
    const member =
      body.type === 'join'
        ? body.newcomer.member
        : header.author.kind === 'device'
          ? past.devices.get(header.author.id)?.member
          : undefined
    const draft = new Draft(past)
    const author = { member: member ?? bytesToId('member', new Uint8Array(32)), rank, invite }
    draft.apply({ ...header, id, body }, author, true, 'in')
    return draft.finish([id])
  }

  #rotate(past: RosterState, after: RosterState, graph: RosterGraph | null): RotationPart {
    const secret = this.#random(32)
    const keys = deriveEpochKeys(secret)
    const entitled = entitledRecipients(after)
    const heads = headsOf(past)
    const [capability] =
      graph === null ? [] : capabilitiesInForce(heads, (epoch) => graph.capabilityOf(epoch))
    const keyring = new KeyringDraft(this.#keyring)
    keyring.addSecret(keys.epoch, secret)
    const archive = makeArchive(secret, past, entitled, this.#keyring, this.#random)
    this.#keyring = keyring.finish()
    const part: RotationPart = {
      space: null,
      epoch: keys.epoch,
      commitments: keys.commitments,
      wrapsRoot: this.#random(32),
      recipientCount: entitled.recipients.length,
      recipientsHash: entitled.hash,
      parents: heads.map((head) => ({
        epoch: head.id,
        controlKey: this.#keyring.epochs.get(head.id)?.controlKey ?? new Uint8Array(32),
        contentCommitment: head.commitments.content,
      })),
      archive,
      capability: capability ?? { generation: 1, seed: this.#random(32) },
      cuts: [],
      stateHash: past.members.size === 0 ? new Uint8Array(32) : fromHex(past.hash),
    }
    learnArchive(part, keyring)
    this.#keyring = keyring.finish()
    return part
  }

  #makeNewcomer(name: string): Newcomer {
    return {
      member: bytesToId('member', this.#random(32)),
      name,
      device: bytesToId('device', this.#random(32)),
      kem: this.#random(40),
      peer: name,
      recoveryKey: this.#random(40),
      recoverySalt: this.#random(16),
      sealedRoot: this.#random(8),
    }
  }
}

function finish(header: OperationHeader, body: OperationBody): Operation {
  const signed = encodeOperation(header, body)
  return { ...header, id: operationIdOf(signed), type: body.type, body, signed, signatures: [] }
}
