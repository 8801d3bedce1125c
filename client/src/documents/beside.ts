import type { RecordId } from '@clique/crypto'
import type { AsideRow } from '../storage/database.ts'
import { readAsideIn } from '../storage/forks.ts'
import { contributionOf } from './arrivals.ts'
import { admit, sharedKind } from './gate.ts'
import type { RecordContribution, SharedDocument } from './shared-document.ts'
import type { SpaceDocuments } from './space-documents.ts'
import { recordsIn } from './standing.ts'

/** What was opened the last time: a record never changes. Null for what is none. */
const judged = new WeakMap<SharedDocument, ReadonlyMap<RecordId, RecordContribution | null>>()

/**
 * Records of a `shared` document that lie aside of forked chains. They do not count, and what counts may be built on them
 * ([GATE11]).
 */
export async function readBeside(
  documents: SpaceDocuments,
  shared: SharedDocument,
): Promise<RecordContribution[]> {
  const { context, place, forks } = documents
  const known = judged.get(shared)
  const found = new Map<RecordId, RecordContribution | null>()
  const rows = forks.size === 0 ? [] : await readAsideIn(context.store, place, shared.name)
  for (const row of rows) {
    const one = known?.get(row.id)
    found.set(row.id, one === undefined ? judge(documents, shared, row) : one)
  }
  judged.set(shared, new Map(found))
  // A row may be left of what has come to stand.
  for (const { id } of shared.records) found.delete(id)
  return [...found.values()].filter((one) => one !== null)
}

/** It was judged before it was laid aside ([GATE7]); read again it is the same. */
function judge(documents: SpaceDocuments, shared: SharedDocument, row: AsideRow): RecordContribution | null {
  const record = recordsIn(documents, row).at(-1)
  if (record?.body.kind !== sharedKind) return null
  const { receivedAt, body } = record
  const { session, sequence, payload } = body
  const admission = admit(shared, { device: body.device, session, sequence, receivedAt, payload })
  return admission.verdict === 'accept' ? contributionOf(record, admission) : null
}
