import type { DeviceId } from '@clique/crypto'
import type { RecordRow } from '../storage/database.ts'
import { readChain } from '../storage/records.ts'
import type { SpaceDocuments } from './space-documents.ts'
import { isWithin, limitOf } from './visibility.ts'

/** Records of one device that are read for one answer; a longer backlog takes several. */
const chainStep = 128

/**
 * Records that somebody lacks who holds `known`, in the order in which they came here, which keeps every chain in
 * order: about `maxBytes` of them, one at least while there are any. What is hidden is not handed on.
 */
export async function recordsBeyond(
  documents: SpaceDocuments,
  known: ReadonlyMap<DeviceId, number>,
  maxBytes: number,
): Promise<RecordRow[]> {
  const { store, space, roster } = documents.context
  const rows: RecordRow[] = []
  for (const [device, { sequence }] of documents.heads) {
    const from = known.get(device) ?? 0
    if (sequence > from) rows.push(...(await readChain(store, documents.place, device, from, chainStep)))
  }
  const shown = rows.filter((row) => isWithin(limitOf(roster(), space, row.device), row))
  shown.sort((a, b) => (a.order ?? 0) - (b.order ?? 0))
  let size = 0
  const end = shown.findIndex(({ bytes }, i) => (size += bytes.length) > maxBytes && i > 0)
  return end < 0 ? shown : shown.slice(0, end)
}
