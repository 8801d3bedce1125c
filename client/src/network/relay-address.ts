import { CliqueError, signerFromSeed } from '@clique/crypto'
import { keyToPeerId, peerIdToKey } from '@clique/relay/protocol'

/** http(s) origin and PeerId of a relay: what a roster, an invitation and a person know of it. */
export interface RelayPlace {
  readonly url: string
  readonly peer: string
  /** Where it takes WebRTC, as a link says it (`readPlace`). */
  readonly webRtc?: string
}

/** The PeerId of a device whose network key has this seed of 32 bytes; needs no libp2p. */
export function seedToPeer(netSeed: Uint8Array): string {
  return keyToPeerId(signerFromSeed(netSeed).publicKey)
}

/**
 * The libp2p address of a relay. It is made from the origin alone, so a relay cannot send us elsewhere.
 *
 * @throws CliqueError `relay-unreachable` for what is no http(s) origin, `key-invalid` for a broken PeerId
 */
export function relayToMultiaddr(relay: RelayPlace): string {
  const url = parseOrigin(relay.url)
  peerIdToKey(relay.peer)
  const host = url.hostname.startsWith('[')
    ? `/ip6/${url.hostname.slice(1, -1)}`
    : /^\d+(\.\d+){3}$/.test(url.hostname)
      ? `/ip4/${url.hostname}`
      : `/dns/${url.hostname}`
  const isSecure = url.protocol === 'https:'
  const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port)
  return `${host}/tcp/${port}${isSecure ? '/tls/ws' : '/ws'}/p2p/${relay.peer}`
}

/** Where a relay answers STUN, in the words of WebRTC: on its own host, at the port that its policy names. */
export function relayToStun(relay: RelayPlace, port: number): string {
  return `stun:${parseOrigin(relay.url).hostname}:${port}`
}

/** A roster or link may name a relay that has no address. It must not stand in the way of those that have one. */
export function isUsableRelay(relay: RelayPlace): boolean {
  try {
    relayToMultiaddr(relay)
    return true
  } catch (error) {
    if (error instanceof CliqueError) return false
    throw error
  }
}

/** @throws CliqueError `relay-unreachable` */
export function parseOrigin(text: string): URL {
  if (!URL.canParse(text)) throw new CliqueError('relay-unreachable')
  const url = new URL(text)
  const isOrigin = url.username === '' && url.password === '' && url.search === '' && url.hash === ''
  if ((url.protocol !== 'https:' && url.protocol !== 'http:') || !isOrigin || url.pathname !== '/') {
    throw new CliqueError('relay-unreachable')
  }
  return url
}

/**
 * Browsers let no page from https open a WebSocket without TLS, but for one to their own machine. `page`: where this one
 * comes from; null outside of browsers.
 */
export function isSocketBarred(relay: RelayPlace, page: URL | null = pageUrl()): boolean {
  const { protocol, hostname } = parseOrigin(relay.url)
  const isOwnMachine = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
  return page?.protocol === 'https:' && protocol === 'http:' && !isOwnMachine
}

function pageUrl(): URL | null {
  return typeof location === 'undefined' ? null : new URL(location.href)
}
