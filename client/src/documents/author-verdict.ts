import { foldRoster } from '@clique/crypto'
import type { CliqueLog, DeviceId, Operation, OperationId, RosterState } from '@clique/crypto'

/** `wait`: the roster that the author names has not come here yet. */
export type AuthorVerdict = 'member' | 'stranger' | 'wait'

/** Rosters of the past that are kept folded: records come in runs that name the same heads. */
const keptRosters = 32

/** Says whether a device might write, by the roster that its record names and by the one of today. */
export class AuthorJudge {
  #log: CliqueLog | null = null
  readonly #rosters = new Map<string, RosterState>()

  judge(log: CliqueLog, device: DeviceId, heads: readonly OperationId[]): AuthorVerdict {
    if (heads.length === 0) return 'stranger'
    if (!heads.every((head) => log.operations.has(head))) return 'wait'
    // Whose admission has fallen since (a join by a revoked link) is in no roster of today, whatever was named.
    const isKnown = log.state.devices.has(device)
    return isKnown && mayWrite(this.#rosterAt(log, heads), device) ? 'member' : 'stranger'
  }

  #rosterAt(log: CliqueLog, heads: readonly OperationId[]): RosterState {
    const name = heads.join()
    if (name === log.state.heads.join()) return log.state
    if (this.#log?.clique !== log.clique) this.#rosters.clear()
    this.#log = log
    const kept = this.#rosters.get(name)
    if (kept !== undefined) return kept
    const roster = foldRoster(pastOf(log, heads))
    if (this.#rosters.size >= keptRosters) this.#rosters.clear()
    this.#rosters.set(name, roster)
    return roster
  }
}

function mayWrite(roster: RosterState, device: DeviceId): boolean {
  const found = roster.devices.get(device)
  const member = found === undefined ? undefined : roster.members.get(found.member)
  return found?.status === 'in' && member?.status === 'in' && member.role !== 'reader'
}

/** The operations that the heads stand on, the heads included. */
function pastOf(log: CliqueLog, heads: readonly OperationId[]): Operation[] {
  const past = new Map<OperationId, Operation>()
  const open = [...heads]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const operation = log.operations.get(id)
    if (operation === undefined || past.has(id)) continue
    past.set(id, operation)
    open.push(...operation.parents)
  }
  return [...past.values()]
}
