/**
 * Runs in every page before its own code. Requests by ICE are seen by no other means: neither Playwright nor a
 * proxy notices that a page asks a STUN server.
 */
export function watchPage(): void {
  const note = (window as unknown as { cliqueGuardNote(kind: string, detail: string): void }).cliqueGuardNote
  document.addEventListener('securitypolicyviolation', (event) => {
    note(
      'csp',
      `${event.effectiveDirective} blocked ${event.blockedURI} at ${event.sourceFile}:${event.lineNumber}`,
    )
  })
  const Original = window.RTCPeerConnection
  const look = (configuration: RTCConfiguration | undefined): void => {
    for (const server of configuration?.iceServers ?? []) {
      for (const url of [server.urls].flat()) note('ice', url)
    }
  }
  const open = new Set<RTCPeerConnection>()
  class WatchedPeerConnection extends Original {
    constructor(configuration?: RTCConfiguration) {
      if (configuration?.iceServers === undefined) note('no-ice', '')
      look(configuration)
      super(configuration)
      open.add(this)
    }

    override close(): void {
      open.delete(this)
      super.close()
    }

    override setConfiguration(configuration?: RTCConfiguration): void {
      look(configuration)
      super.setConfiguration(configuration)
    }
  }
  window.RTCPeerConnection = WatchedPeerConnection
  // A browser that is made offline goes on with these, as no proxy carries them: they break here, as in a tunnel.
  window.addEventListener('offline', () => open.forEach((connection) => connection.close()))
}

/** Runs in a page before its own code: it finds and offers no address at which it could be reached. */
export function blockDirectWays(): void {
  const Original = window.RTCPeerConnection
  window.RTCPeerConnection = class extends Original {
    constructor(configuration?: RTCConfiguration) {
      super({ ...configuration, iceTransportPolicy: 'relay' })
    }
  }
}

/** Runs in a page before its own code: its clock goes right, but is off by so much. */
export function shiftClock(aheadMs: number): void {
  const Original = Date
  const shifted = new Proxy(Original, {
    construct: (target, given: [], made) =>
      Reflect.construct(target, given.length === 0 ? [target.now() + aheadMs] : given, made) as object,
    apply: (target) => new target(target.now() + aheadMs).toString(),
    get: (target, key, receiver) =>
      key === 'now' ? () => target.now() + aheadMs : (Reflect.get(target, key, receiver) as unknown),
  })
  window.Date = shifted
}
