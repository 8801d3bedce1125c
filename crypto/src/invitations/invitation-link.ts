import type { CliqueId } from '../ids.ts'
import type { RelayAddress } from '../roster/operation.ts'

export interface InvitationLink {
  readonly clique: CliqueId
  readonly relays: readonly RelayAddress[]
  /** 32 bytes: all keys of the invitation follow from it. */
  readonly secret: Uint8Array
}

/** Text for the fragment of a link: base64url, with a checksum inside. */
export declare function encodeInvitation(link: InvitationLink): string
/** @throws CliqueError `invite-link-broken` for text that is cut, changed or something else */
export declare function decodeInvitation(text: string): InvitationLink
