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
  if (!hasNewKeys) return [w.noKeys]
  const without = kind === 'device' ? w.thatDevice : member.name
  const others = confirmations
    .filter((one) => one.devices > 0)
    .toSorted((a, b) => Number(a.member.me) - Number(b.member.me))
  if (others.length === 0) return [w.onlyMe(without)]
  if (isConfirmed) return [w.everybody(without)]
  const whole = others.filter(({ devices, confirmed }) => confirmed >= devices)
  const parts = others.filter(({ devices, confirmed }) => confirmed > 0 && confirmed < devices)
  const none = others.filter(({ confirmed }) => confirmed === 0)
  const named = (one: Confirmation) =>
    one.member.me ? { ...one.member, me: false, name: w.myOthers } : one.member
  const names = (some: typeof others) => listNames(some.map(named))
  return [
    ...(whole.length > 0 ? [w.have(names(whole))] : []),
    ...parts.map((one) => w.some(names([one]), one.confirmed, one.devices)),
    ...(none.length > 0 ? [w.waiting(names(none))] : []),
  ]
}

/** Whether a relay keeps out whoever has the old keys alone, and if not, what that waits for. */
export function relaySentence({ receipt: w }: Words, { url, force, byMe }: RelayForce, name: string): string {
  const { host } = new URL(url)
  if (force === 'in-force') return w.inForce(host)
  if (force === 'unknown') return w.unknown(host)
  return byMe ? w.notYetByMe(host) : w.notYet(host, name)
}

/** Everybody has the new keys, and the relays go by them. */
export function isThrough({ hasNewKeys, isConfirmed, relays }: RemovalReceipt): boolean {
  return hasNewKeys && isConfirmed && relays.every(({ force }) => force === 'in-force')
}
