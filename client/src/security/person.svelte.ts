import { decisionAbout, isAdmin, mayActAlone, rolesToGive } from '@clique/crypto'
import type { CountersignPurpose, DeviceId, Member, MemberId, OperationId } from '@clique/crypto'
import { letStand } from '../documents/moderate.ts'
import { isModerator } from '../documents/moderation.ts'
import { memberRow } from './members.svelte.ts'
import type { MemberRow, Role } from './members-view.ts'
import { soleAdmin } from './evidence.ts'
import type { Membership } from './membership.svelte.ts'
import type {
  Leaving,
  MayRecover,
  MayRemove,
  Named,
  PersonDevice,
  PersonStatus,
  PersonView,
  Signing,
} from './person-view.ts'

/** How long nothing is heard of the only admin before the app offers to name another: 7 days, in milliseconds. */
export const silenceMs = 7 * 24 * 60 * 60 * 1000

/** One member, former ones too. See `PersonView`. */
export class Person implements PersonView {
  readonly #membership: Membership
  readonly #id: MemberId

  constructor(membership: Membership, id: MemberId) {
    this.#membership = membership
    this.#id = id
  }

  get row(): MemberRow {
    const { state, me, linked } = this.#membership
    return memberRow(state, this.#member, me, linked(), !this.#amIn)
  }

  get status(): PersonStatus {
    const end = this.#isMe ? this.#membership.end?.end.kind : undefined
    // Who is out may have been told so alone: the operation is sealed for those who are in.
    if (end === 'removed' || end === 'left') return end
    const { status, endedBy } = this.#member
    if (status !== 'out') return status
    const { graph } = this.#membership.log
    return endedBy.every((id) => graph.get(id)?.operation.type === 'leave') && endedBy.length > 0
      ? 'left'
      : 'removed'
  }

  get since(): number | null {
    const { session } = this.#membership
    if (this.#isMe) return session.profile.since
    return session.heardAt(this.#member.since)
  }

  get invitedBy(): Named | null {
    const { invite } = this.#member
    const invitation = invite === null ? undefined : this.#membership.state.invitations.get(invite)
    return invitation === undefined ? null : this.#membership.named(invitation.inviter)
  }

  get devices(): readonly PersonDevice[] {
    const { state, session } = this.#membership
    const isOut = this.#member.status === 'out'
    const devices = this.#member.devices.flatMap((id) => state.devices.get(id) ?? [])
    // With the last one nobody would go on for this member; leaving is for that.
    const isOne = devices.filter(({ status }) => status === 'in').length < 2
    return devices
      .map((device): PersonDevice => {
        const status = isOut && device.status === 'in' ? 'out' : device.status
        return {
          id: device.id,
          here: device.id === session.device,
          status,
          since: device.since === null ? this.since : session.heardAt(device.since),
          mayRemove: this.#isMe && this.#amIn && status === 'in' && !isOne,
        }
      })
      .toSorted((a, b) => Number(a.status !== 'in') - Number(b.status !== 'in'))
  }

  get mayConfirm(): boolean {
    return this.#member.status === 'quarantined' && this.#amIn && isAdmin(this.#myRole)
  }

  get mayRemove(): MayRemove {
    const { log, me } = this.#membership
    if (this.#member.status === 'out') return { kind: 'no', reason: 'out' }
    if (!this.#amIn) return { kind: 'no', reason: 'not-in' }
    if (this.#isMe) return { kind: 'no', reason: 'me' }
    if (mayActAlone(log, me, this.#id)) return { kind: 'alone' }
    return { kind: 'with-others', ...this.#signing('remove') }
  }

  get roles(): readonly Role[] {
    const { log, me } = this.#membership
    return this.#amIn ? rolesToGive(log, me, this.#id) : []
  }

  get mayRecover(): MayRecover {
    const { status, role } = this.#member
    const isOffered = this.#amIn && status === 'in' && !isAdmin(role) && this.#lacksAdmin
    return isOffered ? this.#signing('recover') : null
  }

  get leaving(): Leaving | null {
    const { state, me } = this.#membership
    if (!this.#isMe || !this.#amIn) return null
    const others = [...state.members.values()].filter(({ id, status }) => id !== me && status === 'in')
    if (others.length === 0) return 'last-member'
    return isAdmin(this.#myRole) && !others.some(({ role }) => isAdmin(role)) ? 'last-admin' : 'plain'
  }

  confirm(): Promise<void> {
    return this.#membership.acts.confirm(this.#id)
  }

  remove(): Promise<OperationId> {
    return this.#membership.acts.remove(this.#id)
  }

  signRemoval(): Promise<void> {
    return this.#membership.acts.sign('remove', this.#id)
  }

  async setRole(role: Role): Promise<void> {
    const losesRight = isModerator(this.#member) && !isModerator({ role }) && !this.#isMe
    // Before, so that nothing shows again if this is where it is broken off.
    if (losesRight) await letStand(this.#membership.session, this.#id)
    await this.#membership.acts.setRole(this.#id, role)
  }

  signRecovery(): Promise<void> {
    return this.#membership.acts.sign('recover', this.#id)
  }

  recover(): Promise<void> {
    return this.#membership.acts.recover(this.#id)
  }

  removeDevice(device: DeviceId): Promise<OperationId> {
    return this.#membership.acts.removeDevice(device)
  }

  leave(): Promise<void> {
    if (!this.#isMe) throw new Error('people leave for themselves alone')
    return this.#membership.acts.leave()
  }

  get #member(): Member {
    const member = this.#membership.state.members.get(this.#id)
    if (member === undefined) throw new Error('a member is never forgotten')
    return member
  }

  get #isMe(): boolean {
    return this.#id === this.#membership.me
  }

  get #amIn(): boolean {
    return this.#membership.end === null
  }

  get #myRole(): Role {
    const { state, me } = this.#membership
    return state.members.get(me)?.role ?? 'reader'
  }

  /** There is no admin, or one of whom nothing was heard for long. */
  get #lacksAdmin(): boolean {
    const { state, evidence, session, now, me, linked } = this.#membership
    const members = [...state.members.values()]
    if (!members.some(({ status, role }) => status === 'in' && isAdmin(role))) return true
    const admin = soleAdmin(state)
    const member = admin === null || admin === me ? undefined : state.members.get(admin)
    if (member === undefined) return false
    const { direct, relayed } = linked()
    if ([...direct, ...relayed].includes(member.id)) return false
    const tips = member.devices.flatMap((id) => state.tips.get(id)?.operation ?? [])
    const heard = [...tips, member.since].flatMap((id) => session.heardAt(id) ?? [])
    const last = Math.max(session.profile.since, evidence.lastSigns.get(member.id) ?? 0, ...heard)
    return now() - last >= silenceMs
  }

  #signing(purpose: CountersignPurpose): Signing {
    const { log, me, session } = this.#membership
    const decision = decisionAbout(log, purpose, this.#id, session.device)
    if (decision === null) throw new Error('a member is never forgotten')
    return {
      needed: decision.needed,
      signed: decision.signed.map((id) => this.#membership.named(id)),
      mine: decision.signed.includes(me),
      counts: decision.voters.has(me),
      enough: decision.isEnough,
    }
  }
}
