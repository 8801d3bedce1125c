import { concat, equal, fromBase64url, toBase64url } from '../bytes.ts'
import { decode, encode, readArray, readBytes, readId, readUint } from '../cbor.ts'
import { CliqueError } from '../errors.ts'
import { sha256 } from '../hash.ts'
import { idToBytes } from '../ids.ts'
import type { CliqueId } from '../ids.ts'
import { labels } from '../labels.ts'
import { readRelays, relaysToValue } from '../roster/body-codec.ts'
import type { RelayAddress } from '../roster/operation.ts'
import { invitationSecretSize } from './invitation-keys.ts'

export interface InvitationLink {
  readonly clique: CliqueId
  readonly relays: readonly RelayAddress[]
  /** 32 bytes: all keys of the invitation follow from it. */
  readonly secret: Uint8Array
}

const linkVersion = 1
/** Links of another purpose take another number, so that none is mistaken for an invitation. */
const linkKind = 1
const checksumSize = 4
/** Eight relays with the longest names, and room. */
const maxLinkTextLength = 5000

/** Text for the fragment of a link: base64url, with a checksum inside. */
export function encodeInvitation(link: InvitationLink): string {
  const body = encode([
    linkVersion,
    linkKind,
    idToBytes(link.clique),
    link.secret,
    relaysToValue(link.relays),
  ])
  return toBase64url(concat(body, checksumOf(body)))
}

/** @throws CliqueError `invite-link-broken` for text that is cut, changed or something else */
export function decodeInvitation(text: string): InvitationLink {
  try {
    if (text.length > maxLinkTextLength) throw new CliqueError('invite-link-broken')
    const bytes = fromBase64url(text.trim())
    const body = bytes.slice(0, -checksumSize)
    if (!equal(checksumOf(body), bytes.slice(-checksumSize))) throw new CliqueError('invite-link-broken')
    const [version, kind, clique, secret, relays] = readArray(decode(body), 5)
    if (readUint(version) !== linkVersion || readUint(kind) !== linkKind) {
      throw new CliqueError('invite-link-broken')
    }
    return {
      clique: readId(clique, 'clique'),
      secret: readBytes(secret, invitationSecretSize),
      relays: readRelays(relays),
    }
  } catch (error) {
    if (error instanceof CliqueError) throw new CliqueError('invite-link-broken')
    throw error
  }
}

function checksumOf(body: Uint8Array): Uint8Array {
  return sha256(labels.inviteChecksum, body).slice(0, checksumSize)
}
