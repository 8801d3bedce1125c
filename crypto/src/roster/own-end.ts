import { decodeItem } from '../epochs/control-item.ts'
import { openEndNotice } from '../epochs/end-notice.ts'
import type { EndNotice } from '../epochs/end-notice.ts'
import type { KemPair } from '../hpke.ts'
import type { DeviceId, MemberId, OperationId } from '../ids.ts'
import type { CliqueLog } from './log.ts'
import { mayRemoveTogether } from './majority.ts'
import type { Signers } from './majority.ts'
import { isAbove } from './rank.ts'
import { isIn } from './standing.ts'

/** How a device stands that is not in, as far as it can prove that itself. */
export type OwnEnd =
  | { readonly kind: 'removed'; readonly by: readonly MemberId[] }
  | { readonly kind: 'left' }
  | { readonly kind: 'device-removed' }
  | { readonly kind: 'forked' }
  | { readonly kind: 'quarantined' }

/** The notices to these keys among items that could not be opened. Signed by whom they name, not yet judged. */
export async function findEndNotices(
  { clique, waiting }: Pick<CliqueLog, 'clique' | 'waiting'>,
  recipients: readonly KemPair[],
): Promise<EndNotice[]> {
  const found: EndNotice[] = []
  for (const bytes of waiting) {
    const { handout } = decodeItem(bytes)
    if (handout === null || handout.notices.length === 0) continue
    const notice = await openEndNotice(clique, handout.epoch, handout.notices, recipients)
    if (notice !== null) found.push(notice)
  }
  return found
}

/**
 * Null while the device is in. What the roster says comes first; of notices those count whose author may do what they
 * say in the roster that this device has, and whose operation would be the author's next one here. One about an operation
 * that the device has after all, or of which it has another by that number, is passed over: the roster knows better then.
 * `isLate`: whether an operation came so long after the notice that its author would have known of a true one.
 */
export function ownEnd(
  log: CliqueLog,
  me: DeviceId,
  notices: readonly EndNotice[],
  isLate: (operation: OperationId, notice: EndNotice) => boolean = () => false,
): OwnEnd | null {
  const { state } = log
  const device = state.devices.get(me)
  const member = device === undefined ? undefined : state.members.get(device.member)
  if (device === undefined || member === undefined) return null
  if (member.status === 'out') {
    const ends = member.endedBy.flatMap((id) => log.graph.get(id) ?? [])
    if (ends.some(({ operation }) => operation.type === 'leave')) return { kind: 'left' }
    const by = ends.flatMap((end) => [end.member, ...end.signatures.map((signature) => signature.member)])
    return { kind: 'removed', by: [...new Set(by)] }
  }
  if (device.status === 'forked') return { kind: 'forked' }
  if (device.status === 'out') return { kind: 'device-removed' }
  const standing = notices.find(
    (notice) => isStanding(log, me, member.id, notice) && !isDenied(log, me, notice, isLate),
  )
  if (standing?.ended.kind === 'device') return { kind: 'device-removed' }
  if (standing !== undefined) return { kind: 'removed', by: signersOfEnd(log, member.id, standing) }
  return member.status === 'quarantined' ? { kind: 'quarantined' } : null
}

function isStanding(
  log: CliqueLog,
  me: DeviceId,
  member: MemberId,
  { epoch, ended, author, sequence }: EndNotice,
): boolean {
  const { state } = log
  if (state.epochs.has(epoch)) return false
  // All that its author did before can be read here, as this device was in until then.
  if (author.kind === 'device' && sequence !== (state.tips.get(author.id)?.sequence ?? 0) + 1) return false
  if (ended.kind === 'device') {
    if (ended.id !== me) return false
    if (author.kind === 'root') return author.id === member
    return author.id !== me && isIn(state, author.id) && state.devices.get(author.id)?.member === member
  }
  if (ended.id !== member || author.kind !== 'device' || !isIn(state, author.id)) return false
  const target = state.members.get(member)
  const by = state.members.get(state.devices.get(author.id)?.member ?? member)
  if (target === undefined || by === undefined || by.id === target.id) return false
  return isAbove(by, target) || mayRemoveTogether(state, cosigners(log, member, author.id), target, log.graph)
}

/** Whether somebody who is neither of the two began an epoch for this device since, and would have heard that it is out. */
function isDenied(
  { state, graph }: CliqueLog,
  me: DeviceId,
  notice: EndNotice,
  isLate: (operation: OperationId, notice: EndNotice) => boolean,
): boolean {
  const { author } = notice
  const accuser = author.kind === 'root' ? author.id : state.devices.get(author.id)?.member
  const parties = [accuser, state.devices.get(me)?.member]
  return [...state.epochs.values()].some(
    ({ operation, counts, named }) =>
      counts &&
      named.has(`device:${me}`) &&
      !parties.includes(graph.get(operation)?.member) &&
      isLate(operation, notice),
  )
}

/** The author, and whoever signed where that was needed. */
function signersOfEnd(log: CliqueLog, member: MemberId, { author }: EndNotice): MemberId[] {
  const { state } = log
  const by = author.kind === 'device' ? state.devices.get(author.id)?.member : undefined
  const target = state.members.get(member)
  const signer = by === undefined ? undefined : state.members.get(by)
  if (signer === undefined || target === undefined) return []
  if (author.kind !== 'device' || isAbove(signer, target)) return [signer.id]
  return [...new Set(cosigners(log, member, author.id).values())]
}

function cosigners({ state }: CliqueLog, member: MemberId, author: DeviceId): Signers {
  const own = state.devices.get(author)
  const signers = [...state.countersigns.values()]
    .filter((one) => one.purpose === 'remove' && one.member === member && isIn(state, one.device))
    .map(({ device, signer }): [DeviceId, MemberId] => [device, signer])
  return new Map([...(own === undefined ? [] : [[author, own.member] as const]), ...signers])
}
