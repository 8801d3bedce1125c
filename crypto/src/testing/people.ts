import { generateKemPair } from '../hpke.ts'
import type { KemPair } from '../hpke.ts'
import { bytesToId } from '../ids.ts'
import type { SpaceId } from '../ids.ts'
import { createInvitation } from '../invitations/create-invitation.ts'
import type { MadeInvitation } from '../invitations/create-invitation.ts'
import { openInvitationPackage } from '../invitations/invitation-package.ts'
import { joinClique } from '../invitations/join.ts'
import type { Random } from '../platform.ts'
import type { Act } from '../roster/act.ts'
import { createClique, makeMemberRoot } from '../roster/acts.ts'
import type { DeviceKeys, MemberRoot, RecoverySlot } from '../roster/acts.ts'
import type { CliqueLog } from '../roster/log.ts'
import { rotateKem } from '../roster/member-acts.ts'
import type { Policy } from '../roster/operation.ts'
import { receiveItems } from '../roster/receive.ts'
import type { Intake } from '../roster/receive.ts'
import type { Role } from '../roster/roles.ts'
import { signerFromSeed } from '../signature.ts'
import { seededRandom } from './seeded.ts'

/** A test's own clock starts here: 1 January 2026. */
export const today = 1_767_225_600_000
export const nextWeek = today + 7 * 24 * 60 * 60 * 1000

const testRelay = { url: 'http://localhost:8787', peer: '12D3KooWTestRelay' }
const testPolicy: Policy = { name: 'Garden', accent: 'moss', history: 'full' }

/** Somebody with one device, and with what that device knows of the clique. */
export class Person {
  readonly name: string
  readonly random: Random
  readonly device: DeviceKeys
  readonly root: MemberRoot
  readonly recovery: RecoverySlot
  readonly recoveryPair: KemPair
  /** Items that this person holds, in the order in which they were accepted. */
  readonly items: Uint8Array[] = []
  /** Of the device, and of the invitation that this person came by. */
  readonly #recipients: KemPair[]
  #log: CliqueLog | null = null

  constructor(
    name: string,
    random: Random,
    keys: { device: DeviceKeys; root: MemberRoot; recoveryPair: KemPair },
  ) {
    this.name = name
    this.random = random
    this.device = keys.device
    this.#recipients = [keys.device.kem]
    this.root = keys.root
    this.recoveryPair = keys.recoveryPair
    this.recovery = { publicKey: keys.recoveryPair.publicKey, salt: random(16) }
  }

  get log(): CliqueLog {
    if (this.#log === null) throw new Error(`${this.name} is in no clique yet`)
    return this.#log
  }

  /** Back to an earlier value, as a copied profile would be. */
  rewind(log: CliqueLog): void {
    this.#log = log
  }

  get conversation(): SpaceId {
    for (const space of this.log.state.spaces.values()) if (space.kind === 'channel') return space.id
    throw new Error('every clique has its conversation')
  }

  async creates(policy: Partial<Policy> = {}): Promise<Act> {
    return this.keep(
      await createClique({
        policy: { ...testPolicy, ...policy },
        memberName: this.name,
        device: this.device,
        root: this.root,
        recovery: this.recovery,
        relays: [testRelay],
        random: this.random,
      }),
    )
  }

  async invites(
    options: { uses?: number; role?: Role; expiresAt?: number; label?: string } = {},
  ): Promise<MadeInvitation> {
    const whole = { role: 'member', uses: 1, expiresAt: nextWeek, ...options } as const
    const made = await createInvitation(this.log, this.device, { ...whole, random: this.random })
    this.keep(made)
    return made
  }

  /** Joins with what lies in the control mailbox. */
  async joins(invitation: MadeInvitation, items: Iterable<Uint8Array>, now: number = today): Promise<Act> {
    const opened = await openInvitationPackage(invitation.secret, invitation.package)
    const { random, device, root, recovery } = this
    const joined = await joinClique({
      package: opened,
      items,
      memberName: this.name,
      device,
      root,
      recovery,
      now,
      random,
    })
    this.#recipients.push(opened.keys.kem)
    this.items.push(...joined.kept.map(({ item }) => item))
    return this.keep(joined)
  }

  /** Runs an act on what this person knows. */
  async does(
    act: (log: CliqueLog, me: DeviceKeys, options: { random: Random }) => Promise<Act>,
  ): Promise<Act> {
    return this.keep(await act(this.log, this.device, { random: this.random }))
  }

  /** Names a new KEM key, and keeps the halves that it replaces. */
  async renewsKem(): Promise<Act> {
    const pair = await generateKemPair(this.random)
    this.#recipients.unshift(pair)
    return this.does((log, me, options) => rotateKem(log, me, pair, options))
  }

  async receives(...items: readonly Uint8Array[]): Promise<Intake> {
    const intake = await receiveItems(this.log, items, this.#recipients)
    this.#log = intake.log
    this.items.push(...intake.accepted.map(({ item }) => item))
    return intake
  }

  keep(act: Act): Act {
    this.#log = act.log
    this.items.push(act.item)
    return act
  }
}

/** `people(1, 'anna', 'ben')`: the same people with the same keys for the same seed. */
export async function people<Name extends string>(
  seed: number,
  ...names: readonly Name[]
): Promise<Record<Name, Person>> {
  const all = new Map<string, Person>()
  for (const name of names) {
    const random = seededRandom(`${seed} ${name}`)
    const signer = signerFromSeed(random(32))
    const device: DeviceKeys = {
      id: bytesToId('device', signer.publicKey),
      signer,
      kem: await generateKemPair(random),
      peer: `12D3KooW${name}`,
    }
    const keys = { device, root: makeMemberRoot(random), recoveryPair: await generateKemPair(random) }
    all.set(name, new Person(name, random, keys))
  }
  return Object.fromEntries(all) as Record<Name, Person>
}

/** Everybody hands everybody everything. */
export async function meet(...everybody: readonly Person[]): Promise<void> {
  for (const person of everybody) {
    const others = everybody.filter((other) => other !== person)
    await person.receives(...others.flatMap((other) => other.items))
  }
  for (const person of everybody) {
    const others = everybody.filter((other) => other !== person)
    await person.receives(...others.flatMap((other) => other.items))
  }
}
