import type { CliqueId, MemberId } from '@clique/crypto'
import type { CliqueError } from '@clique/crypto'
import { noFileTroubles } from './chunk-ports.ts'
import type { FileTroubles } from './chunk-ports.ts'

/** How one clique is connected, as people are told. */
export type ConnectionState =
  | { readonly kind: 'starting' }
  | { readonly kind: 'online' }
  /** No relay, but a direct link to somebody. */
  | { readonly kind: 'direct-only' }
  /** `since`: milliseconds since 1970, this device's clock. */
  | { readonly kind: 'relay-unreachable'; readonly since: number }
  /** The browser says that there is no network. */
  | { readonly kind: 'offline' }

/** The other people with a device that is linked to this one: each in one list, by the best way to them. */
export interface LinkedMembers {
  /** From device to device. */
  readonly direct: readonly MemberId[]
  /** Only through a relay. */
  readonly relayed: readonly MemberId[]
}

export interface CliqueConnection {
  readonly state: ConnectionState
  readonly members: LinkedMembers
  /** A relay's refusal that people should hear of (full, another relay at that address), else null. */
  readonly trouble: CliqueError['code'] | null
  /** This device's clock minus the relay's in milliseconds, where it is off by minutes; else null. */
  readonly clockOffMs: number | null
  /** What holds up files, which have ways of their own. */
  readonly files: FileTroubles
}

export const startingConnection: CliqueConnection = {
  state: { kind: 'starting' },
  members: { direct: [], relayed: [] },
  trouble: null,
  clockOffMs: null,
  files: noFileTroubles,
}

export type ConnectionMap = ReadonlyMap<CliqueId, CliqueConnection>
