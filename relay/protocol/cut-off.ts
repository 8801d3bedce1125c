/** What has to be known of a libp2p connection to end it. */
export interface Abortable {
  abort(reason: Error): void
}

/**
 * Ends a connection at once. Where its transport is closing already the library fails at the multiplexer's farewell and
 * leaves the transport as it is; the multiplexer is over then, and a second try goes on to the transport.
 */
export function cutOff(connection: Abortable, reason: Error): void {
  try {
    connection.abort(reason)
  } catch {
    connection.abort(reason)
  }
}
