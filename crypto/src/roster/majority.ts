import type { DeviceId, MemberId, OperationId } from '../ids.ts'
import { maxLine } from './limits.ts'
import type { RosterNode } from './node.ts'
import type { CountersignPurpose } from './operation.ts'
import { compareRanks } from './rank.ts'
import { isAdmin } from './roles.ts'
import { compareIds } from './sorted-ids.ts'
import { isIn } from './standing.ts'
import type { Device, Member, RosterState } from './state.ts'

/** What there was before an operation: `stateAt` of some of it with all that they build on. */
export interface Views {
  get(id: OperationId): RosterNode | undefined
  stateAt(ids: Iterable<OperationId>): RosterState
}

/** Who signed, by the devices that did. */
export type Signers = ReadonlyMap<DeviceId, MemberId>

/**
 * Who signed for this: the author, and those whose countersigns are named. Null where one of them is not known, is for
 * something else, or is of a device that is not in.
 */
export function signersOf(
  past: RosterState,
  author: Device,
  countersigns: readonly OperationId[],
  purpose: CountersignPurpose,
  member: MemberId,
): Signers | null {
  const signers = new Map([[author.id, author.member]])
  for (const id of countersigns) {
    const countersign = past.countersigns.get(id)
    if (countersign?.purpose !== purpose || countersign.member !== member) return null
    if (!isIn(past, countersign.device)) return null
    signers.set(countersign.device, countersign.signer)
  }
  return signers
}

/** Who decides about something, and how many of them have to sign. */
export interface Vote {
  readonly voters: ReadonlySet<MemberId>
  readonly needed: number
  /** Whether what a device signs is a vote. */
  readonly speaks: (device: DeviceId) => boolean
}

/**
 * What it takes to remove somebody whom nobody of these could remove alone: more than half of the other admins where
 * there are at least two, else of all members, the one in question among them. Those are counted whom that person had
 * known: else whoever may invite could make up a majority out of sight.
 */
export function removalVote(past: RosterState, target: Member, views: Views): Vote {
  const { voters, speaks } = rollOf([target], past, views)
  const admins = voters.filter(({ id, role }) => id !== target.id && isAdmin(role))
  if (admins.length < 2) return voteOf(voters, speaks)
  // Who has fallen to a lesser role since is still counted, and has no vote.
  const still = admins.filter(({ id }) => isAdmin(past.members.get(id)?.role ?? 'reader'))
  return { ...voteOf(admins, speaks), voters: new Set(still.map(({ id }) => id)) }
}

export function mayRemoveTogether(
  past: RosterState,
  signers: Signers,
  target: Member,
  views: Views,
): boolean {
  return isEnough(removalVote(past, target, views), signers)
}

/**
 * What it takes to make somebody an admin: more than half of all members; or, where there is one admin at most, who may
 * be lost, the most senior of the others with somebody else. Those are counted whom an admin had known.
 */
export function recoveryVote(past: RosterState, signers: Signers, views: Views): Vote {
  const members = [...past.members.values()]
  const admins = members.filter(({ status, role }) => status === 'in' && isAdmin(role))
  // Where the last of them has left or stepped down, what they had known.
  const former = members.filter(
    ({ isBarred, role, rank }) => !isBarred && (isAdmin(role) || rank.length === 0),
  )
  const { voters, speaks } = rollOf(admins.length > 0 ? admins : former, past, views)
  const others = voters.filter(({ role }) => !isAdmin(role))
  const [first] = others.toSorted((a, b) => compareRanks(a.rank, b.rank) || compareIds(a.id, b.id))
  const vote = voteOf(voters, speaks)
  const isLed = admins.length <= 1 && first !== undefined && votesOf(vote, signers).has(first.id)
  return isLed ? { ...vote, needed: Math.min(2, vote.needed) } : vote
}

export function mayRecoverTogether(past: RosterState, signers: Signers, views: Views): boolean {
  return isEnough(recoveryVote(past, signers, views), signers)
}

function voteOf(voters: readonly Member[], speaks: Vote['speaks']): Vote {
  return { voters: new Set(voters.map(({ id }) => id)), needed: Math.floor(voters.length / 2) + 1, speaks }
}

export function isEnough(vote: Vote, signers: Signers): boolean {
  return votesOf(vote, signers).size >= vote.needed
}

function votesOf({ voters, speaks }: Vote, signers: Signers): ReadonlySet<MemberId> {
  return new Set([...signers].flatMap(([device, id]) => (voters.has(id) && speaks(device) ? [id] : [])))
}

/**
 * Everybody who is in by what these people built on last, and has not left since; and the devices that speak for them: those
 * that were known there, and what these have added. A root adds devices to what was known at any time, and nothing that its
 * member did since ties them to later.
 */
function rollOf(knowing: readonly Member[], past: RosterState, views: Views) {
  const view = views.stateAt(knowing.flatMap((member) => latestOf(member, past, views)))
  const hasLeft = (id: MemberId): boolean =>
    (past.members.get(id)?.endedBy ?? []).some((end) => views.get(end)?.operation.type === 'leave')
  const voters = [...view.members.values()].filter(({ id, status }) => status === 'in' && !hasLeft(id))
  const speaks = (id: DeviceId, left = maxLine): boolean => {
    if (view.devices.has(id)) return true
    const by = past.devices.get(id)?.addedBy ?? null
    return by !== null && left > 0 && speaks(by, left - 1)
  }
  return { voters, speaks }
}

/** The last operation of each of a member's devices, and what the member came by. */
function latestOf({ id, since, devices }: Member, past: RosterState, views: Views): OperationId[] {
  const tips = devices.flatMap((device) => past.tips.get(device)?.operation ?? [])
  // A confirmation is somebody else's.
  return views.get(since)?.member === id ? [...tips, since] : tips
}
