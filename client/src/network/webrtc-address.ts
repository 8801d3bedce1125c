import { toBase64url } from '@clique/crypto'
import type { WebRtcPlace } from '@clique/relay/protocol'
import { multiaddr } from '@multiformats/multiaddr'
import { isSocketBarred, relayToMultiaddr } from './relay-address.ts'
import type { RelayPlace } from './relay-address.ts'

/** What a multihash of SHA-256 begins with. */
const sha256Multihash = [0x12, 0x20]

/** The libp2p addresses of a relay's place for WebRTC. Each names its PeerId, which the handshake proves. */
export function webRtcAddresses({ peer }: RelayPlace, place: WebRtcPlace | null): string[] {
  if (place === null) return []
  const certhash = `u${toBase64url(Uint8Array.of(...sha256Multihash, ...place.certificate))}`
  return place.addresses.map((address) => {
    const text = `${hostOf(address)}/udp/${place.port}/webrtc-direct/certhash/${certhash}/p2p/${peer}`
    // As the library writes it, which is how the gate will see it.
    return multiaddr(text).toString()
  })
}

/** All ways to a relay, the likely ones first. */
export function waysTo(relay: RelayPlace, place: WebRtcPlace | null, page?: URL | null): readonly string[] {
  const others = webRtcAddresses(relay, place)
  return others.length > 0 && isSocketBarred(relay, page) ? others : [relayToMultiaddr(relay), ...others]
}

function hostOf(address: Uint8Array): string {
  if (address.length === 4) return `/ip4/${address.join('.')}`
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((address[2 * i] ?? 0) << 8) | (address[2 * i + 1] ?? 0)).toString(16),
  )
  return `/ip6/${groups.join(':')}`
}
