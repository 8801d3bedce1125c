import type { DeviceId, OutOfReach } from '@clique/crypto'
import type { RecordRow } from '../storage/database.ts'
import { readChain } from '../storage/records.ts'
import { limitIn, weighRaises } from './raises.ts'
import type { SpaceDocuments } from './space-documents.ts'
import { recordsOfFork, shownOfFork } from './forked-chain.ts'
import { isWithin } from './visibility.ts'
import { nextTurn } from './turns.ts'

/** Records of one device that are read for one answer; a longer backlog takes several. */
const chainStep = 128

/** Says of each fork once whether the reader is to hear of it now. */
export type TellFork = (device: DeviceId, forkedAt: number) => boolean

export interface OutgoingRecords {
  readonly records: Pick<RecordRow, 'device' | 'sequence' | 'bytes'>[]
  /** Chains that hold nothing for the reader up to these sequences: they need not be looked through again. */
  readonly passedOver: Map<DeviceId, number>
}

/**
 * Records that a reader lacks who holds `known`, in the order in which they came here, which keeps every chain in
 * order: about `maxBytes` of them, one at least while there are any. What is hidden is not handed on, and what is sealed
 * under a key that is out of the reader's reach is no use to them and stays here. Of a chain that forked, they are told.
 */
export async function recordsBeyond(
  documents: SpaceDocuments,
  known: ReadonlyMap<DeviceId, number>,
  maxBytes: number,
  outOfReach: OutOfReach = new Set(),
  tellFork: TellFork = () => false,
): Promise<OutgoingRecords> {
  await weighRaises(documents)
  const rows: RecordRow[] = []
  const passedOver = new Map<DeviceId, number>()
  const ofForks: OutgoingRecords['records'] = []
  for (const [device, { sequence: end }] of documents.heads) {
    let from = known.get(device) ?? 0
    const shown = await shownOfFork(documents, device)
    const sequence = Math.min(end, shown)
    const forkedAt = documents.forks.get(device)
    // Whoever holds more than what shows here may not have heard of the fork.
    if (forkedAt !== undefined && from > shown && tellFork(device, forkedAt)) {
      ofForks.push(...(await recordsOfFork(documents, device, forkedAt)))
    }
    while (from < sequence) {
      const step = await readChain(documents.context.store, documents.place, device, from, chainStep)
      const meant = step.filter((row) => row.sequence <= sequence && !outOfReach.has(row.keyId))
      rows.push(...meant)
      if (meant.length > 0) break
      from = Math.min(step.at(-1)?.sequence ?? sequence, sequence)
      passedOver.set(device, from)
      await nextTurn()
    }
  }
  const shown = rows.filter((row) => isWithin(limitIn(documents, row.device), row))
  shown.sort((a, b) => (a.order ?? 0) - (b.order ?? 0))
  let size = 0
  const end = shown.findIndex(({ bytes }, i) => (size += bytes.length) > maxBytes && i > 0)
  return { records: [...ofForks, ...(end < 0 ? shown : shown.slice(0, end))], passedOver }
}
