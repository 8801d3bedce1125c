import type { CliqueId } from '@clique/crypto'
import { watchConnections } from '../sync/connection-channel.ts'
import { startingConnection } from '../sync/connection-state.ts'
import type { CliqueConnection, ConnectionMap } from '../sync/connection-state.ts'

/** What the leading tab says of the connections, in every tab. */
export class Connections {
  #all = $state.raw<ConnectionMap>(new Map())

  constructor() {
    watchConnections((all) => (this.#all = all))
  }

  of(clique: CliqueId): CliqueConnection {
    return this.#all.get(clique) ?? startingConnection
  }
}
