import type { MailboxId, Signer } from '@clique/crypto'

/** http(s) origin and PeerId. */
export interface RelayPlace {
  readonly url: string
  readonly peer: string
  /** Where it takes WebRTC, as a link says it. */
  readonly webRtc?: string
}

export interface RelayFacts {
  readonly place: RelayPlace
  /** Somebody owns this relay: a further clique needs a permission from that person. */
  readonly isClaimed: boolean
}

/** What a claim or permission link says of its relay. */
export interface KnownRelay {
  readonly peer: string
  readonly webRtc: string
  readonly isClaimed: boolean
}

/** A mailbox that whoever has its key may use. */
export interface KeyedMailbox {
  readonly mailbox: MailboxId
  readonly signer: Signer
}

export interface Registration {
  /** From the claim or permission link: base64url. */
  readonly token: string
  /** Named as the clique's administrator at this relay, and nowhere else. */
  readonly admin: Signer
  readonly capability: Signer
  readonly control: KeyedMailbox
}

/**
 * What these flows say to a relay before the clique is open here. Handed in by app/, because who owns the network
 * is not this layer's business. Everything may reject with `relay-unreachable`, `relay-silent`, `relay-closed`,
 * `relay-not-this-one`, `relay-signature` or a relay's refusal.
 */
export interface RelayDoor {
  /** `known`: what a link says of it, for a page that may not ask; whether it is there and has that PeerId is seen. */
  ask(origin: string, known?: KnownRelay): Promise<RelayFacts>
  /** The same registration again is a success: the first answer may have been lost. */
  register(relay: RelayPlace, registration: Registration): Promise<void>
  /**
   * What lies in an invitation's mailbox, oldest first: whoever has the link can put more there, after the package.
   * @throws CliqueError `invite-not-there`
   */
  fetchPackages(relays: readonly RelayPlace[], mailbox: KeyedMailbox): Promise<readonly Uint8Array[]>
  /** Everything in a clique's control mailbox. */
  fetchControl(relays: readonly RelayPlace[], mailbox: KeyedMailbox): Promise<readonly Uint8Array[]>
  /** The owner lets one more clique in: a token for a link. */
  allow(relay: RelayPlace, admin: Signer): Promise<string>
}

/** Codes after which a request may have taken effect all the same. */
const uncertainCodes: ReadonlySet<string> = new Set(['relay-silent', 'relay-closed', 'relay-stopping'])

export function mayHaveHappened(error: unknown): boolean {
  return error instanceof Error && 'code' in error && uncertainCodes.has(String(error.code))
}
