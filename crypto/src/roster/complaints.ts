import type { DeviceId, EpochId, MemberId } from '../ids.ts'
import type { Complaint, RosterState } from './state.ts'

/**
 * Members whose answers a complaint is owed. One could be an accomplice of whoever made the bad wrap. Two who are can
 * answer in vain as well, but then the device may complain again, and no member answers a device twice about one epoch.
 */
export const answersOwed = 2

/** Members who have answered this complaint. */
export function answerersOf(state: RosterState, complaint: Complaint): ReadonlySet<MemberId> {
  return new Set(complaint.answeredBy.flatMap((device) => state.devices.get(device)?.member ?? []))
}

/** Complaints of this device about this epoch. */
export function complaintsAbout(state: RosterState, device: DeviceId, epoch: EpochId): Complaint[] {
  return [...state.complaints.values()].filter((one) => one.device === device && one.epoch === epoch)
}

/** The first time, and again once every complaint before has had the answers that it was owed. */
export function mayComplain(state: RosterState, device: DeviceId, epoch: EpochId): boolean {
  return complaintsAbout(state, device, epoch).every((one) => answerersOf(state, one).size >= answersOwed)
}

/** Whether a member has answered this complaint or another of that device about that epoch. */
export function hasAnswered(state: RosterState, member: MemberId, complaint: Complaint): boolean {
  return complaintsAbout(state, complaint.device, complaint.epoch).some((one) =>
    answerersOf(state, one).has(member),
  )
}
