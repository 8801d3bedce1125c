import { listNames } from './name-list.ts'
import type { Confirmation, RelayForce, RemovalReceipt } from './removals-view.ts'
import type { MembershipWords } from '../words/words.ts'

type Words = Pick<MembershipWords, 'receipt'>

/** What happened, in one line: "Anna removed Ben". */
export function titleOf({ receipt: w }: Words, { kind, member, by }: RemovalReceipt): string {
  if (kind === 'device') return member.me ? w.deviceMine : w.device(member.name)
  if (kind === 'left') return member.me ? w.leftMe : w.left(member.name)
  const [first] = by
  if (first === undefined) return w.removedOnce(member.name)
  if (first.me) return w.removedByMe(member.name)
  return member.me ? w.removedMe(first.name) : w.removed(first.name, member.name)
}

/** How far the new keys have come: who has them, who has them in part, who is still waited for. */
export function keysSentences({ receipt: w }: Words, receipt: RemovalReceipt): string[] {
  const { member, kind, confirmations, isConfirmed, hasNewKeys } = receipt
  const goesOn = receipt.following === 'on'
  if (!hasNewKeys) return [goesOn ? w.noKeys : w.unheard]
  const without = kind === 'device' ? w.thatDevice : member.name
  const others = confirmations
    .filter((one) => one.devices > 0)
    .toSorted((a, b) => Number(a.member.me) - Number(b.member.me))
  if (others.length === 0) return [w.onlyMe(without)]
  if (isConfirmed && goesOn) return [w.everybody(without)]
  const whole = others.filter(({ devices, confirmed }) => confirmed >= devices)
  const parts = others.filter(({ devices, confirmed }) => confirmed > 0 && confirmed < devices)
  const none = others.filter(({ confirmed }) => confirmed === 0)
  const named = (one: Confirmation) =>
    one.member.me ? { ...one.member, me: false, name: w.myOthers } : one.member
  const names = (some: typeof others) => listNames(some.map(named))
  const known = [
    ...(whole.length > 0 ? [w.have(names(whole))] : []),
    ...parts.map((one) => w.some(names([one]), one.confirmed, one.devices)),
  ]
  if (goesOn) return [...known, ...(none.length > 0 ? [w.waiting(names(none))] : [])]
  return known.length > 0 ? known : [w.unheard]
}

/** Whether a relay keeps out whoever has the old keys alone, and if not, what that waits for. */
export function relaySentence(
  { receipt: w }: Words,
  { member, following }: RemovalReceipt,
  { url, force, byMe }: RelayForce,
): string {
  const { host } = new URL(url)
  if (force === 'in-force') return w.inForce(host)
  if (following !== 'on') return w.unheard
  if (force === 'unknown') return w.unknown(host)
  return byMe ? w.notYetByMe(host) : w.notYet(host, member.name)
}

/** More is to come: somebody has no new keys yet, or a relay does not go by them, and this device will hear when they do. */
export function isUnderWay({ following, hasNewKeys, isConfirmed, relays }: RemovalReceipt): boolean {
  const isThrough = hasNewKeys && isConfirmed && relays.every(({ force }) => force === 'in-force')
  return following === 'on' && !isThrough
}
