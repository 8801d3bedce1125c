import type { ErrorCode } from '../errors.ts'
import { maxDevices, maxLine, maxPlaces } from './limits.ts'
import { hasAnswered, mayComplain } from './complaints.ts'
import { mayRecoverTogether, mayRemoveTogether, signersOf } from './majority.ts'
import type { Views } from './majority.ts'
import type { LastOperation, OperationBody, RosterBody, RosterChange } from './operation.ts'
import { isAbove } from './rank.ts'
import { everybodys, needing } from './right.ts'
import type { Right } from './right.ts'
import {
  isAdmin,
  mayChangeSettings,
  mayInvite,
  mayRevokeInvitationsOfOthers,
  reaches,
  roleToInvite,
} from './roles.ts'
import type { Role } from './roles.ts'
import { isInSpace } from './spaces.ts'
import { rightToCreate, rightToRotate, rightToSetAudience } from './space-rights.ts'
import { isIn, isSameLast, lastOperationOf, lastOperationsOf, openInvitations } from './standing.ts'
import type { Device, Invitation, Member, RosterState } from './state.ts'

type Body<Type extends OperationBody['type']> = Extract<RosterBody, { type: Type }>

/** Whether a device may do this, in the state of the operation's past. */
export function rightOf(
  change: RosterChange,
  past: RosterState,
  member: Member,
  device: Device,
  views: Views,
): Right | ErrorCode {
  const { body } = change
  switch (body.type) {
    case 'invite':
      if (!mayInvite(member.role, body.role)) return 'not-allowed'
      if (past.invitations.has(body.invite)) return 'invite-known'
      if (countPlaces(past) + body.uses > maxPlaces) return 'clique-full'
      return needing(roleToInvite(body.role))
    case 'revoke-invite': {
      const invitation = past.invitations.get(body.invite)
      const code = checkOpen(invitation)
      if (code !== null) return code
      if (invitation?.inviter === member.id) return everybodys
      return mayRevokeInvitationsOfOthers(member.role) ? needing('moderator') : 'not-allowed'
    }
    case 'close-invite':
      return checkOpen(past.invitations.get(body.invite)) ?? everybodys
    case 'confirm': {
      const status = past.members.get(body.member)?.status
      if (status === undefined) return 'member-unknown'
      if (status !== 'quarantined') return 'member-not-quarantined'
      return isAdmin(member.role) ? needing('admin') : 'not-allowed'
    }
    case 'add-device':
      return rightToAdd(body, past, member, device)
    case 'remove-device':
      return rightToDrop(body.last, past, member)
    case 'remove-member':
      return rightToRemove(body, past, device, views)
    case 'set-role':
      return rightToSetRole(body, past, member)
    case 'recover':
      return rightToRecover(body, past, device, views)
    case 'countersign': {
      const status = past.members.get(body.member)?.status
      if (status === undefined) return 'member-unknown'
      if (status === 'out' || (body.purpose === 'recover' && status !== 'in')) return 'member-out'
      return hasSigned(body, past, member) ? 'countersign-repeated' : everybodys
    }
    case 'leave':
    case 'rotate-kem':
      return everybodys
    case 'create-space':
      return rightToCreate(change, past, member)
    case 'set-audience':
      return rightToSetAudience(body, past, member)
    case 'rotate-epoch':
      return rightToRotate(body.space ?? null, past, member)
    case 'complain':
      return mayComplain(past, device.id, body.epoch) ? everybodys : 'complaint-repeated'
    case 'rewrap':
      return rightToRewrap(body, past, member, device)
    case 'set-relays':
      return mayChangeSettings(member.role) ? needing('admin') : 'not-allowed'
    case 'set-policy': {
      // Everybody who is in was shown the rule before they came, and which keys nobody can come by hangs on it.
      const keepsHistory = body.policy.history === past.policy.history
      return keepsHistory && mayChangeSettings(member.role) ? needing('admin') : 'not-allowed'
    }
    default:
      return 'operation-format'
  }
}

/** Of one's own devices and of one's root alone. */
export function rightToAdd(
  body: Body<'add-device'>,
  past: RosterState,
  member: Member,
  by: Device | null,
): Right | ErrorCode {
  if (past.devices.has(body.device)) return 'device-known'
  const has = member.devices.filter((id) => past.devices.get(id)?.status === 'in').length
  return has >= maxDevices || lineTo(past, by) >= maxLine ? 'too-many-devices' : everybodys
}

/** How many devices were added one by another, up to this one. */
function lineTo({ devices }: RosterState, last: Device | null): number {
  let count = 0
  for (let at = last; at !== null && count < maxLine; count++) {
    at = at.addedBy === null ? null : (devices.get(at.addedBy) ?? null)
  }
  return count
}

/** Of one's own devices and of one's root alone: an admin removes people, never one of their devices. */
export function rightToDrop(last: LastOperation, past: RosterState, member: Member): Right | ErrorCode {
  const device = past.devices.get(last.device)
  if (device === undefined) return 'device-unknown'
  if (device.member !== member.id) return 'not-allowed'
  if (device.status !== 'in') return 'device-out'
  return isSameLast([last], [lastOperationOf(past, last.device)]) ? everybodys : 'removal-last'
}

function rightToRemove(
  body: Body<'remove-member'>,
  past: RosterState,
  device: Device,
  views: Views,
): Right | ErrorCode {
  const [member, target] = [past.members.get(device.member), past.members.get(body.member)]
  if (member === undefined || target === undefined) return 'member-unknown'
  if (target.isBarred) return 'member-out'
  if (target.id === member.id) return 'not-allowed'
  if (!isSameLast(body.last, lastOperationsOf(past, target))) return 'removal-last'
  if (body.countersigns.length === 0) return isAbove(member, target) ? needing('admin') : 'not-allowed'
  const signers = signersOf(past, device, body.countersigns, 'remove', target.id)
  if (signers === null) return 'countersign-unknown'
  if (!mayRemoveTogether(past, signers, target, views)) return 'not-allowed'
  return { needs: null, isCountersigned: true, rests: [] }
}

function rightToSetRole(body: Body<'set-role'>, past: RosterState, member: Member): Right | ErrorCode {
  const target = past.members.get(body.member)
  if (target === undefined) return 'member-unknown'
  if (target.status !== 'in') return 'member-out'
  if (target.role === body.role) return 'role-unchanged'
  if (!mayHaveRole(member, target, body.role)) return 'not-allowed'
  if (target.id === member.id) return everybodys
  return needing(body.role === 'owner' || target.role === 'owner' ? 'owner' : 'admin')
}

/** Whether somebody may give a member this role. Anybody may do with less. */
export function mayHaveRole(by: Member, target: Member, role: Role): boolean {
  return reaches(by.role, role) && (target.id === by.id || isAbove(by, target))
}

function rightToRecover(
  body: Body<'recover'>,
  past: RosterState,
  device: Device,
  views: Views,
): Right | ErrorCode {
  const target = past.members.get(body.member)
  if (target === undefined) return 'member-unknown'
  if (target.status !== 'in') return 'member-out'
  if (isAdmin(target.role)) return 'role-unchanged'
  const signers = signersOf(past, device, body.countersigns, 'recover', target.id)
  if (signers === null) return 'countersign-unknown'
  return mayRecoverTogether(past, signers, views)
    ? { ...everybodys, rests: body.countersigns }
    : 'not-allowed'
}

function rightToRewrap(
  body: Body<'rewrap'>,
  past: RosterState,
  member: Member,
  device: Device,
): Right | ErrorCode {
  const complaint = past.complaints.get(body.complaint)
  const epoch = past.epochs.get(body.epoch)
  if (complaint === undefined || complaint.epoch !== body.epoch) return 'complaint-unknown'
  if (epoch === undefined) return 'epoch-unknown'
  // The one who asks must have been meant in the first place, and the one who answers must have been, too.
  const asking = past.devices.get(complaint.device)?.member
  const isOutside = epoch.space !== null && (asking === undefined || !isInSpace(past, epoch.space, asking))
  if (isOutside || !epoch.named.has(`device:${complaint.device}`)) return 'not-allowed'
  if (!epoch.holders.has(`device:${device.id}`)) return 'epoch-not-held'
  if (hasAnswered(past, member.id, complaint)) return 'complaint-repeated'
  return isIn(past, complaint.device) ? everybodys : 'operation-author-out'
}

function hasSigned(body: Body<'countersign'>, past: RosterState, member: Member): boolean {
  return [...past.countersigns.values()].some(
    (other) => other.signer === member.id && other.purpose === body.purpose && other.member === body.member,
  )
}

/** Everybody who is in or may yet be let in, and everybody who may yet come. */
function countPlaces(state: RosterState): number {
  let places = 0
  for (const { status } of state.members.values()) if (status !== 'out') places++
  for (const { uses, used } of openInvitations(state)) places += uses - used
  return places
}

function checkOpen(invitation: Invitation | undefined): ErrorCode | null {
  if (invitation === undefined) return 'invite-unknown'
  return invitation.status === 'open' ? null : 'invite-not-open'
}
