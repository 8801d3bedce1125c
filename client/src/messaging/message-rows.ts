import { isInSpace, isMeantFor, membersOfSpace } from '@clique/crypto'
import type { DeviceId, Member, MemberId, RosterState, SpaceId } from '@clique/crypto'
import { epochOfChapter } from '../documents/chapter-name.ts'
import type { FoldedMessage } from '../documents/conversation-fold.ts'
import { isModerator, mayModerate, mayOverrule } from '../documents/moderation.ts'
import type { Vector } from '../storage/peers.ts'
import type { HiddenMessage, MessageRow, MessageState } from './conversation-view.ts'

export interface RowFacts {
  readonly me: MemberId
  readonly device: DeviceId
  readonly space: SpaceId
  readonly roster: RosterState
  /** Sequences of this device's records that no relay has confirmed. */
  readonly unrelayed: ReadonlySet<number>
  /** Sequences of this device's records with files that are not all at the relays yet. */
  readonly uploading: ReadonlySet<number>
  /** What the other devices say that they hold. */
  readonly vectors: ReadonlyMap<DeviceId, Vector>
}

/**
 * Messages as the screen shows them. A row that has not changed is the object that it was, so that a list redraws
 * what changed alone. Messages of devices that are in no roster (their admission has fallen) are left out.
 */
export function toMessageRows(
  messages: readonly FoldedMessage[],
  facts: RowFacts,
  before: readonly MessageRow[] = [],
): MessageRow[] {
  const known = new Map(before.map((row) => [row.key, row]))
  const circles = new Circles(facts.roster, facts.space)
  return messages.flatMap((message) => {
    const row = toRow(message, facts, circles)
    if (row === null) return []
    const same = known.get(row.key)
    return [same !== undefined && isSameRow(same, row) ? same : row]
  })
}

/** Who is meant to open what is in a chapter: whoever came later is not waited for. */
class Circles {
  readonly #roster: RosterState
  readonly #members: readonly Member[]
  readonly #byChapter = new Map<string, readonly Member[]>()

  constructor(roster: RosterState, space: SpaceId) {
    this.#roster = roster
    this.#members = membersOfSpace(roster, space)
  }

  of(document: string): readonly Member[] {
    const known = this.#byChapter.get(document) ?? this.#find(document)
    this.#byChapter.set(document, known)
    return known
  }

  #find(document: string): Member[] {
    const epoch = epochOfChapter(this.#roster, document)
    return this.#members.filter(
      ({ devices }) => epoch === null || devices.some((device) => isMeantFor(this.#roster, epoch, device)),
    )
  }
}

function toRow(message: FoldedMessage, facts: RowFacts, circles: Circles): MessageRow | null {
  const { device, entry } = message
  const member = facts.roster.devices.get(device)?.member
  const author = member === undefined ? undefined : facts.roster.members.get(member)
  if (author === undefined) return null
  const hidden = hiddenOf(message, author.id, facts)
  return {
    key: rowKey(message),
    author: author.id,
    authorName: author.name,
    isGone: author.status === 'out',
    mine: author.id === facts.me,
    text: hidden === null ? entry.text : '',
    files: hidden === null ? entry.files : [],
    hidden,
    mayHide: hidden === null && mayHide(facts, author.id),
    sentAt: believedTime(message),
    state: stateOf(message, author.id, facts, circles.of(message.document)),
    clockOff: message.clockOff,
  }
}

export function rowKey({ device, sequence, index }: FoldedMessage): string {
  return `${device}.${sequence}.${index}`
}

function mayHide({ roster, space, me }: RowFacts, author: MemberId): boolean {
  return isInSpace(roster, space, me) && mayModerate(roster, me, author)
}

/** The one who hid it first is named; it shows again when everything that hides it is lifted. */
function hiddenOf(
  { hides, entry: { text, files } }: FoldedMessage,
  author: MemberId,
  facts: RowFacts,
): HiddenMessage | null {
  const [first] = hides
  if (first === undefined) return null
  const { me, roster } = facts
  const own = roster.members.get(me)
  const isOver = own?.status === 'in' && isModerator(own)
  const mayShow = (who: MemberId): boolean =>
    mayHide({ ...facts, me: who }, author) && hides.every(({ by }) => mayOverrule(roster, who, by))
  const others = isOver && !mayShow(me) ? membersOfSpace(roster, facts.space) : []
  return {
    by: roster.members.get(first.by)?.name ?? '',
    byMe: first.by === me,
    mayShow: mayShow(me),
    shownBy: others.flatMap(({ id, name }) => (mayShow(id) ? [name] : [])),
    content: author === me || isOver ? { text, files } : null,
  }
}

/** A clock that was ahead cannot have sent later than we received; one that was behind, not before what it had seen. */
function believedTime({ entry, receivedAt, clockOff }: FoldedMessage): number {
  if (!clockOff) return entry.sentAt
  return entry.sentAt > receivedAt ? receivedAt : Math.min(entry.time, receivedAt)
}

/** What others hold is told by themselves; the relay's word counts for the relay alone. */
function stateOf(
  { device, sequence }: FoldedMessage,
  author: MemberId,
  facts: RowFacts,
  circle: readonly Member[],
): MessageState {
  const { vectors, unrelayed, uploading } = facts
  const others = circle.filter(({ id }) => id !== author)
  const holders = others.filter(
    ({ id, devices }) =>
      id === facts.me || devices.some((one) => (vectors.get(one)?.[device] ?? 0) >= sequence),
  )
  if (holders.length > 0) return { kind: 'delivered', to: holders.length, of: others.length }
  const isUnsent = unrelayed.has(sequence) || uploading.has(sequence)
  if (device === facts.device && isUnsent) return { kind: 'queued' }
  return { kind: others.length === 0 ? 'kept' : 'on-relay' }
}

/** Files never change once a message is written. */
function isSameRow(a: MessageRow, b: MessageRow): boolean {
  return (
    a.authorName === b.authorName &&
    a.isGone === b.isGone &&
    a.text === b.text &&
    a.mayHide === b.mayHide &&
    isSameHidden(a.hidden, b.hidden) &&
    a.sentAt === b.sentAt &&
    a.clockOff === b.clockOff &&
    isSameState(a.state, b.state)
  )
}

function isSameHidden(a: HiddenMessage | null, b: HiddenMessage | null): boolean {
  if (a === null || b === null) return a === b
  return (
    a.by === b.by &&
    a.byMe === b.byMe &&
    a.mayShow === b.mayShow &&
    a.shownBy?.join() === b.shownBy?.join() &&
    (a.content === null) === (b.content === null)
  )
}

function isSameState(a: MessageState, b: MessageState): boolean {
  if (a.kind !== 'delivered' || b.kind !== 'delivered') return a.kind === b.kind
  return a.to === b.to && a.of === b.of
}
