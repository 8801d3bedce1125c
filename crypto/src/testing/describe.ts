import { entitledRecipients } from '../epochs/recipients.ts'
import { findSafeEpochs } from '../epochs/sending.ts'
import type { RosterState } from '../roster/state.ts'

/** Everything that a state says, in words, to be compared. */
export function describe(state: RosterState): string {
  const members = [...state.members.values()].map(
    ({ id, status, role, grant, lessened, since, endedBy, isBarred, devices, rank }) =>
      `${id} ${status} ${role} ${grant} ${lessened} ${since} ${endedBy.join()} ${isBarred} ${devices.join()} ${rank.join()}`,
  )
  const devices = [...state.devices.values()].map(
    ({ id, status, member, since, proof }) => `${id} ${status} ${member} ${since} ${proof?.join()}`,
  )
  const invitations = [...state.invitations.values()].map(({ id, status, used }) => `${id} ${status} ${used}`)
  const spaces = [...state.spaces.values()].flatMap(({ id, audience, creator, since, places }) => [
    `${id} ${audience === 'everyone' ? audience : [...audience].toSorted().join()} ${creator} ${since}`,
    ...[...places].map(([member, place]) => `${id} ${member} ${place.since} ${place.endedBy.join()}`),
  ])
  const owners = [null, ...state.spaces.keys()]
  const safe = owners.flatMap((owner) =>
    findSafeEpochs({ state }, owner).map(({ id, depth }) => `${owner} ${id} ${depth}`),
  )
  const entitled = owners.flatMap((owner) =>
    [...entitledRecipients(state, owner).holders].map((holder) => `${owner} ${holder}`),
  )
  const heads = [[...state.epochHeads], [...state.heads]]
  const parts = [members, devices, invitations, spaces, safe, entitled, ...heads]
  return [state.hash, ...parts.map((part) => part.toSorted().join('\n'))].join('\n\n')
}
