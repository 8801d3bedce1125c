import type { ErrorCode } from '../errors.ts'
import type { DeviceId, MemberId } from '../ids.ts'
import type { Views } from './majority.ts'
import type { Newcomer, RosterChange } from './operation.ts'
import type { Right } from './right.ts'
import { rightOf, rightToAdd, rightToDrop } from './rights.ts'
import { isOpen } from './standing.ts'
import type { Device, InvitationStatus, Member, RosterState } from './state.ts'

/** Who speaks, by what right, and the operations that gave them their voice. */
export interface Voice extends Right {
  readonly member: MemberId
  readonly device: DeviceId | null
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
export function judge(operation: RosterChange, past: RosterState, views: Views): Voice | ErrorCode {
  const { author } = operation
  if (operation.body.type === 'genesis') {
    const { member, device } = operation.body.founder
    return { member, device, rests: [], needs: null, isCountersigned: false }
  }
  switch (author.kind) {
    case 'invitation':
      return judgeJoin(operation, past)
    case 'root':
      return judgeRoot(operation, past, author.id)
    case 'device': {
      const device = past.devices.get(author.id)
      const member = device === undefined ? undefined : past.members.get(device.member)
      if (device === undefined || member === undefined) return 'operation-author-unknown'
      const code = checkDevice(operation, past, device, member)
      if (code !== null) return code
      const right = rightOf(operation, past, member, device, views)
      if (typeof right === 'string') return right
      // Who leaves is out, whatever becomes of the device that said so, or of what added it.
      return operation.body.type === 'leave'
        ? { ...right, member: member.id, device: device.id, rests: [member.since] }
        : voiceOf(right, member, device)
    }
  }
}

/** An operation rests on what let its author in, and on what gave the role where it takes one. */
function voiceOf(right: Right, member: Member, device: Device | null): Voice {
  const rests = [member.since]
  if (device !== null && device.since !== null) rests.push(device.since)
  if (right.needs !== null && member.grant !== null) rests.push(member.grant, ...member.lifts)
  return { ...right, member: member.id, device: device?.id ?? null, rests: [...rests, ...right.rests] }
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

/** A root adds and removes its member's devices. */
function judgeRoot({ body }: RosterChange, past: RosterState, id: MemberId): Voice | ErrorCode {
  const member = past.members.get(id)
  if (member === undefined) return 'operation-author-unknown'
  if (member.status !== 'in') return 'operation-author-out'
  const right =
    body.type === 'add-device'
      ? rightToAdd(body, past, member, null)
      : body.type === 'remove-device'
        ? rightToDrop(body.last, past, member)
        : 'not-allowed'
  return typeof right === 'string' ? right : voiceOf(right, member, null)
}

function judgeJoin(operation: RosterChange, past: RosterState): Voice | ErrorCode {
  if (operation.body.type !== 'join' || operation.author.kind !== 'invitation') return 'operation-format'
  const invitation = past.invitations.get(operation.author.id)
  if (invitation === undefined) return 'invite-unknown'
  if (invitation.status !== 'open') return invitationEnd[invitation.status]
  if (!isOpen(past, invitation)) return 'invite-revoked'
  const { newcomer } = operation.body
  const code = checkNewcomer(newcomer, past)
  if (code !== null) return code
  const rests = [invitation.operation]
  return { member: newcomer.member, device: null, rests, needs: null, isCountersigned: false }
}

function checkNewcomer(newcomer: Newcomer, past: RosterState): ErrorCode | null {
  if (past.members.has(newcomer.member)) return 'member-known'
  if (past.devices.has(newcomer.device)) return 'device-known'
  return null
}
