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
  class WatchedPeerConnection extends Original {
    constructor(configuration?: RTCConfiguration) {
      look(configuration)
      super(configuration)
    }

    override setConfiguration(configuration?: RTCConfiguration): void {
      look(configuration)
      super.setConfiguration(configuration)
    }
  }
  window.RTCPeerConnection = WatchedPeerConnection
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
