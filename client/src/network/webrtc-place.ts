import { CliqueError, fromBase64url, toBase64url } from '@clique/crypto'
import { bytesToWebRtcPlace, webRtcPlaceToBytes } from '@clique/relay/protocol'
import type { WebRtcPlace } from '@clique/relay/protocol'

/** What lies in a link or in storage; null for nothing, and for what is no place. */
export function readPlace(text: string | null | undefined): WebRtcPlace | null {
  if (text === undefined || text === null) return null
  try {
    return bytesToWebRtcPlace(fromBase64url(text))
  } catch (error) {
    if (error instanceof CliqueError) return null
    throw error
  }
}

export function writePlace(place: WebRtcPlace): string {
  return toBase64url(webRtcPlaceToBytes(place))
}
