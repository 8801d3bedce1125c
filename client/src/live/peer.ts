/** Candidates that wait for the description they belong to. */
const maxCandidates = 64
/** Bytes that wait for somebody who does not read; honest rooms never have a hundredth of it. */
const maxWaiting = 256 * 1024

/** What two pages tell each other through the relay so that a connection comes about. */
export type PeerSignal =
  | { readonly type: 'offer' | 'answer'; readonly sdp: string }
  | { readonly type: 'candidate'; readonly candidate: RTCIceCandidateInit }

interface PeerEvents {
  signal: [PeerSignal]
  connect: []
  data: [Uint8Array]
  close: []
  error: [unknown]
}
type Listener = (...values: unknown[]) => void

export interface PeerOptions {
  readonly initiator: boolean
  readonly config: RTCConfiguration
}

/**
 * One data channel to another page: all that y-webrtc uses of simple-peer, in whose place the build puts this (see
 * DECISIONS.md). Both sides open the channel under the same number, so that it carries whoever's offer is taken when
 * both began at once.
 */
export default class Peer {
  readonly #listeners = new Map<string, Listener[]>()
  readonly #connection: RTCPeerConnection
  readonly #channel: RTCDataChannel
  readonly #candidates: RTCIceCandidateInit[] = []
  /** Descriptions and candidates are taken one after the other. */
  #steps: Promise<void> = Promise.resolve()
  #isOver = false

  constructor({ initiator, config }: PeerOptions) {
    this.#connection = new RTCPeerConnection(config)
    this.#channel = this.#connection.createDataChannel('', { negotiated: true, id: 0 })
    this.#channel.binaryType = 'arraybuffer'
    this.#listen()
    if (initiator) this.#then(() => this.#offer())
  }

  /** The other page described itself; from then on another offer means that it began anew. */
  get isDescribed(): boolean {
    return this.#connection.remoteDescription !== null
  }

  on<Event extends keyof PeerEvents>(event: Event, listener: (...values: PeerEvents[Event]) => void): void {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener as Listener])
  }

  emit(event: string, ...values: unknown[]): boolean {
    const listeners = this.#listeners.get(event) ?? []
    for (const listener of listeners) listener(...values)
    return listeners.length > 0
  }

  signal(signal: PeerSignal): void {
    this.#then(() => this.#take(signal))
  }

  /** @throws DOMException unless it is connected */
  send(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#channel.bufferedAmount > maxWaiting) this.destroy()
    else this.#channel.send(bytes)
  }

  destroy(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#channel.onopen = this.#channel.onmessage = this.#channel.onclose = null
    this.#connection.onicecandidate = this.#connection.onconnectionstatechange = null
    this.#connection.close()
    this.emit('close')
  }

  #listen(): void {
    this.#channel.onopen = () => this.emit('connect')
    this.#channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (data instanceof ArrayBuffer) this.emit('data', new Uint8Array(data))
    }
    this.#channel.onclose = () => this.destroy()
    this.#connection.onicecandidate = ({ candidate }) => {
      if (candidate === null || candidate.candidate === '') return
      const { sdpMid, sdpMLineIndex } = candidate
      const init = { candidate: candidate.candidate, sdpMid, sdpMLineIndex }
      this.emit('signal', { type: 'candidate', candidate: init } satisfies PeerSignal)
    }
    this.#connection.onconnectionstatechange = () => {
      if (['failed', 'closed'].includes(this.#connection.connectionState)) this.destroy()
    }
  }

  /** What cannot be used means that this connection will not come about. */
  #then(step: () => Promise<void>): void {
    this.#steps = this.#steps.then(() => (this.#isOver ? undefined : step())).catch(() => this.destroy())
  }

  async #offer(): Promise<void> {
    // The other's offer may have come first.
    if (this.#connection.signalingState !== 'stable' || this.isDescribed) return
    await this.#describe()
  }

  async #take(signal: PeerSignal): Promise<void> {
    if (signal.type === 'candidate') return this.#add(signal.candidate)
    // To an offer that was taken back in favour of theirs.
    if (signal.type === 'answer' && this.#connection.signalingState !== 'have-local-offer') return
    await this.#connection.setRemoteDescription({ type: signal.type, sdp: signal.sdp })
    for (const candidate of this.#candidates.splice(0)) await this.#add(candidate)
    if (signal.type === 'offer') await this.#describe()
  }

  async #describe(): Promise<void> {
    await this.#connection.setLocalDescription()
    const { localDescription } = this.#connection
    if (localDescription === null || this.#isOver) return
    const { type, sdp } = localDescription
    if (type === 'offer' || type === 'answer') this.emit('signal', { type, sdp } satisfies PeerSignal)
  }

  async #add(candidate: RTCIceCandidateInit): Promise<void> {
    if (!this.isDescribed) {
      if (this.#candidates.length < maxCandidates) this.#candidates.push(candidate)
      return
    }
    // One that cannot be used, or that belongs to an offer which was taken back, is one way less.
    await this.#connection.addIceCandidate(candidate).catch(() => undefined)
  }
}
