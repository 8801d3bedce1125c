import { isBuiltOn } from '@clique/crypto'
import type { CliqueLog, DeviceId, MemberId, OperationId, Role, Space, SpaceId } from '@clique/crypto'
import type { FoldedMessage } from './conversation-fold.ts'
import { chainName, readHeldRecords } from './record-heads.ts'
import type { SpaceDocuments } from './space-documents.ts'

export type LineKind = 'joined' | 'left' | 'removed' | 'role' | 'added' | 'taken-out' | 'copied'

/** Something that happened to those who are in a conversation, as the roster of today has it. */
export interface RosterEvent {
  readonly kind: LineKind
  /** Whoever knows all of them knows of it. */
  readonly operations: readonly OperationId[]
  /** What a device wrote before it made this operation, it wrote before the event. */
  readonly made: { readonly device: DeviceId; readonly operation: OperationId } | null
  /** Who did it; of somebody who joined, who invited them. */
  readonly by: MemberId | null
  readonly whom: MemberId
  readonly role: Role | null
}

/** In an order that respects causality. */
export function rosterEvents(log: CliqueLog, space: SpaceId, me: MemberId): RosterEvent[] {
  const { state, graph } = log
  const found = state.spaces.get(space)
  if (found === undefined) return []
  const events = [...state.members.keys()].flatMap((member) => eventsOf(log, found, member))
  const depth = ({ operations }: RosterEvent) =>
    Math.max(...operations.map((id) => graph.get(id)?.depth ?? 0))
  return events
    .filter((event) => !wasBeforeMe(log, event, me))
    .toSorted((a, b) => depth(a) - depth(b) || (nameOf(a) < nameOf(b) ? -1 : 1))
}

function eventsOf(log: CliqueLog, space: Space, whom: MemberId): RosterEvent[] {
  const { state, graph } = log
  const member = state.members.get(whom)
  const place = space.places.get(whom)
  const isForAll = space.audience === 'everyone'
  if (member === undefined || !(isForAll || place !== undefined)) return []
  const event = (kind: LineKind, id: OperationId, role: Role | null = null): RosterEvent[] => {
    const node = graph.get(id)
    if (node === undefined) return []
    const made = node.device === null ? null : { device: node.device, operation: id }
    return [{ kind, operations: [id], made, by: node.member, whom, role }]
  }
  /** One end is enough to be told of: the first in an order that everybody has. */
  const ended = ([id]: readonly OperationId[], kind: LineKind) =>
    id === undefined ? [] : event(graph.get(id)?.member === whom ? 'left' : kind, id)
  const copied = member.devices.flatMap((id) => {
    const proof = state.devices.get(id)?.proof ?? null
    if (proof === null) return []
    return [{ kind: 'copied', operations: proof, made: null, by: null, whom, role: null } as const]
  })
  if (isForAll) {
    const joined = member.admission === 'in' ? joinOf(log, whom) : []
    const set = member.lessened ?? member.grant
    const role = set === null ? [] : event('role', set, member.role)
    return [...joined, ...role, ...ended(member.endedBy, 'removed'), ...copied]
  }
  const added = place === undefined || place.since === space.since ? [] : event('added', place.since)
  const out = place?.endedBy ?? []
  if (out.length > 0) return [...added, ...ended(out, 'taken-out')]
  return [...added, ...ended(member.endedBy, 'removed'), ...copied]
}

/** A newcomer's first word of it is their own, so it is bound by whoever let them in. */
function joinOf({ state, graph }: CliqueLog, whom: MemberId): RosterEvent[] {
  const member = state.members.get(whom)
  const invitation = member?.invite == null ? undefined : state.invitations.get(member.invite)
  if (member === undefined || invitation === undefined) return []
  const { device, operation, inviter } = invitation
  const confirmed = graph.get(member.since)
  const made =
    confirmed?.device == null ? { device, operation } : { device: confirmed.device, operation: member.since }
  return [{ kind: 'joined', operations: [member.since], made, by: inviter, whom, role: null }]
}

/** Whoever reads from their joining on is told of nothing from before. */
function wasBeforeMe(log: CliqueLog, { operations }: RosterEvent, me: MemberId): boolean {
  const own = log.state.members.get(me)
  if (log.state.policy.history === 'full' || own === undefined || own.invite === null) return false
  return operations.every((id) => id !== own.since && isBuiltOn(log, id, own.since))
}

function nameOf({ kind, operations, whom }: RosterEvent): string {
  return `${operations.join()} ${whom} ${kind}`
}

export interface KnowingMessage {
  readonly device: DeviceId
  /** Roster heads that its record names; null where they are not known. */
  readonly heads: readonly OperationId[] | null
}

export type Knows = (heads: readonly OperationId[], operation: OperationId) => boolean

/**
 * Where an event stands among messages: above the first whose author knew of it, but below all that the device which made
 * it wrote before. The times of messages are their authors'; so whoever dates back a message that knows of a removal moves the line no
 * further than between two messages of whoever removed. Index of the message below; their count for the end; null for
 * above all of them. `before`: what the last records before these messages knew.
 */
export function placeOfEvent(
  { operations, made }: RosterEvent,
  messages: readonly KnowingMessage[],
  before: readonly (readonly OperationId[])[],
  knows: Knows,
): number | null {
  const knowsAll = (heads: readonly OperationId[] | null) =>
    heads !== null && operations.every((operation) => knows(heads, operation))
  const last = messages.findLastIndex(
    ({ device, heads }) => device === made?.device && heads !== null && !knows(heads, made.operation),
  )
  if (last === -1 && before.some(knowsAll)) return null
  const first = messages.findIndex(({ heads }, at) => at > last && knowsAll(heads))
  return first === -1 ? messages.length : first
}

/** The events of a conversation by the message that stands below them; those at the end by its length. */
export async function readRosterLines(
  documents: SpaceDocuments,
  log: CliqueLog,
  me: MemberId,
  messages: readonly FoldedMessage[],
  hasOlder: boolean,
): Promise<ReadonlyMap<number, readonly RosterEvent[]>> {
  const lines = new Map<number, RosterEvent[]>()
  const events = rosterEvents(log, documents.context.space, me)
  if (events.length === 0 || messages.length === 0) return lines
  const earliest = new Map<DeviceId, number>()
  for (const { device, sequence } of messages) {
    earliest.set(device, Math.min(sequence, earliest.get(device) ?? Infinity))
  }
  const ends = [...documents.heads].map(([device, head]) => {
    return { device, sequence: (earliest.get(device) ?? head.sequence + 1) - 1 }
  })
  const held = await readHeldRecords(documents, [...messages, ...ends])
  const headsAt = (part: FoldedMessage | (typeof ends)[number]) => held.get(chainName(part))?.heads ?? null
  const knowing = messages.map((message) => ({ device: message.device, heads: headsAt(message) }))
  const before = ends.flatMap((end) => {
    const heads = headsAt(end)
    return heads === null ? [] : [heads]
  })
  const knows = remembered((heads, operation) => heads.some((head) => isBuiltOn(log, operation, head)))
  for (const event of events) {
    const place = placeOfEvent(event, knowing, before, knows) ?? (hasOlder ? null : 0)
    if (place !== null) lines.set(place, [...(lines.get(place) ?? []), event])
  }
  return lines
}

/** Records come in long runs that name the same heads. */
function remembered(knows: Knows): Knows {
  const known = new Map<string, boolean>()
  return (heads, operation) => {
    const name = `${heads.join()} ${operation}`
    const answer = known.get(name) ?? knows(heads, operation)
    known.set(name, answer)
    return answer
  }
}
