import {
  CliqueError,
  decode,
  encode,
  hashSize,
  readArray,
  readBytes,
  readList,
  readUint,
} from '@clique/crypto/verify'
import type { CborValue } from '@clique/crypto/verify'

/**
 * Where a relay takes WebRTC connections without signaling (libp2p's webrtc-direct): for pages that come from https and
 * so may not open a WebSocket to a relay without a certificate. Who is there is proven by its PeerId in the handshake.
 */
export interface WebRtcPlace {
  /** SHA-256 of its DTLS certificate, which stays the same: 32 bytes. */
  readonly certificate: Uint8Array
  /** UDP. */
  readonly port: number
  /** IP addresses of 4 or 16 bytes, those first that reach furthest. */
  readonly addresses: readonly Uint8Array[]
}

/** A line's outer address, and those in a home: IPv4, IPv6, cable and WLAN. */
export const maxWebRtcAddresses = 4
/** Bytes of a place in a link: the certificate's, and four addresses with what CBOR adds. */
export const maxWebRtcPlaceSize = 128

const maxPort = 65_535

export function webRtcPlaceToValue({ certificate, port, addresses }: WebRtcPlace): CborValue {
  return [certificate, port, addresses]
}

/** @throws CliqueError */
export function readWebRtcPlace(value: CborValue | undefined): WebRtcPlace {
  const [certificate, udp, list] = readArray(value, 3)
  const port = readUint(udp)
  const addresses = readList(list, maxWebRtcAddresses, readAddress)
  if (port === 0 || port > maxPort || addresses.length === 0) throw new CliqueError('shape-out-of-range')
  return { certificate: readBytes(certificate, hashSize), port, addresses }
}

export function webRtcPlaceToBytes(place: WebRtcPlace): Uint8Array {
  return encode(webRtcPlaceToValue(place))
}

/** @throws CliqueError for what is no place */
export function bytesToWebRtcPlace(bytes: Uint8Array): WebRtcPlace {
  if (bytes.length > maxWebRtcPlaceSize) throw new CliqueError('shape-out-of-range')
  return readWebRtcPlace(decode(bytes))
}

function readAddress(value: CborValue): Uint8Array {
  return readBytes(value, value instanceof Uint8Array && value.length === 16 ? 16 : 4)
}
