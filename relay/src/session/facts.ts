import { CliqueError } from '@clique/crypto/verify'
import type { MailboxId } from '@clique/crypto/verify'
import { limits } from '../../protocol/index.ts'
import type { MailboxKind, SessionFacts } from '../../protocol/index.ts'
import type { MailboxPlace, TenantId } from '../storage/storage.ts'
import type { PaceName } from './allowance.ts'

/** What a session holds about its device between requests. */
export interface SessionState {
  readonly relay: Uint8Array
  readonly peer: string
  /** Null before `hello`. */
  challenge: { readonly nonce: Uint8Array; readonly time: number } | null
  attested: Attested | null
  /** Generations that ended while something was asked for in this session. */
  readonly retired: Map<TenantId, number>
  readonly opened: Map<MailboxId, Opened>
  readonly watched: Map<MailboxPlace, MailboxId>
}

export interface Attested {
  readonly tenant: TenantId
  readonly generation: number
  readonly expires: number
}

export interface Opened {
  readonly kind: MailboxKind
  readonly place: MailboxPlace
  readonly tenant: TenantId
}

/** Takes something off the device's allowance; false when there is not enough. */
export type Spend = (pace: PaceName, amount: number, attested: boolean) => boolean

/** What a request's procedure may see and change. */
export interface Handling {
  readonly state: SessionState
  /** The relay's clock when the last event came, milliseconds. */
  now(): number
  readonly spend: Spend
}

/** The attestation while it lasts. */
export function attestedNow({ state, now }: Handling): Attested | null {
  return state.attested !== null && state.attested.expires > now() ? state.attested : null
}

/** @throws CliqueError `relay-not-attested` */
export function requireAnyAttestation(handling: Handling): Attested {
  const attested = attestedNow(handling)
  if (attested === null) throw new CliqueError('relay-not-attested')
  return attested
}

/** As long as was asked for, within what is granted; a device whose clock is off is not punished. */
export function keepUntilFor({ now }: Handling, asked: number, longest: number): number {
  return Math.min(now() + longest, Math.max(asked, now() + limits.keepAtLeast))
}

/** What the device has to have signed. @throws CliqueError `relay-nonce-stale` */
export function freshChallenge({ state, now }: Handling): SessionFacts {
  const { relay, peer, challenge } = state
  if (challenge === null) throw new CliqueError('relay-hello-first')
  if (now() - challenge.time > limits.nonceLife) throw new CliqueError('relay-nonce-stale')
  return { relay, peer, ...challenge }
}
