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
