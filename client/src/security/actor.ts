import type { Act, CliqueId, CliqueLog, DeviceKeys, MemberId } from '@clique/crypto'

/** What an open clique offers to somebody who changes its roster. */
export interface Actor {
  readonly clique: CliqueId
  readonly me: MemberId
  /** Runs under the write lock, on the newest roster; what comes back is kept before this resolves. */
  act<A extends Act>(make: (log: CliqueLog, keys: DeviceKeys) => Promise<A>): Promise<A>
}
