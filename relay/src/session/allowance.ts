import { limits } from '../../protocol/index.ts'

/** What a device has an allowance of. */
export type PaceName = 'bytes' | 'chunkBytes' | 'mailboxes' | 'memberChecks' | 'strangerChecks'

interface Pace {
  readonly burst: number
  readonly perSecond: number
}

interface Account {
  readonly since: number
  left: number
  at: number
}

/** Accounts of one pace in memory at most; the one that was used longest ago goes first. */
const accountsKept = 10_000

/**
 * How fast one PeerId may do something, over all its sessions: a burst and a rate, smaller for PeerIds that are new
 * here and for those without an attestation. Kept in memory alone, as what rests must not say who sent.
 */
export class Allowances {
  readonly #accounts: Record<PaceName, Map<string, Account>> = {
    bytes: new Map(),
    chunkBytes: new Map(),
    mailboxes: new Map(),
    memberChecks: new Map(),
    strangerChecks: new Map(),
  }

  /** Whether `peer` may do so much now; if so it is taken off. `now` in milliseconds. */
  spend(peer: string, name: PaceName, amount: number, attested: boolean, now: number): boolean {
    const accounts = this.#accounts[name]
    const account = accounts.get(peer) ?? { since: now, left: Number.POSITIVE_INFINITY, at: now }
    accounts.delete(peer)
    accounts.set(peer, account)
    const oldest = accounts.keys().next().value
    if (accounts.size > accountsKept && oldest !== undefined) accounts.delete(oldest)

    const { burst, perSecond } = paceOf(name, attested, now - account.since)
    const refilled = account.left + (Math.max(0, now - account.at) / 1000) * perSecond
    account.left = Math.min(burst, refilled)
    account.at = now
    if (amount > account.left) return false
    account.left -= amount
    return true
  }
}

const paces: Readonly<Record<Exclude<PaceName, 'bytes' | 'chunkBytes'>, Pace>> = {
  mailboxes: { burst: limits.mailboxBurst, perSecond: limits.mailboxesPerHour / 3600 },
  memberChecks: { burst: limits.memberCheckBurst, perSecond: limits.memberChecksPerMinute / 60 },
  strangerChecks: { burst: limits.strangerCheckBurst, perSecond: limits.strangerChecksPerMinute / 60 },
}

function paceOf(name: PaceName, attested: boolean, knownFor: number): Pace {
  if (name === 'chunkBytes') return chunkPaceOf(knownFor)
  if (name !== 'bytes') return paces[name]
  if (!attested) return { burst: limits.strangerBurst, perSecond: limits.strangerBytesPerSecond }
  if (knownFor < limits.newPeerFor) {
    return { burst: limits.newPeerBurst, perSecond: limits.newPeerBytesPerSecond }
  }
  return { burst: limits.peerBurst, perSecond: limits.peerBytesPerSecond }
}

function chunkPaceOf(knownFor: number): Pace {
  if (knownFor < limits.newPeerFor) {
    return { burst: limits.newPeerChunkBurst, perSecond: limits.newPeerChunkBytesPerSecond }
  }
  return { burst: limits.chunkBurst, perSecond: limits.chunkBytesPerSecond }
}
