import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { start, stop } from '@libp2p/interface'
import type { Transport } from '@libp2p/interface'
import type { TransportManager } from '@libp2p/interface-internal'
import { multiaddr } from '@multiformats/multiaddr'

export type CircuitComponents = Parameters<ReturnType<typeof circuitRelayTransport>>[0] & {
  readonly transportManager: TransportManager
}

const tag = '@libp2p/circuit-relay-v2-transport'

/**
 * Places at relays through which others reach this device.
 *
 * The library's transport remembers a relay that it once could not dial or that did not speak the protocol yet, as
 * while it starts, and never asks it again. It offers no way to take that back, so when a relay fails once more the
 * transport is replaced by a fresh one. Connections that came in through the old one live on.
 */
export class Reservations {
  readonly #components: CircuitComponents
  readonly #failed = new Set<string>()
  readonly #held = new Set<string>()
  /** The one that took the first one's place, which the library itself started and will stop. */
  #replacement: Transport | null = null

  constructor(components: CircuitComponents) {
    this.#components = components
  }

  /** `relay`: its address, with its PeerId. @throws the library's error */
  async reserve(relay: string): Promise<void> {
    try {
      await this.#listen(relay)
    } catch (error) {
      this.#held.delete(relay)
      if (!this.#failed.has(relay)) {
        this.#failed.add(relay)
        throw error
      }
      await this.#renew()
      await this.#listen(relay)
    }
  }

  async close(): Promise<void> {
    if (this.#replacement !== null) await stop(this.#replacement)
  }

  async #listen(relay: string): Promise<void> {
    await this.#components.transportManager.listen([multiaddr(`${relay}/p2p-circuit`)])
    this.#failed.delete(relay)
    this.#held.add(relay)
  }

  async #renew(): Promise<void> {
    const { transportManager } = this.#components
    const old = transportManager.getTransports().find((one) => one[Symbol.toStringTag] === tag)
    await transportManager.remove(tag)
    if (old !== undefined) await stop(old)
    const fresh = circuitRelayTransport()(this.#components)
    this.#replacement = fresh
    transportManager.add(fresh)
    await start(fresh)
    // Places at other relays went with the old transport. One that is not given again is asked for at the next session.
    await Promise.allSettled([...this.#held].map((relay) => this.#listen(relay)))
  }
}
