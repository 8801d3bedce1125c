import { mailboxIdOf } from '../mailbox-name.ts'
import type { CliqueId, DeviceId, EpochId, InviteId, MemberId, OperationId, SpaceId } from '../ids.ts'
import { compareCuts } from '../epochs/cuts.ts'
import { shareEntitled } from '../epochs/recipients.ts'
import type { NamedCut } from '../epochs/rotation.ts'
import type { Author } from './author.ts'
import { push, takesOut } from './ends.ts'
import { CopyOnWrite } from './layered-map.ts'
import { sealState } from './sealed-state.ts'
import { sortedIds } from './sorted-ids.ts'
import { isStrictlySenior } from './rank.ts'
import { reaches } from './roles.ts'
import { joinTwins } from './twins.ts'
import { createdSpace, firstSpace, withAudience } from './spaces.ts'
import type { NewDevice, Newcomer, Policy, RelayAddress, RosterChange } from './operation.ts'
import type {
  Complaint,
  Countersign,
  Device,
  Ender,
  EpochInfo,
  Invitation,
  InvitationStatus,
  Member,
  MemberStatus,
  RosterState,
  Space,
  Tip,
} from './state.ts'

const statusStrength: readonly InvitationStatus[] = ['open', 'used', 'closed', 'revoked']

/** A state in the making. Maps are copied when first written to, so an unchanged one is shared with the state before. */
export class Draft {
  #policy: Policy
  #relays: readonly RelayAddress[]
  readonly #clique: CliqueId
  readonly #members: CopyOnWrite<MemberId, Member>
  readonly #devices: CopyOnWrite<DeviceId, Device>
  readonly #tips: CopyOnWrite<DeviceId, Tip>
  readonly #invitations: CopyOnWrite<InviteId, Invitation>
  readonly #spaces: CopyOnWrite<SpaceId, Space>
  readonly #enders: CopyOnWrite<OperationId, Ender>
  readonly #epochs: CopyOnWrite<EpochId, EpochInfo>
  readonly #fallenEpochs: CopyOnWrite<EpochId, EpochInfo>
  readonly #countersigns: CopyOnWrite<OperationId, Countersign>
  readonly #complaints: CopyOnWrite<OperationId, Complaint>
  readonly #cuts: CopyOnWrite<DeviceId, readonly NamedCut[]>
  readonly #epochHeads: Set<EpochId>

  /** What happened to somebody, or to a device, who was brought twice, and first by what comes later. */
  readonly #later = new Map<MemberId | DeviceId, (() => void)[]>()
  readonly #base: RosterState
  /** Most operations change nobody's right to keys, and who has it is not found out again then. */
  #sameRecipients = true

  constructor(state: RosterState) {
    this.#base = state
    this.#clique = state.clique
    this.#policy = state.policy
    this.#relays = state.relays
    this.#members = new CopyOnWrite(state.members, 'plain')
    this.#devices = new CopyOnWrite(state.devices, 'plain')
    this.#tips = new CopyOnWrite(state.tips, 'layered')
    this.#invitations = new CopyOnWrite(state.invitations, 'plain')
    this.#spaces = new CopyOnWrite(state.spaces, 'plain')
    this.#enders = new CopyOnWrite(state.enders, 'layered')
    this.#epochs = new CopyOnWrite(state.epochs, 'layered')
    this.#fallenEpochs = new CopyOnWrite(state.fallenEpochs, 'plain')
    this.#countersigns = new CopyOnWrite(state.countersigns, 'layered')
    this.#complaints = new CopyOnWrite(state.complaints, 'layered')
    this.#cuts = new CopyOnWrite(state.cuts, 'plain')
    this.#epochHeads = new Set(state.epochHeads)
  }

  finish(heads: readonly OperationId[]): RosterState {
    const state = sealState({
      clique: this.#clique,
      policy: this.#policy,
      relays: this.#relays,
      members: this.#members.release(),
      devices: this.#devices.release(),
      tips: this.#tips.release(),
      invitations: this.#invitations.release(),
      spaces: this.#spaces.release(),
      enders: this.#enders.release(),
      epochs: this.#epochs.release(),
      fallenEpochs: this.#fallenEpochs.release(),
      complaints: this.#complaints.release(),
      countersigns: this.#countersigns.release(),
      cuts: this.#cuts.release(),
      epochHeads: sortedIds(this.#epochHeads),
      heads,
    })
    if (this.#sameRecipients) shareEntitled(this.#base, state)
    return state
  }

  /**
   * Everything that an operation does except its epoch. `standing`: in this set, looked at for joins only; `letsIn` for those whom a
   * change of an audience adds; `lifts` for a role; `isSaid` of what has no effect, and ends something for its author alone.
   */
  apply(
    operation: RosterChange,
    author: Author,
    counts: boolean,
    standing: MemberStatus,
    letsIn: (member: MemberId) => boolean = () => true,
    lifts: readonly OperationId[] = [],
    isSaid = false,
  ): void {
    const { body, id } = operation
    if (body.type === 'genesis') {
      this.#admit(body.founder, {
        since: id,
        role: 'owner',
        rank: [],
        invite: null,
        inviter: null,
        status: 'in',
      })
      for (const space of body.spaces) this.#spaces.set(space.id, firstSpace(space))
      this.#policy = body.policy
      this.#relays = body.relays
    }
    this.passOver(operation)
    if (body.type === 'add-device') this.#addDevice(author, body, id, counts)
    if (body.type === 'join') this.#join(operation, body.newcomer, author, standing)
    if (!counts && !isSaid) return
    // A majority's word stands by itself, whatever becomes of who speaks it.
    if (takesOut(body) && !('countersigns' in body && body.countersigns.length > 0)) {
      this.#enders.set(id, { member: author.member, device: author.device })
    }
    switch (body.type) {
      case 'invite':
        if (author.device === null) throw new Error('an invitation is made by a device')
        this.#sameRecipients = false
        this.#invitations.set(body.invite, {
          id: body.invite,
          operation: id,
          inviter: author.member,
          device: author.device,
          kem: body.kem,
          mailbox: mailboxIdOf(body.mailboxKey),
          role: body.role,
          uses: body.uses,
          used: 0,
          expiresAt: body.expiresAt,
          label: body.label,
          status: 'open',
        })
        break
      case 'revoke-invite':
        this.#endInvitation(body.invite, 'revoked')
        break
      case 'close-invite':
        this.#endInvitation(body.invite, 'closed')
        break
      case 'complain':
        if (operation.author.kind === 'device') {
          const complaint = { operation: id, epoch: body.epoch, device: operation.author.id, answeredBy: [] }
          this.#complaints.set(id, complaint)
        }
        break
      case 'rewrap': {
        const complaint = this.#complaints.get(body.complaint)
        if (complaint !== undefined && operation.author.kind === 'device') {
          const answeredBy = sortedIds(new Set([...complaint.answeredBy, operation.author.id]))
          this.#complaints.set(body.complaint, { ...complaint, answeredBy })
        }
        break
      }
      case 'confirm':
        this.#change(body.member, (member) => ({
          since: id,
          rank: isStrictlySenior(author.rank, member.rankByLink)
            ? member.rankByLink
            : [...author.rank, operation.sequence ?? 0],
          status: member.status === 'quarantined' ? 'in' : member.status,
          admission: 'in',
        }))
        break
      case 'remove-member':
        this.#end(body.member, id, author.isStrong)
        break
      case 'leave':
        this.#end(author.member, id, false, isSaid)
        break
      case 'remove-device':
        // Of whoever it is of, if it was brought for two.
        this.#changeDevice(body.last.device, ({ member, endedBy }) =>
          member === author.member ? { status: 'out', endedBy: sortedIds([...endedBy, id]) } : {},
        )
        break
      case 'rotate-kem':
        if (author.device !== null) this.#changeDevice(author.device, () => ({ kem: body.kem }))
        break
      case 'set-role':
        if (body.member === author.member) this.lessen(operation)
        else this.#change(body.member, () => ({ role: body.role, grant: id, lifts, lessened: null }))
        break
      case 'recover':
        this.#change(body.member, () => ({ role: 'admin', grant: id, lifts, lessened: null }))
        break
      case 'countersign': {
        const { member: signer, device } = author
        if (device === null) throw new Error('a countersign is made by a device')
        const { purpose, member } = body
        this.#countersigns.set(id, { operation: id, signer, device, purpose, member })
        break
      }
      case 'create-space':
        // A device that forked may have named one twice.
        if (this.#spaces.get(body.space) === undefined) {
          this.#spaces.set(body.space, createdSpace(body, author.member, id))
        }
        break
      case 'set-audience': {
        const space = this.#spaces.get(body.space)
        if (space !== undefined) this.#spaces.set(space.id, withAudience(space, body, id, letsIn))
        break
      }
      case 'set-policy':
        this.#policy = body.policy
        break
      case 'set-relays':
        this.#relays = body.relays
        break
      default:
        break
    }
  }

  addEpoch(epoch: EpochInfo, counts: boolean): void {
    const twin = this.#epochs.get(epoch.id)
    if (twin === undefined) {
      for (const parent of epoch.parents) this.#epochHeads.delete(parent)
      this.#epochHeads.add(epoch.id)
    }
    const whole = joinTwins({ ...epoch, counts }, twin)
    this.#epochs.set(epoch.id, whole)
    if (!whole.counts || twin !== undefined) this.#fallenEpochs.set(epoch.id, whole)
  }

  /** Of what has no effect, as what it brings was brought by another operation: its device has said it all the same. */
  passOver(operation: RosterChange): void {
    if (operation.author.kind === 'device') this.#advance(operation.author.id, operation)
  }

  /** What somebody says they do with, where that is less than they have. */
  lessen({ id, body }: RosterChange): void {
    if (body.type !== 'set-role') return
    this.#change(body.member, ({ role }) =>
      role !== body.role && reaches(role, body.role) ? { role: body.role, lessened: id } : {},
    )
  }

  /** A change of role to one with fewer rights, whatever gave another one since. `list`: where it is kept. */
  demote(id: MemberId, by: OperationId, list: 'demotedBy' | 'undoneBy'): void {
    this.#change(id, (member) => ({ [list]: sortedIds(new Set([...member[list], by])) }))
  }

  /** How far the records of devices that are out still count. The highest holds, so that any order gives the same. */
  addCuts(cuts: readonly NamedCut[]): void {
    for (const cut of cuts) {
      const known = this.#cuts.get(cut.device) ?? []
      if (known.some((other) => compareCuts(other, cut) === 0)) continue
      this.#cuts.set(cut.device, [...known, cut].sort(compareCuts))
    }
  }

  fork(device: DeviceId, forkedAt: number, proof: readonly [OperationId, OperationId]): void {
    this.#sameRecipients = false
    this.#changeDevice(device, () => ({ status: 'forked', proof, forkedAt }))
  }

  #change(id: MemberId, change: (member: Member) => Partial<Member>): void {
    const member = this.#members.get(id)
    if (member === undefined) return push(this.#later, id, () => this.#change(id, change))
    this.#sameRecipients = false
    this.#members.set(id, { ...member, ...change(member) })
  }

  #changeDevice(id: DeviceId, change: (device: Device) => Partial<Device>): void {
    const device = this.#devices.get(id)
    if (device === undefined) return push(this.#later, id, () => this.#changeDevice(id, change))
    this.#sameRecipients = false
    this.#devices.set(id, { ...device, ...change(device) })
  }

  /** Somebody or a device is there now. */
  #catchUp(...ids: readonly (MemberId | DeviceId)[]): void {
    for (const id of ids) {
      const waiting = this.#later.get(id) ?? []
      this.#later.delete(id)
      for (const change of waiting) change()
    }
  }

  #end(id: MemberId, by: OperationId, isStrong: boolean, isSaid = false): void {
    this.#change(id, (member) => ({
      status: 'out',
      endedBy: sortedIds([...member.endedBy, by]),
      said: isSaid ? [...member.said, by] : member.said,
      isBarred: member.isBarred || isStrong,
    }))
  }

  #addDevice(author: Author, { device, kem, peer }: NewDevice, since: OperationId, counts: boolean): void {
    if (this.#devices.get(device) !== undefined) return
    this.#devices.set(device, {
      id: device,
      member: author.member,
      kem,
      peer,
      since,
      addedBy: author.device,
      status: counts ? 'in' : 'out',
      proof: null,
      forkedAt: null,
      endedBy: [],
    })
    this.#change(author.member, ({ devices }) => ({ devices: [...devices, device] }))
    this.#catchUp(device)
  }

  #join(
    operation: RosterChange,
    newcomer: Newcomer,
    { rank, invite, inviter }: Author,
    status: MemberStatus,
  ): void {
    if (invite === null) throw new Error('a join rests on an invitation')
    const admission = { since: operation.id, role: invite.role, rank, invite: invite.invite, inviter, status }
    this.#admit(newcomer, admission)
    const invitation = this.#invitations.get(invite.invite)
    if (invitation === undefined) return
    const used = Math.min(invitation.used + 1, invitation.uses)
    this.#invitations.set(invitation.id, { ...invitation, used })
    if (used === invitation.uses) this.#endInvitation(invitation.id, 'used')
  }

  #admit(
    newcomer: Newcomer,
    admission: Pick<Member, 'since' | 'role' | 'rank' | 'invite' | 'inviter' | 'status'>,
  ): void {
    if (this.#members.get(newcomer.member) !== undefined) return
    if (this.#devices.get(newcomer.device) !== undefined) return
    this.#sameRecipients = false
    this.#members.set(newcomer.member, {
      ...admission,
      rankByLink: admission.rank,
      admission: admission.status,
      grant: null,
      lifts: [],
      lessened: null,
      demotedBy: [],
      undoneBy: [],
      endedBy: [],
      said: [],
      isBarred: false,
      id: newcomer.member,
      name: newcomer.name,
      devices: [newcomer.device],
      recoveryKey: newcomer.recoveryKey,
      recoverySalt: newcomer.recoverySalt,
      sealedRoot: newcomer.sealedRoot,
    })
    this.#devices.set(newcomer.device, {
      id: newcomer.device,
      member: newcomer.member,
      kem: newcomer.kem,
      peer: newcomer.peer,
      since: null,
      addedBy: null,
      status: 'in',
      proof: null,
      forkedAt: null,
      endedBy: [],
    })
    this.#catchUp(newcomer.member, newcomer.device)
  }

  /** Every authorised operation advances its device, also one that has lost its effect. */
  #advance(id: DeviceId, operation: RosterChange): void {
    const { sequence } = operation
    if (sequence === null || sequence <= (this.#tips.get(id)?.sequence ?? 0)) return
    this.#tips.set(id, { sequence, operation: operation.id })
  }

  /** Of two ends of one invitation that did not know of each other, the stronger is shown. */
  #endInvitation(id: InviteId, status: InvitationStatus): void {
    const invitation = this.#invitations.get(id)
    if (invitation === undefined) return
    if (statusStrength.indexOf(status) <= statusStrength.indexOf(invitation.status)) return
    this.#sameRecipients = false
    this.#invitations.set(id, { ...invitation, status })
  }
}
