import { serverLimits } from '../server-limits.ts'
import { addressToBytes } from './stun-message.ts'

interface Account {
  left: number
  at: number
}

/** Bytes of an IPv6 address that belong to one household. */
const prefixSize = 8

/**
 * How many answers an address gets: some at once, then at a rate; and all of them together. A sender's address can be
 * forged, so this also bounds what is sent to somebody who never asked.
 */
export class StunPace {
  readonly #accounts = new Map<string, Account>()
  readonly #all: Account = { left: serverLimits.stunAllBurst, at: 0 }

  /** `now` in milliseconds. */
  spend(address: string, now: number): boolean {
    const bytes = addressToBytes(address)
    if (bytes === null) return false
    const name = bytes.subarray(0, prefixSize).toString('hex')
    const account = this.#accounts.get(name) ?? { left: serverLimits.stunBurst, at: now }
    this.#accounts.delete(name)
    this.#accounts.set(name, account)
    const oldest = this.#accounts.keys().next().value
    if (this.#accounts.size > serverLimits.stunAddresses && oldest !== undefined) {
      this.#accounts.delete(oldest)
    }
    return (
      take(account, serverLimits.stunBurst, serverLimits.stunPerSecond, now) &&
      take(this.#all, serverLimits.stunAllBurst, serverLimits.stunAllPerSecond, now)
    )
  }
}

function take(account: Account, burst: number, perSecond: number, now: number): boolean {
  account.left = Math.min(burst, account.left + (Math.max(0, now - account.at) / 1000) * perSecond)
  account.at = now
  if (account.left < 1) return false
  account.left -= 1
  return true
}
