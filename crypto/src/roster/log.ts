import { KeyringDraft, emptyKeyring } from '../epochs/keyring.ts'
import type { Keyring } from '../epochs/keyring.ts'
import { learnArchive } from '../epochs/archive.ts'
import type { CliqueId, OperationId } from '../ids.ts'
import { RosterGraph } from './graph.ts'
import { rotationOf } from './operation.ts'
import type { Operation } from './operation.ts'
import type { RosterState } from './state.ts'

/** What a device knows of one clique: a value, replaced by every receipt and every act. */
export interface CliqueLog {
  readonly clique: CliqueId
  readonly operations: ReadonlyMap<OperationId, Operation>
  /** Of a log without a genesis: nobody is in. */
  readonly state: RosterState
  readonly keyring: Keyring
  /** Items that cannot be opened or placed yet. Bounded: the oldest give way. */
  readonly waiting: readonly Uint8Array[]
  /** Judgements that are remembered from one value of the log to the next. */
  readonly graph: RosterGraph
}

/** A log that knows nothing yet but the clique's name, and what keys there are. */
export function startLog(clique: CliqueId, keyring: Keyring = emptyKeyring): CliqueLog {
  const graph = new RosterGraph(clique)
  return { clique, operations: new Map(), state: graph.stateAt([]), keyring, waiting: [], graph }
}

/** The log with more operations, all of them placed in its graph after what they build on. */
export function extendLog(
  log: CliqueLog,
  operations: readonly Operation[],
  keyring: Keyring,
  waiting: readonly Uint8Array[],
): CliqueLog {
  if (operations.length === 0) {
    // A secret that came late opens an archive that came before.
    const learned = keyring === log.keyring ? keyring : learnArchives(log.operations, keyring)
    return { ...log, keyring: learned, waiting }
  }
  const all = new Map(log.operations)
  for (const operation of operations) all.set(operation.id, operation)
  const state = log.graph.stateAt([...log.state.heads, ...operations.map((operation) => operation.id)])
  return { ...log, operations: all, state, keyring: learnArchives(all, keyring), waiting }
}

/** Follows archive keys back as far as they lead. Newest first, which nearly always is one pass. */
function learnArchives(operations: ReadonlyMap<OperationId, Operation>, keyring: Keyring): Keyring {
  const parts = [...operations.values()].flatMap(({ body }) => rotationOf(body) ?? []).reverse()
  const draft = new KeyringDraft(keyring)
  let learned = false
  for (let more = true; more;) {
    more = false
    for (const part of parts) if (learnArchive(part, draft)) more = learned = true
  }
  return learned ? draft.finish() : keyring
}
