import {
  confirmMember,
  countersign,
  countersignsFor,
  isAdmin,
  leaveClique,
  mayActAlone,
  recoverClique,
  removeDevice,
  removeMember,
  setRole,
} from '@clique/crypto'
import type { Act, CliqueLog, CountersignPurpose, DeviceId, DeviceKeys, HeldRecords } from '@clique/crypto'
import type { MemberId, OperationId, Random, Role, RosterState } from '@clique/crypto'

/** What an open clique offers to somebody who changes who is in it. */
export interface MembershipActor {
  readonly member: MemberId
  act<A extends Act>(make: (log: CliqueLog, keys: DeviceKeys) => Promise<A>): Promise<A>
  /** What this device holds of others' records: where those of whoever is removed are cut. */
  held(state: RosterState): Promise<HeldRecords>
}

/** What members do about members, each on the newest roster. */
export class MembershipActs {
  readonly #actor: MembershipActor
  readonly #random: Random
  readonly #tellsRelay: () => boolean

  /** `tellsRelay`: whether this device can tell the relay of a new capability; asked when it is needed. */
  constructor(actor: MembershipActor, random: Random, tellsRelay: () => boolean) {
    this.#actor = actor
    this.#random = random
    this.#tellsRelay = tellsRelay
  }

  async confirm(member: MemberId): Promise<void> {
    await this.#actor.act((log, keys) => confirmMember(log, keys, member, { random: this.#random }))
  }

  async remove(member: MemberId): Promise<OperationId> {
    const { operation } = await this.#actor.act(async (log, keys) => {
      const isAlone = mayActAlone(log, this.#actor.member, member)
      const countersigns = isAlone ? [] : countersignsFor(log, 'remove', member)
      return removeMember(log, keys, member, { ...(await this.#cutting(log)), countersigns })
    })
    return operation.id
  }

  async removeDevice(device: DeviceId): Promise<OperationId> {
    const { operation } = await this.#actor.act(async (log, keys) =>
      removeDevice(log, keys, device, await this.#cutting(log)),
    )
    return operation.id
  }

  async sign(purpose: CountersignPurpose, member: MemberId): Promise<void> {
    await this.#actor.act((log, keys) => countersign(log, keys, purpose, member, { random: this.#random }))
  }

  async recover(member: MemberId): Promise<void> {
    await this.#actor.act((log, keys) =>
      recoverClique(log, keys, member, countersignsFor(log, 'recover', member), { random: this.#random }),
    )
  }

  async setRole(member: MemberId, role: Role): Promise<void> {
    await this.#actor.act((log, keys) => setRole(log, keys, member, role, { random: this.#random }))
  }

  async leave(): Promise<void> {
    await this.#actor.act((log, keys) => leaveClique(log, keys, { random: this.#random }))
  }

  async #cutting({ state }: CliqueLog) {
    const me = state.members.get(this.#actor.member)
    const renewCapability = me !== undefined && isAdmin(me.role) && this.#tellsRelay()
    return { random: this.#random, held: await this.#actor.held(state), renewCapability }
  }
}
