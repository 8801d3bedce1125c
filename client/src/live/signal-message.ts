import type { PeerSignal } from './peer.ts'

/** Characters of the library's name for a page, and of one candidate. */
const maxName = 64
const maxCandidate = 1024

/** What pages of a room tell each other through the relay, sealed under the room's password. */
export type SignalMessage =
  | { readonly type: 'announce'; readonly from: string }
  | {
      readonly type: 'signal'
      readonly from: string
      readonly to: string
      /** Whoever has the higher one keeps its offer when both made one. */
      readonly token: number | undefined
      readonly signal: PeerSignal
    }

/** Nothing but what pages of Clique say: null for the rest, and without fields that the library might heed. */
export function readSignal(value: unknown): SignalMessage | null {
  if (!isRecord(value)) return null
  const { type, from, to, token } = value
  if (!isName(from)) return null
  if (type === 'announce') return { type, from }
  const signal = readPeerSignal(value['signal'])
  if (type !== 'signal' || !isName(to) || signal === null) return null
  return { type, from, to, token: typeof token === 'number' ? token : undefined, signal }
}

function readPeerSignal(value: unknown): PeerSignal | null {
  if (!isRecord(value)) return null
  const { type, sdp } = value
  if (type === 'offer' || type === 'answer') {
    return typeof sdp === 'string' && sdp.split(/\r?\n/).every(isReachable) ? { type, sdp } : null
  }
  const candidate = type === 'candidate' ? readCandidate(value['candidate']) : null
  return candidate === null ? null : { type: 'candidate', candidate }
}

function readCandidate(value: unknown): RTCIceCandidateInit | null {
  if (!isRecord(value)) return null
  const { candidate, sdpMid, sdpMLineIndex } = value
  if (typeof candidate !== 'string' || candidate.length > maxCandidate || !isReachable(candidate)) return null
  return {
    candidate,
    sdpMid: typeof sdpMid === 'string' ? sdpMid : null,
    sdpMLineIndex: typeof sdpMLineIndex === 'number' ? sdpMLineIndex : null,
  }
}

/**
 * False for a candidate whose address is the name of a host: the browser would ask for it by DNS, so that a member
 * could make others ask for whatever they like. Names that end in .local stay in the local network.
 */
function isReachable(line: string): boolean {
  if (!/^(a=)?candidate:/.test(line)) return true
  const address = line.split(' ')[4] ?? ''
  return /^[\d.]+$|^[\da-f.:]*:[\da-f.:]*$|^[\w-]+\.local$/i.test(address)
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= maxName
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
