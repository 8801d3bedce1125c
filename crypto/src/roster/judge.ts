import type { ErrorCode } from '../errors.ts'
import type { DeviceId, MemberId, OperationId } from '../ids.ts'
import { hasAnswered, mayComplain } from './complaints.ts'
import type { Newcomer, RosterChange } from './operation.ts'
import { mayChangeSettings, mayInvite, mayRevokeInvitationsOfOthers } from './roles.ts'
import type { Role } from './roles.ts'
import type { Device, Invitation, InvitationStatus, Member, RosterState } from './state.ts'

/** People and places still open, at most: twice the 150 people that a clique is made for. */
export const maxPlaces = 300

/** Who speaks, and the operation that gave them their voice. */
export interface Voice {
  readonly member: MemberId
  readonly device: DeviceId | null
  readonly rests: OperationId | null
}

/** Why an invitation admits nobody any more. */
export const invitationEnd: Readonly<Record<Exclude<InvitationStatus, 'open'>, ErrorCode>> = {
  used: 'invite-used',
  revoked: 'invite-revoked',
  closed: 'invite-closed',
}

/**
 * Whether an operation was allowed, judged by the state of its own past alone. Whoever has the operation has its
 * past, so everybody gives the same answer for ever; what is refused here is not stored and not handed on.
 */
export function judge(operation: RosterChange, past: RosterState): Voice | ErrorCode {
  const { author } = operation
  if (operation.body.type === 'genesis') {
    const { member, device } = operation.body.founder
    return { member, device, rests: null }
  }
  switch (author.kind) {
    case 'invitation':
      return judgeJoin(operation, past)
    case 'root':
      return 'not-allowed'
    case 'device': {
      const device = past.devices.get(author.id)
      const member = device === undefined ? undefined : past.members.get(device.member)
      if (device === undefined || member === undefined) return 'operation-author-unknown'
      return (
        checkDevice(operation, past, device, member) ??
        checkRights(operation, past, member, device) ?? {
          member: member.id,
          device: device.id,
          rests: member.since,
        }
      )
    }
  }
}

function checkDevice(
  operation: RosterChange,
  past: RosterState,
  device: Device,
  member: Member,
): ErrorCode | null {
  if (device.status !== 'in' || member.status !== 'in') return 'operation-author-out'
  const tip = past.tips.get(device.id)
  if (operation.sequence !== (tip?.sequence ?? 0) + 1) return 'operation-sequence'
  if (operation.previous !== (tip?.operation ?? null)) return 'operation-previous'
  return null
}

function judgeJoin(operation: RosterChange, past: RosterState): Voice | ErrorCode {
  if (operation.body.type !== 'join' || operation.author.kind !== 'invitation') return 'operation-format'
  const invitation = past.invitations.get(operation.author.id)
  if (invitation === undefined) return 'invite-unknown'
  if (invitation.status !== 'open') return invitationEnd[invitation.status]
  const { newcomer } = operation.body
  return (
    checkNewcomer(newcomer, past) ?? {
      member: newcomer.member,
      device: null,
      rests: invitation.operation,
    }
  )
}

function checkNewcomer(newcomer: Newcomer, past: RosterState): ErrorCode | null {
  if (past.members.has(newcomer.member)) return 'member-known'
  if (past.devices.has(newcomer.device)) return 'device-known'
  return null
}

function checkRights(
  operation: RosterChange,
  past: RosterState,
  member: Member,
  device: Device,
): ErrorCode | null {
  const { body } = operation
  switch (body.type) {
    case 'invite':
      if (!mayInvite(member.role, body.role)) return 'not-allowed'
      if (past.invitations.has(body.invite)) return 'invite-known'
      return countPlaces(past) + body.uses > maxPlaces ? 'clique-full' : null
    case 'revoke-invite':
      return checkOpen(past.invitations.get(body.invite), (invitation) =>
        mayRevoke(member.id, member.role, invitation),
      )
    case 'close-invite':
      return checkOpen(past.invitations.get(body.invite), () => true)
    case 'rotate-epoch':
      return null
    case 'complain':
      return mayComplain(past, device.id, body.epoch) ? null : 'complaint-repeated'
    case 'rewrap': {
      const complaint = past.complaints.get(body.complaint)
      const epoch = past.epochs.get(body.epoch)
      if (complaint === undefined || complaint.epoch !== body.epoch) return 'complaint-unknown'
      if (epoch === undefined) return 'epoch-unknown'
      // The one who asks must have been meant in the first place, and the one who answers must have been, too.
      if (!epoch.holders.has(`device:${complaint.device}`)) return 'not-allowed'
      if (!epoch.holders.has(`device:${device.id}`)) return 'epoch-not-held'
      if (hasAnswered(past, member.id, complaint)) return 'complaint-repeated'
      return isIn(past, complaint.device) ? null : 'operation-author-out'
    }
    case 'set-relays':
      return mayChangeSettings(member.role) ? null : 'not-allowed'
    case 'set-policy': {
      // Everybody who is in was shown the rule before they came, and which keys nobody can come by hangs on it.
      const keepsHistory = body.policy.history === past.policy.history
      return keepsHistory && mayChangeSettings(member.role) ? null : 'not-allowed'
    }
    default:
      return 'operation-format'
  }
}

/** Everybody who is in or may yet be let in, and everybody who may yet come. */
function countPlaces(state: RosterState): number {
  let places = 0
  for (const { status } of state.members.values()) if (status !== 'out') places++
  for (const { status, uses, used } of state.invitations.values())
    if (status === 'open') places += uses - used
  return places
}

function checkOpen(
  invitation: Invitation | undefined,
  mayEnd: (invitation: Invitation) => boolean,
): ErrorCode | null {
  if (invitation === undefined) return 'invite-unknown'
  if (invitation.status !== 'open') return 'invite-not-open'
  return mayEnd(invitation) ? null : 'not-allowed'
}

function mayRevoke(member: MemberId, role: Role, invitation: Invitation): boolean {
  return invitation.inviter === member || mayRevokeInvitationsOfOthers(role)
}

export function isIn(state: RosterState, id: DeviceId): boolean {
  const device = state.devices.get(id)
  return device?.status === 'in' && state.members.get(device.member)?.status === 'in'
}
