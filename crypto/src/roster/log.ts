import type { Keyring } from '../epochs/keyring.ts'
import type { ErrorCode } from '../errors.ts'
import type { KemPair } from '../hpke.ts'
import type { CliqueId, EpochId, OperationId } from '../ids.ts'
import type { Operation } from './operation.ts'
import type { RosterState } from './state.ts'

declare const graphBrand: unique symbol
/** Remembers judgements, so that one more operation does not fold everything again. */
export interface RosterGraph {
  readonly [graphBrand]: true
}

/** What a device knows of one clique: a value, replaced by every receipt and every act. */
export interface CliqueLog {
  readonly clique: CliqueId
  readonly operations: ReadonlyMap<OperationId, Operation>
  /** Of a log without a genesis: nobody is in. */
  readonly state: RosterState
  readonly keyring: Keyring
  /** Items that cannot be opened or placed yet. Bounded: the oldest give way. */
  readonly waiting: readonly Uint8Array[]
  readonly graph: RosterGraph
}

export interface Receipt {
  readonly log: CliqueLog
  /** In causal order. `item` is what to keep and to hand on; wraps that did not match are dropped from it. */
  readonly accepted: readonly { readonly item: Uint8Array; readonly operation: Operation }[]
  readonly refused: readonly { readonly item: Uint8Array; readonly code: ErrorCode }[]
  /** Epochs that should have a wrap for one of the recipients and have none that opens: complain. */
  readonly badWraps: readonly EpochId[]
}

/** A log that knows nothing yet but the clique's name. */
export declare function startLog(clique: CliqueId, keyring?: Keyring): CliqueLog

/**
 * Takes items in any order, with twins and strangers among them, until nothing more can be placed.
 * `recipients`: the key pairs that wraps may be for: device (also replaced ones), recovery, invitation.
 */
export declare function receiveItems(
  log: CliqueLog,
  items: Iterable<Uint8Array>,
  recipients: readonly KemPair[],
): Promise<Receipt>
