import { learnArchive } from '../epochs/archive.ts'
import { emptyKeyring, KeyringDraft } from '../epochs/keyring.ts'
import type { Keyring } from '../epochs/keyring.ts'
import { cutsToName } from '../epochs/cuts.ts'
import { beginEpoch } from '../epochs/rotate.ts'
import type { RotationPart } from '../epochs/rotation.ts'
import { deriveKey } from '../hkdf.ts'
import { bytesToId, makeSpaceId } from '../ids.ts'
import type { DeviceId, EpochId, InviteId, OperationId, RecordId, SpaceId } from '../ids.ts'
import { deriveEpochKeys, keySize } from '../key-schedule.ts'
import type { EpochKeys } from '../key-schedule.ts'
import { labels } from '../labels.ts'
import type { Random } from '../platform.ts'
import { foresee, foreseeOrCode } from '../roster/act.ts'
import type { Foreseen } from '../roster/act.ts'
import { RosterGraph } from '../roster/graph.ts'
import { cliqueIdOf, encodeOperation, operationIdOf } from '../roster/operation-codec.ts'
import type {
  Newcomer,
  Operation,
  OperationAuthor,
  OperationBody,
  OperationHeader,
  RosterBody,
} from '../roster/operation.ts'
import { rotatedBy } from '../roster/spaces.ts'
import type { RosterState } from '../roster/state.ts'
import { rotatingTypes } from './rotating.ts'
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
  readonly random: Random
  /** Of every epoch that was begun, the one that was not taken among them: its secret, and the keys it was wrapped to. */
  readonly secrets = new Map<EpochId, { secret: Uint8Array; given: readonly Uint8Array[] }>()
  #keyring: Keyring = emptyKeyring
  readonly #states = new WeakMap<ReadonlySet<OperationId>, RosterState>()

  constructor(seed: string, history: 'full' | 'since-join' = 'full') {
    this.random = seededRandom(seed)
    const founder = this.makeNewcomer('founder')
    const body = {
      type: 'genesis',
      salt: this.random(32),
      founder,
      policy: { name: 'Random', accent: 'sky', history },
      relays: [],
      spaces: [{ id: makeSpaceId(this.random), kind: 'channel', title: '' }],
      controlMailboxSeed: this.random(32),
    } as const
    const header: OperationHeader = {
      clique: null,
      author: { kind: 'device', id: founder.device },
      sequence: 1,
      previous: null,
      parents: [],
    }
    this.graph = new RosterGraph(bytesToId('clique', new Uint8Array(32)))
    const { past, after } = foresee(this, header, body)
    const rotation = this.#rotate({ past, after, space: null }, header.author)
    const operation = finish(header, { ...body, rotation })
    this.graph = new RosterGraph(cliqueIdOf(operation.signed))
    this.#keep(operation)
    this.replicas.push({ newcomer: founder, seen: new Set([operation.id]), past: [] })
  }

  choose(below: number): number {
    const [a = 0, b = 0] = this.random(2)
    return (a * 256 + b) % below
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items[this.choose(Math.max(1, items.length))]
  }

  stateOf(replica: Replica): RosterState {
    return this.at(replica.seen)
  }

  /** What somebody knows who has seen this much. What was seen is never written to again. */
  at(seen: ReadonlySet<OperationId>): RosterState {
    const state = this.#states.get(seen) ?? this.graph.stateAt(seen)
    this.#states.set(seen, state)
    return state
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
    else if (dice < 88) this.#act(replica, { type: 'rotate-epoch', space: null })
    else if (dice < 92) this.#complain(replica)
    else if (dice < 93) this.#goBack(replica)
    else this.#act(replica, { type: 'set-relays', relays: [{ url: 'http://r', peer: `p${this.choose(9)}` }] })
  }

  /** A device goes on from an old copy of itself, and all who hear of it rotate, some beside and some after each other. */
  fork(): void {
    for (const replica of [...this.replicas]) this.#goBack(replica)
    for (const replica of this.replicas) {
      replica.seen = new Set([...replica.seen, ...this.operations.keys()])
      if (this.choose(2) === 0) this.#act(replica, { type: 'rotate-epoch', space: null })
    }
    const [first] = this.replicas
    for (const replica of this.replicas) {
      if (first !== undefined && this.choose(2) === 0) this.#meet(first, replica)
      this.#act(replica, { type: 'rotate-epoch', space: null })
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
      this.#act(replica, { type: 'rotate-epoch', space: null })
    }
  }

  #meet(a: Replica, b: Replica): void {
    const both = new Set([...a.seen, ...b.seen])
    a.seen = both
    b.seen = both
  }

  #invite(replica: Replica): void {
    const invite = bytesToId('invite', this.random(32))
    const done = this.#act(replica, {
      type: 'invite',
      invite,
      kem: this.random(40),
      mailboxKey: this.random(32),
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
    const newcomer = this.makeNewcomer(`member ${this.replicas.length}`)
    const author: OperationAuthor = { kind: 'invitation', id: invite }
    const operation = this.write(guide.seen, author, { type: 'join', newcomer })
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
    if (this.#act(copy, { type: 'rotate-epoch', space: null })) this.replicas.push(copy)
  }

  #act(replica: Replica, body: RosterBody): boolean {
    const operation = this.write(replica.seen, { kind: 'device', id: replica.newcomer.device }, body)
    if (operation === null) return false
    if (replica.past.length < 20) replica.past.push(replica.seen)
    replica.seen = new Set([...replica.seen, operation.id])
    return true
  }

  /**
   * An operation by somebody who has seen this much, or null where the rules forbid it. `tries`: so many are made, and the
   * one with the lowest id is taken.
   */
  write(
    seen: ReadonlySet<OperationId>,
    author: OperationAuthor,
    given: RosterBody | ((header: OperationHeader) => RosterBody),
    tries = 1,
  ): Operation | null {
    const past = this.at(seen)
    const tip = author.kind === 'device' ? past.tips.get(author.id) : undefined
    const header: OperationHeader = {
      clique: this.graph.clique,
      author,
      sequence: author.kind === 'device' ? (tip?.sequence ?? 0) + 1 : null,
      previous: tip?.operation ?? null,
      parents: past.heads,
    }
    const body = typeof given === 'function' ? given(header) : given
    const foreseen = foreseeOrCode(this, header, body)
    const name = typeof foreseen === 'string' ? `${body.type}: ${foreseen}` : body.type
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
    if (typeof foreseen === 'string') return null
    const made = Array.from({ length: tries }, () => this.#complete(header, body, foreseen))
    const [operation] = made.toSorted((a, b) => (a.id < b.id ? -1 : 1))
    if (operation === undefined) return null
    this.#keep(operation)
    return operation
  }

  #complete(header: OperationHeader, body: RosterBody, { member, past, after }: Foreseen): Operation {
    const space = rotatedBy(body as OperationBody, member)
    const isOfSpace = body.type === 'create-space' || body.type === 'set-audience'
    const rotated = space === undefined && rotatingTypes.has(body.type) ? null : space
    if (rotated === undefined) {
      return finish(header, { ...body, ...(isOfSpace ? { rotation: null } : {}) } as OperationBody)
    }
    const mayCut = ['rotate-epoch', 'remove-member', 'set-audience'].includes(body.type)
    const cuts = mayCut
      ? cutsToName(after, member, () => this.#makeHeld(), {
          rotated,
          past,
          by: header.author.kind === 'device' ? header.author.id : null,
          body,
        })
      : []
    const rotation = { ...this.#rotate({ past, after, space: rotated }, header.author), cuts }
    // The titles of these are never read.
    const title = body.type === 'create-space' ? { title: this.random(8) } : {}
    return finish(header, { ...body, ...title, rotation } as OperationBody)
  }

  #makeHeld(): { sequence: number; id: RecordId } | null {
    return this.choose(4) === 0
      ? null
      : {
          sequence: 1 + this.choose(9) * (this.choose(3) === 0 ? 100 : 1),
          id: bytesToId('record', this.random(32)),
        }
  }

  #keep(operation: Operation): void {
    const placement = this.graph.place(operation)
    // Somebody who goes on from an old view may say the very same again.
    if (placement.kind === 'known') return
    if (placement.kind !== 'placed') throw new Error(`not placed: ${JSON.stringify(placement)}`)
    this.operations.set(operation.id, operation)
  }

  #rotate(
    { past, after, space }: { past: RosterState; after: RosterState; space: SpaceId | null },
    author: OperationAuthor,
  ): RotationPart {
    const made = beginEpoch({
      past,
      after,
      space,
      graph: this.graph,
      keyring: space === null ? this.#keyring : this.#keyringOf(past, author),
      renewCapability: false,
      random: this.random,
      derive: deriveUnsigned,
    })
    const { epoch } = made.keys
    const draft = new KeyringDraft(this.#keyring)
    const { terms, signingKey } = made.keys.commitments
    draft.addSecret(epoch, made.secret, terms, space, signingKey)
    learnArchive(made.part, draft)
    this.#keyring = draft.finish()
    const given = made.recipients.map(({ publicKey }) => publicKey)
    this.secrets.set(epoch, { secret: made.secret, given })
    return { ...made.part, wrapsRoot: this.random(32) }
  }

  /** Without the epochs that were not for this device. The keys of archives are anybody's here. */
  #keyringOf({ epochs }: RosterState, { id }: OperationAuthor): Keyring {
    const holds = (epoch: EpochId): boolean =>
      epochs.get(epoch)?.holders.has(`device:${id as DeviceId}`) === true
    return { ...this.#keyring, epochs: new Map([...this.#keyring.epochs].filter(([epoch]) => holds(epoch))) }
  }

  makeNewcomer(name: string): Newcomer {
    return {
      member: bytesToId('member', this.random(32)),
      name,
      device: bytesToId('device', this.random(32)),
      kem: this.random(40),
      peer: name,
      recoveryKey: this.random(40),
      recoverySalt: this.random(16),
      sealedRoot: this.random(8),
    }
  }
}

/** Nothing here is signed: what stands for the key that would sign follows from the secret, and is no key. */
function deriveUnsigned(secret: Uint8Array, terms: Uint8Array, space: SpaceId | null = null): EpochKeys {
  return deriveEpochKeys(
    secret,
    terms,
    space,
    deriveKey(secret, labels.epochSigning, new Uint8Array(0), keySize),
  )
}

function finish(header: OperationHeader, body: OperationBody): Operation {
  const signed = encodeOperation(header, body)
  return { ...header, id: operationIdOf(signed), type: body.type, body, signed, signatures: [] }
}
