import { isBuiltOn } from '@clique/crypto'
import type { MemberId, RosterState, SpaceId } from '@clique/crypto'
import type { CliqueSession } from '../documents/clique-session.ts'
import type { WindowState } from '../documents/conversation-window.ts'
import { readNameLines } from '../documents/name-lines.ts'
import { chainName, readHeldRecords } from '../documents/record-heads.ts'
import { readRosterLines } from '../documents/roster-lines.ts'
import type { RosterEvent } from '../documents/roster-lines.ts'
import type { GivenName } from '../documents/title.ts'
import type { Named } from '../security/person-view.ts'
import type { GroupLine, GroupLines } from './group-line.ts'
import { rowKey } from './message-rows.ts'

/** Where several things happened at one place, one line for those of a kind. */
export function toGroupLines(events: readonly RosterEvent[], roster: RosterState, me: MemberId): GroupLine[] {
  const named = (id: MemberId) => toNamed(roster, id, me)
  const groups = Map.groupBy(events, ({ kind, by, whom, role }) =>
    [kind, kind === 'joined' ? '' : by, role, whom === me].join(' '),
  )
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    const isOfOne = group.every(({ by }) => by === first.by)
    const by = isOfOne && first.by !== null ? named(first.by) : null
    return [{ kind: first.kind, by, whom: group.map(({ whom }) => named(whom)), role: first.role }]
  })
}

/** One line for each name, but the last alone of those that somebody gave one after another. */
export function toNameLines(names: readonly GivenName[], roster: RosterState, me: MemberId): GroupLine[] {
  const memberOf = (name: GivenName | undefined) =>
    name === undefined ? undefined : roster.devices.get(name.device)?.member
  return names.flatMap((name, i) => {
    const member = memberOf(name)
    if (member === undefined || member === memberOf(names[i + 1])) return []
    return [{ kind: 'named', by: toNamed(roster, member, me), whom: [], role: null, title: name.title }]
  })
}

function toNamed({ members }: RosterState, id: MemberId, me: MemberId): Named {
  return { id, name: members.get(id)?.name ?? '', me: id === me }
}

/** What stands among these messages today. */
export async function readGroupLines(
  session: CliqueSession,
  space: SpaceId,
  { messages, hasOlder }: WindowState,
): Promise<GroupLines> {
  const { log, member } = session
  const documents = await session.documents(space)
  const events = await readRosterLines(documents, log, member, messages, hasOlder)
  const names = await readNameLines(documents, messages, hasOlder)
  const given = [...names.values()].flat()
  const held = await readHeldRecords(documents, given)
  const lines = [...new Set([...events.keys(), ...names.keys()])].map((at) => {
    const below = messages[at]
    const happened = events.get(at) ?? []
    const here = names.get(at) ?? []
    const last = here.at(-1)
    const heads = last === undefined ? null : (held.get(chainName(last))?.heads ?? null)
    // Who gave a name did so after all that they knew of.
    const isBefore = ({ operations }: RosterEvent): boolean =>
      heads === null || operations.every((id) => heads.some((head) => isBuiltOn(log, id, head)))
    const ofKind = (isEarly: boolean) =>
      toGroupLines(
        happened.filter((event) => isBefore(event) === isEarly),
        log.state,
        member,
      )
    const named = toNameLines(here, log.state, member)
    return [below === undefined ? '' : rowKey(below), [...ofKind(true), ...named, ...ofKind(false)]] as const
  })
  return new Map(lines)
}
