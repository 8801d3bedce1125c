import { answerersOf, answersOwed, hasAnswered, isInSpace, mayComplain, rotationOf } from '@clique/crypto'
import type { CliqueLog, Complaint, DeviceId, EpochId, EpochInfo, MemberId } from '@clique/crypto'
import { isIn, mostSeniorFirst } from './turn-order.ts'

/**
 * Complaints of one device about epochs that nobody has begun, as far as it knows. Such an epoch may lie behind the very
 * key that is missing, or be made up by somebody who sends wraps that open to nothing. A true one becomes known by the
 * next rotation and is complained of then, whatever was sent before.
 */
export const maxStrayComplaints = 16

/** Epochs whose keys should have come to this device, and about which it may complain. */
export function findMissing(log: CliqueLog, badWraps: ReadonlySet<EpochId>, device: DeviceId): EpochId[] {
  const { state } = log
  const stray = [...state.complaints.values()].filter(
    (one) => one.device === device && !state.epochs.has(one.epoch),
  )
  const isMissing = (epoch: EpochId): boolean =>
    log.keyring.epochs.get(epoch)?.contentRoot == null &&
    // One that was for the invitation alone is nobody's to wrap again.
    state.epochs.get(epoch)?.named.has(`device:${device}`) !== false &&
    (state.epochs.has(epoch) || stray.length < maxStrayComplaints) &&
    mayComplain(state, device, epoch)
  return [...badWraps].filter(isMissing)
}

/**
 * Complaints that a device of `me` is to answer, each with its place in turn. Whoever made the bad wrap may answer, too,
 * but it counts for nothing: their word is what was complained of.
 */
export function findAnswerable(
  log: CliqueLog,
  me: { readonly member: MemberId; readonly device: DeviceId },
): { complaint: Complaint; place: number }[] {
  return [...log.state.complaints.values()].flatMap((complaint) => {
    const epoch = log.state.epochs.get(complaint.epoch)
    if (epoch === undefined || log.keyring.epochs.get(epoch.id)?.secret == null) return []
    if (!isComplainer(log, complaint, epoch) || !epoch.holders.has(`device:${me.device}`)) return []
    if (hasAnswered(log.state, me.member, complaint)) return []
    const authors = authorsOf(log, epoch.id)
    const answerers = [...answerersOf(log.state, complaint)].filter((member) => !authors.has(member))
    if (answerers.length >= answersOwed) return []
    const line = answerLine(log, complaint, epoch, authors)
    const place = line.indexOf(me.member)
    return place < 0 ? [] : [{ complaint, place }]
  })
}

/** Members who can answer, the epoch's authors last. */
function answerLine(
  { state }: CliqueLog,
  complaint: Complaint,
  epoch: EpochInfo,
  authors: ReadonlySet<MemberId>,
): MemberId[] {
  const able = mostSeniorFirst(state).filter(
    ({ devices }) =>
      !devices.includes(complaint.device) && devices.some((id) => epoch.holders.has(`device:${id}`)),
  )
  return [...able.filter(({ id }) => !authors.has(id)), ...able.filter(({ id }) => authors.has(id))].map(
    ({ id }) => id,
  )
}

/**
 * Devices whose keys have come from nobody but those of whom they complain. Answers can be in vain, and who cannot open
 * an epoch cannot say so of what was answered under it; the next epoch of somebody else leads back to all of that.
 * Left out are those for whom `member` can do nothing, being complained of, too; and the epochs of spaces, whose answers
 * are sealed under the clique's keys.
 */
export function findUnserved(log: CliqueLog, member: MemberId): DeviceId[] {
  const complained = new Map<DeviceId, EpochInfo[]>()
  for (const complaint of log.state.complaints.values()) {
    const epoch = log.state.epochs.get(complaint.epoch)
    if (epoch === undefined || epoch.space !== null || !isComplainer(log, complaint, epoch)) continue
    complained.set(complaint.device, [...(complained.get(complaint.device) ?? []), epoch])
  }
  return [...complained].flatMap(([device, epochs]) => {
    const suspects = new Set(epochs.flatMap(({ id }) => [...authorsOf(log, id)]))
    if (suspects.has(member) || log.state.devices.get(device)?.member === member) return []
    const served = epochsBefore(log, (epoch) => {
      const isFree = [...authorsOf(log, epoch.id)].every((author) => !suspects.has(author))
      return epoch.counts && isFree && epoch.holders.has(`device:${device}`)
    })
    return epochs.every(({ id }) => served.has(id)) ? [] : [device]
  })
}

/** Epochs that those which are `chosen` follow, near or far. */
function epochsBefore({ state }: CliqueLog, chosen: (epoch: EpochInfo) => boolean): ReadonlySet<EpochId> {
  const before = new Set<EpochId>()
  const open = [...state.epochs.values()].filter(chosen)
  for (let epoch = open.pop(); epoch !== undefined; epoch = open.pop()) {
    for (const parent of epoch.parents) {
      const info = state.epochs.get(parent)
      if (info === undefined || before.has(parent)) continue
      before.add(parent)
      open.push(info)
    }
  }
  return before
}

/** Whether the one who asks is in, and was meant to have the key. */
function isComplainer({ state }: CliqueLog, { device }: Complaint, epoch: EpochInfo): boolean {
  const member = state.devices.get(device)?.member
  const isOutside = epoch.space !== null && (member === undefined || !isInSpace(state, epoch.space, member))
  return !isOutside && epoch.named.has(`device:${device}`) && isIn(state, device)
}

const authors = new WeakMap<CliqueLog['operations'], Map<EpochId, Set<MemberId>>>()

/** Who began an epoch: more than one where somebody who holds it began it once more. */
function authorsOf(log: CliqueLog, epoch: EpochId): ReadonlySet<MemberId> {
  const known = authors.get(log.operations) ?? readAuthors(log)
  authors.set(log.operations, known)
  return known.get(epoch) ?? new Set()
}

function readAuthors(log: CliqueLog): Map<EpochId, Set<MemberId>> {
  const found = new Map<EpochId, Set<MemberId>>()
  for (const { id, body } of log.operations.values()) {
    const begun = rotationOf(body)?.epoch
    const member = log.graph.get(id)?.member
    if (begun === undefined || member === undefined) continue
    found.set(begun, (found.get(begun) ?? new Set()).add(member))
  }
  return found
}
