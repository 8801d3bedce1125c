import { learnArchive } from '../epochs/archive.ts'
import { emptyKeyring, KeyringDraft } from '../epochs/keyring.ts'
import type { Keyring } from '../epochs/keyring.ts'
import type { RotationPart } from '../epochs/rotation.ts'
import { toHex } from '../bytes.ts'
import type { DeviceId, EpochId, MemberId, OperationId, SpaceId } from '../ids.ts'
import { hasBit } from '../roster/bit-set.ts'
import { rotationOf } from '../roster/operation.ts'
import type { OperationAuthor } from '../roster/operation.ts'
import { isInSpace } from '../roster/spaces.ts'
import type { Member, RosterState } from '../roster/state.ts'
import type { Contest } from './contest.ts'
import type { Choice, Sent } from './players.ts'

/** What is asked: who did what, and what was sent having heard of what. */
export type Played = Pick<Contest, 'operations' | 'graph' | 'secrets' | 'linkHolders' | 'sent' | 'at'>

/** Somebody who was removed: one device, or a person with all that is theirs. */
interface Removed {
  readonly member: MemberId
  /** Null for the whole person. */
  readonly device: DeviceId | null
}

export interface Leak extends Removed {
  readonly epoch: EpochId
  readonly space: SpaceId | null
}

/**
 * Whether somebody had reason to let them in: one who knew of every removal that the sender knew of, where somebody stronger
 * had undone it; or one by whose operation they are in with all else that the sender knew.
 */
function wasAnnulled(
  contest: Played,
  { seen, space }: Pick<Sent, 'seen' | 'space'>,
  removed: Removed,
): boolean {
  const { member, device } = removed
  const ends = [...seen].filter((id) => {
    const body = contest.operations.get(id)?.body
    const node = contest.graph.get(id)
    if (body?.type === 'set-audience' && body.space === space) return body.remove.includes(member)
    if (device !== null) return body?.type === 'remove-device' && body.last.device === device
    return (
      (body?.type === 'remove-member' && body.member === member) ||
      (body?.type === 'leave' && node?.member === member)
    )
  })
  return [...contest.operations.keys()].some((operation) => {
    const node = contest.graph.get(operation)
    const knows = (id: OperationId): boolean => {
      const end = contest.graph.get(id)
      return end !== undefined && node !== undefined && hasBit(node.past, end.index)
    }
    // Being let in again is such a reason, even where nobody has built on it.
    if (node === undefined || !isIn(node.after, removed, space)) return false
    return (
      (ends.length > 0 && ends.every(knows)) ||
      isIn(contest.graph.stateAt([...seen, operation]), removed, space)
    )
  })
}

/**
 * What was sent under keys that a device came by which the sender knew to be out: removed, taken out of the space, or of
 * somebody whom nobody ever let into it. Found by opening: whoever is out is given the secrets that were wrapped to their
 * keys and to the links that they know, and follows the archives. Who is in again when everybody has met was not out after
 * all, nor was whose removal somebody stronger undid.
 */
export function leaksOf(contest: Played): Readonly<Record<Choice, readonly Leak[]>> {
  const final = contest.graph.stateAt(contest.operations.keys())
  const keyrings = new Map<string, Keyring>()
  const letIn = everLetIn(contest)
  const epochs = begunIn(contest)
  const among = (all: readonly Sent[]): Leak[] => {
    const leaks: Leak[] = []
    for (const sent of all) {
      const { epoch, space } = sent
      for (const removed of outIn(contest, contest.at(sent.seen), space, letIn)) {
        if (isIn(final, removed, space)) continue
        const name = `${removed.member} ${removed.device}`
        const keyring = keyrings.get(name) ?? keyringOf(contest, epochs, final, removed)
        keyrings.set(name, keyring)
        if (keyring.epochs.get(epoch)?.contentRoot == null || wasAnnulled(contest, sent, removed)) continue
        leaks.push({ ...removed, epoch, space })
      }
    }
    return leaks
  }
  return { safe: among(contest.sent.safe), deepest: among(contest.sent.deepest) }
}

function outIn(
  { operations }: Pick<Played, 'operations'>,
  state: RosterState,
  space: SpaceId | null,
  letIn: ReadonlySet<string>,
): Removed[] {
  const places = space === null ? undefined : state.spaces.get(space)?.places
  // Whoever waits and says that they leave waits all the same for who confirms them and has not heard of it ([ROS16]).
  const isWaiting = ({ admission, endedBy }: Member): boolean =>
    admission === 'quarantined' && endedBy.every((end) => operations.get(end)?.type === 'leave')
  const isOut = (member: Member): boolean => {
    const { id, status } = member
    if (status === 'out') return !isWaiting(member)
    const place = places?.get(id)
    if (place !== undefined) return place.endedBy.length > 0
    return space !== null && !letIn.has(`${space} ${id}`)
  }
  const people = [...state.members.values()].filter(isOut).map(({ id }) => ({ member: id, device: null }))
  const devices = [...state.devices.values()]
    .filter(({ status, member }) => status !== 'in' && state.members.get(member)?.status === 'in')
    .map(({ id, member }) => ({ member, device: id }))
  return [...people, ...devices]
}

/** Everybody whom anybody let into a space, with or without an effect. */
function everLetIn(contest: Played): ReadonlySet<string> {
  const found = new Set<string>()
  for (const [id, { body }] of contest.operations) {
    if (body.type !== 'create-space' && body.type !== 'set-audience') continue
    const author = contest.graph.get(id)?.member
    const members = body.type === 'set-audience' ? body.add : [...(body.members ?? []), author]
    for (const member of members) found.add(`${body.space} ${member}`)
  }
  return found
}

function isIn(state: RosterState, { member, device }: Removed, space: SpaceId | null): boolean {
  if (state.members.get(member)?.status !== 'in') return false
  if (space !== null && !isInSpace(state, space, member)) return false
  return device === null || state.devices.get(device)?.status === 'in'
}

/** An epoch with its author, its secret and, as hex, the keys that it was wrapped to. */
interface Begun {
  readonly part: RotationPart
  readonly author: OperationAuthor
  readonly secret: Uint8Array
  readonly given: readonly string[]
}

function begunIn(contest: Played): Begun[] {
  return [...contest.operations.values()].flatMap(({ body, author }) => {
    const part = rotationOf(body)
    if (part === null) return []
    const made = contest.secrets.get(part.epoch)
    if (made === undefined) throw new Error('every epoch was made here')
    return [{ part, author, secret: made.secret, given: made.given.map(toHex) }]
  })
}

function keyringOf(
  contest: Played,
  epochs: readonly Begun[],
  final: RosterState,
  { member, device }: Removed,
): Keyring {
  const person = final.members.get(member)
  const devices = device === null ? (person?.devices ?? []) : [device]
  const keys = new Set<string>()
  for (const { body, author } of contest.operations.values()) {
    const isOwn = author.kind === 'device' && devices.includes(author.id)
    if (body.type === 'genesis' || body.type === 'join') {
      const { newcomer } = body.type === 'join' ? body : { newcomer: body.founder }
      if (devices.includes(newcomer.device)) keys.add(toHex(newcomer.kem))
      if (device === null && newcomer.member === member) keys.add(toHex(newcomer.recoveryKey))
    }
    if (body.type === 'add-device' && devices.includes(body.device)) keys.add(toHex(body.kem))
    if (body.type === 'rotate-kem' && isOwn) keys.add(toHex(body.kem))
    const isLinkHolder = (link: DeviceId): boolean => devices.includes(link)
    if (body.type === 'invite' && contest.linkHolders.get(body.invite)?.some(isLinkHolder)) {
      keys.add(toHex(body.kem))
    }
  }
  const draft = new KeyringDraft(emptyKeyring)
  for (const { part, author, secret, given } of epochs) {
    const isOwn = author.kind === 'device' && devices.includes(author.id)
    if (isOwn || given.some((key) => keys.has(key)))
      draft.addSecret(part.epoch, secret, part.commitments.terms, part.space, part.commitments.signingKey)
  }
  for (let more = true; more;) {
    more = false
    for (const { part } of epochs.toReversed()) if (learnArchive(part, draft)) more = true
  }
  return draft.finish()
}
