import type { ConnectionState } from '../sync/connection-state.ts'
import type { FailureCode } from '../words/errors.ts'

/** How many of the other people are reached how: from device to device, only through the relay, not at all. */
export interface Reach {
  readonly direct: number
  readonly relayed: number
  readonly away: number
}

/** How this device stands with the relay and the others of one clique, as far as it has been seen to be so. */
export interface ConnectionView {
  readonly state: ConnectionState
  readonly reach: Reach
  /** Host and port of the clique's relay. */
  readonly relayHost: string
  /** Own messages that have not left this device. */
  readonly waiting: number
  /** What the relay refuses or gets wrong, when people should hear of it. */
  readonly trouble: FailureCode | null
  /** This device's clock differs from the relay's by minutes. */
  readonly clockOff: boolean
}
