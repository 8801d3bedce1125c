import { keysOutOfReach, spaceKeys } from '@clique/crypto'
import type { CliqueLog, DeviceId, KeyId, OutOfReach, RosterState, SpaceId, SpaceKey } from '@clique/crypto'

/** The keys of spaces, derived once for each state of the roster: records are opened by the thousand in between. */
export class SpaceKeys {
  #log: CliqueLog | null = null
  readonly #keys = new Map<SpaceId, ReadonlyMap<KeyId, SpaceKey>>()
  #state: RosterState | null = null
  readonly #outOfReach = new Map<string, OutOfReach>()

  /** Those that this device holds. */
  held(log: CliqueLog, space: SpaceId): ReadonlyMap<KeyId, SpaceKey> {
    if (this.#log !== log) this.#keys.clear()
    this.#log = log
    const keys = this.#keys.get(space) ?? spaceKeys(log, space)
    this.#keys.set(space, keys)
    return keys
  }

  /** Those that a device is not meant to hold: what is sealed under them is nothing to it. */
  outOfReach(state: RosterState, space: SpaceId, device: DeviceId): OutOfReach {
    if (this.#state !== state) this.#outOfReach.clear()
    this.#state = state
    const name = `${space} ${device}`
    const keys = this.#outOfReach.get(name) ?? keysOutOfReach(state, space, device)
    this.#outOfReach.set(name, keys)
    return keys
  }
}
