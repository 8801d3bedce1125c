import { concat, equal, fromBase64url, toBase64url } from '../bytes.ts'
import { decode, encode, readArray, readBytes, readBytesUpTo, readId, readUint } from '../cbor.ts'
import type { CborValue } from '../cbor.ts'
import { CliqueError } from '../errors.ts'
import { sha256 } from '../hash.ts'
import { idToBytes } from '../ids.ts'
import type { CliqueId } from '../ids.ts'
import { labels } from '../labels.ts'
import { readRelays, relaysToValue } from '../roster/body-codec.ts'
import type { RelayAddress } from '../roster/operation.ts'
import { invitationSecretSize } from './invitation-keys.ts'

/** A relay, and how a page reaches it that may not open a WebSocket there: a place for WebRTC in the relay's own words. */
export interface LinkedRelay extends RelayAddress {
  /** base64url, as the relay protocol reads it. */
  readonly webRtc?: string
}

export interface InvitationLink {
  readonly clique: CliqueId
  readonly relays: readonly LinkedRelay[]
  /** 32 bytes: all keys of the invitation follow from it. */
  readonly secret: Uint8Array
}

const linkVersion = 1
/** With a place for each relay, or nothing for it. */
const versionWithPlaces = 2
/** Bytes of one place: the relay protocol's limit. */
const maxPlaceSize = 128
/** Links of another purpose take another number, so that none is mistaken for an invitation. */
const linkKind = 1
const checksumSize = 4
/** Eight relays with the longest names, and room. */
const maxLinkTextLength = 5000

/** Text for the fragment of a link: base64url, with a checksum inside. */
export function encodeInvitation(link: InvitationLink): string {
  const values = [linkKind, idToBytes(link.clique), link.secret, relaysToValue(link.relays)]
  const places = link.relays.map(({ webRtc }) => fromBase64url(webRtc ?? ''))
  const hasPlaces = places.some(({ length }) => length > 0)
  const body = encode(hasPlaces ? [versionWithPlaces, ...values, places] : [linkVersion, ...values])
  return toBase64url(concat(body, checksumOf(body)))
}

/** @throws CliqueError `invite-link-broken` for text that is cut, changed or something else */
export function decodeInvitation(text: string): InvitationLink {
  try {
    if (text.length > maxLinkTextLength) throw new CliqueError('invite-link-broken')
    const bytes = fromBase64url(text.trim())
    const body = bytes.slice(0, -checksumSize)
    if (!equal(checksumOf(body), bytes.slice(-checksumSize))) throw new CliqueError('invite-link-broken')
    const values = readArray(decode(body))
    const [version, kind, clique, secret, relays, places] = values
    const isKnown = readUint(version) === (values.length === 6 ? versionWithPlaces : linkVersion)
    if (!isKnown || values.length < 5 || values.length > 6 || readUint(kind) !== linkKind) {
      throw new CliqueError('invite-link-broken')
    }
    const addresses = readRelays(relays)
    return {
      clique: readId(clique, 'clique'),
      secret: readBytes(secret, invitationSecretSize),
      relays: values.length === 6 ? withPlaces(addresses, places) : addresses,
    }
  } catch (error) {
    if (error instanceof CliqueError) throw new CliqueError('invite-link-broken')
    throw error
  }
}

function withPlaces(relays: readonly RelayAddress[], value: CborValue | undefined): LinkedRelay[] {
  const places = readArray(value, relays.length).map((place) => readBytesUpTo(place, maxPlaceSize))
  // Without one it is a link of the first version: there is one way to write each.
  if (places.every(({ length }) => length === 0)) throw new CliqueError('invite-link-broken')
  return relays.map((relay, i) => {
    const webRtc = toBase64url(places[i] ?? new Uint8Array())
    return webRtc === '' ? relay : { ...relay, webRtc }
  })
}

function checksumOf(body: Uint8Array): Uint8Array {
  return sha256(labels.inviteChecksum, body).slice(0, checksumSize)
}
