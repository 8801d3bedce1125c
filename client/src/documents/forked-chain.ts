import { orderAcknowledgements } from '@clique/crypto'
import type { DeviceId, HeldEnd, RecordId } from '@clique/crypto'
import { readAcknowledgementsOf, readOutKnown } from '../storage/acknowledgements.ts'
import type { NewAcknowledgement } from '../storage/acknowledgements.ts'
import type { AsideRow, RecordRow } from '../storage/database.ts'
import { readAside, readForkProof, takeAsideEnd } from '../storage/forks.ts'
import type { NewAside } from '../storage/forks.ts'
import { readChain, readChainBack, readRecordsAt } from '../storage/records.ts'
import { keptBranch } from './branches.ts'
import type { KeptBranch } from './branches.ts'
import { limitIn, weighRaises } from './raises.ts'
import type { ChainHead, SpaceDocuments } from './space-documents.ts'
import { Turns } from './turns.ts'
import { isWithin } from './visibility.ts'
import { wordBefore } from './words.ts'

/** The last sequence of a device's chain before what its fork hides; without end where there is none. */
export async function shownOfFork(documents: SpaceDocuments, device: DeviceId): Promise<number> {
  const forkedAt = documents.forks.get(device)
  return forkedAt === undefined ? Infinity : (await readKept(documents, device, forkedAt)).shown
}

/**
 * The ends of chains as others are told of them: of a forked one up to what it shows, so that they send what may have
 * to stand behind that; and nothing of one of which something is lacking.
 */
export async function endsToTell(documents: SpaceDocuments): Promise<ReadonlyMap<DeviceId, ChainHead>> {
  const ends = new Map(documents.heads)
  for (const [device, forkedAt] of documents.forks) {
    const head = ends.get(device)
    if (head === undefined) continue
    const { shown, isLacking } = await readKept(documents, device, forkedAt)
    const sequence = Math.min(head.sequence, isLacking ? 0 : shown)
    if (sequence === 0) ends.delete(device)
    else ends.set(device, { ...head, sequence })
  }
  return ends
}

/** Records that show the fork of a chain to whoever holds any of its branches. */
export async function recordsOfFork(
  { context: { store }, place }: SpaceDocuments,
  device: DeviceId,
  forkedAt: number,
): Promise<Pick<RecordRow, 'device' | 'sequence' | 'bytes'>[]> {
  const standing = await readRecordsAt(store, place, [{ device, sequence: forkedAt }])
  const aside = (await readAside(store, place, device)).filter(({ sequence }) => sequence === forkedAt)
  const proof = await readForkProof(store, place, device)
  const shownBy = proof === null ? [] : [{ device, sequence: forkedAt, bytes: proof }]
  return [...standing, ...aside, ...shownBy]
}

/**
 * Makes room behind `sequence` of a device's chain for another branch. The caller holds the clique's lock and has
 * caught up. @throws CliqueError `storage-full` and others; then nothing has changed
 */
export async function takeAsideBeyond(
  documents: SpaceDocuments,
  device: DeviceId,
  sequence: number,
): Promise<void> {
  const { place, context } = documents
  const moved: NewAside[] = []
  const turns = new Turns()
  for (const row of await readChain(context.store, place, device, sequence, Infinity)) {
    await turns.next()
    const { previous, previousKey } = documents.claimsOf(row)
    const { order: _, place: __, ...kept } = row
    moved.push({ ...kept, previous, previousKey, relays: [] })
  }
  if (moved.length === 0) return
  const [head = null] = await readChainBack(context.store, place, device, sequence + 1, 1)
  await documents.restand(() => takeAsideEnd(context.store, context.clique, place, device, head, moved))
}

/** What counts of a chain that forked at `forkedAt`, by all that is held today. */
export async function readKept(
  documents: SpaceDocuments,
  device: DeviceId,
  forkedAt: number,
): Promise<KeptBranch<AsideRow>> {
  const acknowledged = await readAcknowledged(documents, device)
  if (acknowledged.length === 0) return { shown: forkedAt - 1, instead: [], isLacking: false }
  const { context, place } = documents
  const aside = await readAside(context.store, place, device)
  const around = aside.flatMap(({ sequence }) => [sequence - 1, sequence])
  const places = new Set([...around, ...acknowledged.map(({ sequence }) => sequence)])
  const rows = await readRecordsAt(
    context.store,
    place,
    [...places].map((sequence) => ({ device, sequence })),
  )
  const standing = new Map(rows.map(({ sequence, id }): [number, RecordId] => [sequence, id]))
  return keptBranch({ forkedAt, standing, aside }, acknowledged, context.outOfReach())
}

/** What others acknowledge of a device's records, in the order in which it is heard ([CHN12]). */
async function readAcknowledged(documents: SpaceDocuments, device: DeviceId): Promise<HeldEnd[]> {
  const { context, place } = documents
  await weighRaises(documents)
  const outKnown = await readOutKnown(context.store, place, device)
  const counting: NewAcknowledgement[] = []
  for (const said of await readAcknowledgementsOf(context.store, place, device)) {
    const limit = limitIn(documents, said.by)
    const last = await wordBefore(documents, said, outKnown.get(said.by) ?? Infinity, ({ at, id }) =>
      isWithin(limit, { sequence: at, id }),
    )
    if (last !== null) counting.push(last)
  }
  return orderAcknowledgements(context.roster(), device, counting)
}
