import type { OperationId } from '../ids.ts'
import type { Operation } from '../roster/operation.ts'
import type { History } from './histories.ts'
import type { Player } from './players.ts'
import { rootOf } from './told.ts'

/** Once more, by what was known before it, what brought them or a device of theirs. */
export function bringAgain(
  contest: Pick<History, 'pick' | 'operations' | 'graph' | 'write'>,
  player: Player,
  view: ReadonlySet<OperationId>,
): Operation | null {
  const operation = contest.pick(
    [...contest.operations.values()].filter(
      ({ id, type }) =>
        (type === 'add-device' || type === 'join') && contest.graph.get(id)?.member === player.member,
    ),
  )
  if (operation?.body.type === 'join') {
    return contest.write(view, operation.author, { type: 'join', newcomer: operation.body.newcomer })
  }
  if (operation?.body.type !== 'add-device') return null
  const { device, kem, peer } = operation.body
  return contest.write(view, rootOf(player), { type: 'add-device', device, kem, peer })
}
