import type { DeviceId, OutOfReach, RecordId } from '@clique/crypto'
import type { RecordRow } from '../storage/database.ts'
import { readAside } from '../storage/forks.ts'
import { readChain } from '../storage/records.ts'
import type { SpaceDocuments } from './space-documents.ts'
import { recordsOfFork, shownOfFork } from './forked-chain.ts'
import { beginsWithin } from './visibility.ts'
import { nextTurn } from './turns.ts'
import { groundOfFork, takenIn, weighWanted } from './wanted.ts'

/** Records of one device that are read for one answer; a longer backlog takes several. */
const chainStep = 128

/** Says once whether the reader is to hear now of the fork of a chain, and of a record of it that does not show. */
export type TellFork = (device: DeviceId, forkedAt: number | RecordId) => boolean

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
  await weighWanted(documents)
  const rows: RecordRow[] = []
  const passedOver = new Map<DeviceId, number>()
  const ofForks: OutgoingRecords['records'] = []
  for (const [device, { sequence: end }] of documents.heads) {
    let from = known.get(device) ?? 0
    const shown = await shownOfFork(documents, device)
    // Where a cut divides what one row holds, whoever has all before the cut needs nothing of it.
    const sequence = Math.min(end, shown, takenIn(documents, device).sequence)
    const forkedAt = documents.forks.get(device)
    if (forkedAt !== undefined) {
      const ground: OutgoingRecords['records'] = []
      let size = 0
      for (const { id, bytes } of await groundOfFork(documents, device, shown)) {
        if (size > maxBytes || !tellFork(device, id)) continue
        size += bytes.length
        ground.push({ device, sequence: forkedAt, bytes })
      }
      // Whoever holds more than what shows here may not have heard of the fork.
      if ((from > shown || ground.length > 0) && tellFork(device, forkedAt)) {
        ofForks.push(...(await recordsOfFork(documents, device, forkedAt, outOfReach)))
      }
      ofForks.push(...ground)
    }
    while (from < sequence) {
      const step = await readChain(documents.context.store, documents.place, device, from, chainStep)
      const meant = step.filter(
        (row) => (row.first ?? row.sequence) <= sequence && !outOfReach.has(row.keyId),
      )
      rows.push(...meant)
      if (meant.length > 0) break
      from = Math.min(step.at(-1)?.sequence ?? sequence, sequence)
      passedOver.set(device, from)
      await nextTurn()
    }
  }
  const shown = rows.filter((row) => beginsWithin(takenIn(documents, row.device), row))
  shown.sort((a, b) => (a.order ?? 0) - (b.order ?? 0))
  let size = 0
  const end = shown.findIndex(({ bytes }, i) => (size += bytes.length) > maxBytes && i > 0)
  return { records: [...ofForks, ...(end < 0 ? shown : shown.slice(0, end))], passedOver }
}

/**
 * What lies aside of a forked chain, is ground, and is not known to be at a relay; with it one record by which who holds
 * another branch sees the fork: what is behind a gap waits, and what is behind a fork does not. Nothing older than `since`,
 * unless no relay has it at all.
 */
export async function groundLacking(
  documents: SpaceDocuments,
  device: DeviceId,
  relay: string,
  since: number,
): Promise<(OutgoingRecords['records'][number] & { readonly aside: RecordId })[]> {
  const { context, place, forks } = documents
  const shown = await shownOfFork(documents, device)
  const ground = new Set((await groundOfFork(documents, device, shown)).map(({ id }) => id))
  if (ground.size === 0) return []
  const forkedAt = forks.get(device) ?? Infinity
  const rows = await readAside(context.store, place, device)
  // A record shows the fork by its place, or by what it names before it.
  const proof = rows.find(({ sequence, first = sequence }) => first <= forkedAt + 1 && sequence >= forkedAt)
  const lacking = rows.filter(
    (row) =>
      (row === proof || ground.has(row.id)) &&
      !row.relays.includes(relay) &&
      (row.receivedAt >= since || row.relays.length === 0),
  )
  return lacking.map(({ sequence, bytes, id }) => ({ device, sequence, bytes, aside: id }))
}
