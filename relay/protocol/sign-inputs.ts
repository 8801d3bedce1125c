import { concat, encode, idToBytes, labels, labelToBytes, sha256 } from '@clique/crypto/verify'
import type { CborValue, Label, MailboxId } from '@clique/crypto/verify'
import type { MailboxKind } from './messages.ts'

/**
 * What a device signs for a relay. Every input names the relay by its key, so that none can be carried to another
 * one; those of a session also hold the relay's nonce, its time and the device's PeerId.
 */
export interface SessionFacts {
  /** The relay's Ed25519 key, 32 bytes: see `peerIdToKey`. */
  readonly relay: Uint8Array
  /** The PeerId that Noise proved for the device. */
  readonly peer: string
  /** From `welcome`. */
  readonly nonce: Uint8Array
  /** From `welcome`: the relay's clock, milliseconds. */
  readonly time: number
}

function signInput(label: Label, value: CborValue): Uint8Array {
  return concat(labelToBytes(label), encode(value))
}

function sessionPart(session: SessionFacts): CborValue {
  return [session.relay, session.peer, session.nonce, session.time]
}

/** Signed with the capability key. `control`: whose capability, as others may have registered the same key. */
export function proveInput(
  session: SessionFacts,
  control: MailboxId,
  key: Uint8Array,
  generation: number,
): Uint8Array {
  return signInput(labels.relayProve, [sessionPart(session), idToBytes(control), key, generation])
}

/** Signed with the mailbox key. */
export function openInput(session: SessionFacts, key: Uint8Array, kind: MailboxKind): Uint8Array {
  return signInput(labels.relayOpen, [sessionPart(session), key, kind])
}

export interface Registration {
  /** From the claim link or from the owner's `allow`. */
  readonly token: Uint8Array
  /** The tenant's admin pseudonym, used at this relay alone. */
  readonly admin: Uint8Array
  /** Capability of generation 1. */
  readonly capability: Uint8Array
  /** Names the control mailbox. */
  readonly control: Uint8Array
}

/** Signed with the admin key and with the control mailbox's key. Without a nonce, so that it can be sent again. */
export function registerInput(relay: Uint8Array, registration: Registration): Uint8Array {
  const { token, admin, capability, control } = registration
  return signInput(labels.relayRegister, [relay, token, admin, capability, control])
}

/** Signed with an admin key, which is of one tenant alone. Generations only rise, so sending it again changes nothing. */
export function renewInput(
  relay: Uint8Array,
  admin: Uint8Array,
  generation: number,
  key: Uint8Array,
): Uint8Array {
  return signInput(labels.relayRenew, [relay, admin, generation, key])
}

/** Signed with an admin key. */
export function retireInput(relay: Uint8Array, admin: Uint8Array, generation: number): Uint8Array {
  return signInput(labels.relayRetire, [relay, admin, generation])
}

/** Signed with a key that agrees to be an admin key of that tenant: nobody names one that did not. */
export function consentInput(relay: Uint8Array, tenant: Uint8Array, key: Uint8Array): Uint8Array {
  return signInput(labels.relayConsent, [relay, tenant, key])
}

/** Signed with an admin key; of this session, so that an older list does not come again. */
export function adminsInput(
  session: SessionFacts,
  admin: Uint8Array,
  keys: readonly Uint8Array[],
): Uint8Array {
  return signInput(labels.relayAdmins, [sessionPart(session), admin, [...keys]])
}

/** Signed with an admin key of the owner; the nonce makes each one count once. */
export function allowInput(session: SessionFacts, admin: Uint8Array): Uint8Array {
  return signInput(labels.relayAllow, [sessionPart(session), admin])
}

/** A tenant's name at a relay: the hash of its first admin's pseudonym key. 32 bytes. */
export function tenantIdOf(admin: Uint8Array): Uint8Array {
  return sha256(labels.relayTenant, admin)
}
