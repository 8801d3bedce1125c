import { addressToBytes } from './stun/stun-message.ts'

export interface Pace {
  /** For one address (one /64 of IPv6): at once, and a second. */
  readonly burst: number
  readonly perSecond: number
  /** For all addresses together. */
  readonly allBurst: number
  readonly allPerSecond: number
  /** Addresses in memory; the one that asked longest ago goes first. */
  readonly addresses: number
}

interface Account {
  left: number
  at: number
}

/** Bytes of an IPv6 address that belong to one household. */
const prefixSize = 8

/**
 * How much is done for an address: some at once, then at a rate; and for all of them together. A sender's address can be
 * forged, so this also bounds what is sent to somebody who never asked.
 */
export class AddressPace {
  readonly #pace: Pace
  readonly #accounts = new Map<string, Account>()
  readonly #all: Account

  constructor(pace: Pace) {
    this.#pace = pace
    this.#all = { left: pace.allBurst, at: 0 }
  }

  /** `now` in milliseconds. */
  spend(address: string, now: number): boolean {
    const { burst, perSecond, allBurst, allPerSecond, addresses } = this.#pace
    const bytes = addressToBytes(address)
    if (bytes === null) return false
    const name = bytes.subarray(0, prefixSize).toString('hex')
    const account = this.#accounts.get(name) ?? { left: burst, at: now }
    this.#accounts.delete(name)
    this.#accounts.set(name, account)
    const oldest = this.#accounts.keys().next().value
    if (this.#accounts.size > addresses && oldest !== undefined) this.#accounts.delete(oldest)
    return take(account, burst, perSecond, now) && take(this.#all, allBurst, allPerSecond, now)
  }
}

function take(account: Account, burst: number, perSecond: number, now: number): boolean {
  account.left = Math.min(burst, account.left + (Math.max(0, now - account.at) / 1000) * perSecond)
  account.at = now
  if (account.left < 1) return false
  account.left -= 1
  return true
}
