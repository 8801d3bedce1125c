/** How this device stands with the relay and the others of one clique, as far as it has been seen to be so. */
export type ConnectionState =
  | { readonly kind: 'starting' }
  | { readonly kind: 'online'; readonly relay: true; readonly members: number }
  | { readonly kind: 'direct-only'; readonly members: number }
  | { readonly kind: 'relay-unreachable'; readonly since: number; readonly members: number }
  | { readonly kind: 'offline' }

export interface ConnectionView {
  readonly state: ConnectionState
  /** Host and port of the clique's relay. */
  readonly relayHost: string
  /** Own messages that have not left this device. */
  readonly waiting: number
}
