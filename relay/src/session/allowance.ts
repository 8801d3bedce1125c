import { limits } from '../../protocol/index.ts'

interface Account {
  readonly since: number
  left: number
  at: number
}

/** Accounts in memory at most; the one that was used longest ago goes first. */
const accountsKept = 10_000

/**
 * How fast one PeerId may send, over all its sessions: a burst and a rate, smaller for PeerIds that are new here and
 * for those without an attestation. Kept in memory alone, as what rests must not say who sent.
 */
export class Allowances {
  readonly #accounts = new Map<string, Account>()

  /** Whether `peer` may send `bytes` now; if so they are taken off. `now` in milliseconds. */
  spend(peer: string, bytes: number, attested: boolean, now: number): boolean {
    const account = this.#accounts.get(peer) ?? { since: now, left: Number.POSITIVE_INFINITY, at: now }
    this.#accounts.delete(peer)
    this.#accounts.set(peer, account)
    const oldest = this.#accounts.keys().next().value
    if (this.#accounts.size > accountsKept && oldest !== undefined) this.#accounts.delete(oldest)

    const { burst, perSecond } = paceOf(attested, now - account.since)
    const refilled = account.left + (Math.max(0, now - account.at) / 1000) * perSecond
    account.left = Math.min(burst, refilled)
    account.at = now
    if (bytes > account.left) return false
    account.left -= bytes
    return true
  }
}

function paceOf(attested: boolean, knownFor: number): { burst: number; perSecond: number } {
  if (!attested) return { burst: limits.strangerBurst, perSecond: limits.strangerBytesPerSecond }
  if (knownFor < limits.newPeerFor) {
    return { burst: limits.newPeerBurst, perSecond: limits.newPeerBytesPerSecond }
  }
  return { burst: limits.peerBurst, perSecond: limits.peerBytesPerSecond }
}
