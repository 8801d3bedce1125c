import { isCliqueError } from '@clique/crypto'
import type { OperationId, RecordDependency, RecordId } from '@clique/crypto'
import type { RecordRow } from '../storage/record-rows.ts'
import { readRowsOf } from '../storage/records.ts'
import type { ChainPart } from './moderation-entry.ts'
import type { SpaceDocuments } from './space-documents.ts'
import { recordsIn } from './standing.ts'
import { nextTurn } from './turns.ts'

export interface HeldRecord extends ChainPart {
  readonly id: RecordId
  /** The roster heads that it names; null where it cannot be opened. */
  readonly heads: readonly OperationId[] | null
  /** What it says that its author held of others, beyond what earlier ones have said. */
  readonly acknowledges: readonly RecordDependency[]
}

/** What a row holds never changes, as long as it stands for the same. */
const opened = new WeakMap<SpaceDocuments, Map<string, readonly HeldRecord[]>>()
/** Records that are opened before the page gets a turn: about a millisecond. */
const step = 32

/** Which records are held at these places, by `chainName`, and what roster each of them names. */
export async function readHeldRecords(
  documents: SpaceDocuments,
  wanted: Iterable<ChainPart>,
): Promise<ReadonlyMap<string, HeldRecord>> {
  const known = opened.get(documents) ?? new Map<string, readonly HeldRecord[]>()
  opened.set(documents, known)
  const places = new Map([...wanted].map((part) => [chainName(part), part]))
  const { context, place } = documents
  const rows = await readRowsOf(context.store, place, [...places.values()])
  const held = new Map<string, HeldRecord>()
  let fresh = 0
  for (const row of rows) {
    const name = `${row.id} ${row.first ?? row.sequence}`
    const records = known.get(name) ?? recordsOf(documents, row)
    if (!known.has(name) && records.every(({ heads }) => heads !== null)) {
      known.set(name, records)
      if (++fresh % step === 0) await nextTurn()
    }
    for (const record of records) held.set(chainName(record), record)
  }
  return held
}

export function chainName({ device, sequence }: ChainPart): string {
  return `${device}.${sequence}`
}

function recordsOf(documents: SpaceDocuments, row: RecordRow): HeldRecord[] {
  const { device, sequence, id } = row
  try {
    const records = recordsIn(documents, row)
    return records.map((one) => {
      const { sequence, heads, dependencies: acknowledges } = one.body
      return { device, sequence, id: one.id, heads, acknowledges }
    })
  } catch (error) {
    if (isCliqueError(error)) return [{ device, sequence, id, heads: null, acknowledges: [] }]
    throw error
  }
}
