import { orderAcknowledgements } from '@clique/crypto'
import type { DeviceId, HeldEnd, OutOfReach, RecordId } from '@clique/crypto'
import { readAcknowledgementsOf, readOutKnown } from '../storage/acknowledgements.ts'
import type { NewAcknowledgement } from '../storage/acknowledgements.ts'
import type { RecordRow } from '../storage/database.ts'
import { readAside, readForkProof } from '../storage/forks.ts'
import { readChainBack, readRowsOf } from '../storage/records.ts'
import { keptBranch } from './branches.ts'
import type { KeptBranch } from './branches.ts'
import { limitIn, weighRaises } from './raises.ts'
import type { ChainHead, SpaceDocuments } from './space-documents.ts'
import { asideIn, readRecordsOf, recordsIn } from './standing.ts'
import type { AsideRecord } from './standing.ts'
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
    const proof = await documents.forkProofOf(device)
    // What showed the fork waits where it does not stand and the fork is behind it: something before it is lacking.
    const isProofWaiting = proof?.sequence === shown && (await readRecordsOf(documents, [proof])).length === 0
    const sequence = Math.min(head.sequence, isLacking || isProofWaiting ? 0 : shown)
    if (sequence === 0) ends.delete(device)
    else ends.set(device, { ...head, sequence })
  }
  return ends
}

/**
 * Records that show the fork of a chain to whoever holds any of its branches. Where a key was misnamed, that is also the one
 * before, unless it is nothing to them.
 */
export async function recordsOfFork(
  documents: SpaceDocuments,
  device: DeviceId,
  forkedAt: number,
  outOfReach: OutOfReach,
): Promise<Pick<RecordRow, 'device' | 'sequence' | 'bytes'>[]> {
  const { context, place } = documents
  const { store } = context
  const said = await documents.forkProofOf(device)
  const around = [forkedAt - 1, forkedAt].map((sequence) => ({ device, sequence }))
  const standing = (await readRowsOf(store, place, around)).filter(({ sequence, keyId }) => {
    const isMisnamed = said?.sequence === forkedAt && keyId !== said.previousKey
    return sequence >= forkedAt || (isMisnamed && !outOfReach.has(keyId))
  })
  const aside = (await readAside(store, place, device)).filter(
    ({ sequence, first = sequence }) => first <= forkedAt && sequence >= forkedAt,
  )
  const proof = await readForkProof(store, place, device)
  const shownBy = proof === null ? [] : [{ device, sequence: forkedAt, bytes: proof }]
  const rows = [...standing, ...aside].map(({ bytes }) => ({ device, sequence: forkedAt, bytes }))
  return [...rows, ...shownBy]
}

/** What counts of a chain that forked at `forkedAt`, by all that is held today. */
export async function readKept(
  documents: SpaceDocuments,
  device: DeviceId,
  forkedAt: number,
): Promise<KeptBranch<AsideRecord>> {
  const acknowledged = await readAcknowledged(documents, device)
  if (acknowledged.length === 0) return { shown: forkedAt - 1, instead: [], isSplit: false, isLacking: false }
  const { context, place } = documents
  const aside = (await readAside(context.store, place, device)).flatMap((row) => asideIn(documents, row))
  const around = aside.flatMap(({ sequence }) => [sequence - 1, sequence])
  const said = acknowledged.flatMap(({ sequence }) => [sequence, sequence + 1])
  const places = new Set([forkedAt, ...around, ...said])
  const rows = await readRecordsOf(
    documents,
    [...places].map((sequence) => ({ device, sequence })),
  )
  const standing = new Map(rows.map(({ sequence, id }): [number, RecordId] => [sequence, id]))
  const starts = await readStarts(documents, device, forkedAt, Math.max(...said))
  return keptBranch({ forkedAt, standing, starts, aside }, acknowledged, context.outOfReach())
}

/** Where behind `forkedAt` and up to `end` what stands of a device's chain does so without the one before. */
async function readStarts(
  documents: SpaceDocuments,
  device: DeviceId,
  forkedAt: number,
  end: number,
): Promise<number[]> {
  const { context, place } = documents
  const outOfReach = context.outOfReach()
  const starts: number[] = []
  const back = (before: number, limit: number) => readChainBack(context.store, place, device, before, limit)
  // Whoever may read all of a chain has no such places.
  let [row] = outOfReach.size > 0 ? await back(end + 1, 1) : []
  while (row?.stretch !== undefined && row.stretch > forkedAt) {
    const start = row.stretch
    const [first, before] = await back(start + 1, 2)
    const record = first && recordsIn(documents, first).find(({ body }) => body.sequence === start)
    const key = record?.body.previousKey ?? null
    if (before?.sequence !== start - 1 || (key !== null && outOfReach.has(key))) starts.push(start)
    row = before
  }
  return starts
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
