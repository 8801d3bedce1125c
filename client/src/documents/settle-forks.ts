import { compactionKind } from '@clique/crypto'
import type { DeviceId, RecordId } from '@clique/crypto'
import type { AsideRow, RecordRow } from '../storage/database.ts'
import { removeAside, takeAsideEnd } from '../storage/forks.ts'
import type { NewAside } from '../storage/forks.ts'
import { readChain, readChainBack } from '../storage/records.ts'
import { arrivalOf, contributionOf } from './arrivals.ts'
import type { Arrival, Fresh } from './arrivals.ts'
import { readKept } from './forked-chain.ts'
import { admit } from './gate.ts'
import { KnownChains } from './known-chains.ts'
import { SharedDocument } from './shared-document.ts'
import type { SpaceDocuments } from './space-documents.ts'
import { recordsIn } from './standing.ts'
import type { AsideRecord } from './standing.ts'
import { Turns } from './turns.ts'
import { keptAside } from './wanted.ts'

/** Records that come to stand in one commit. */
const batchSize = 256
/** Steps in which one chain is settled at a time; each lets a branch stand, or finds a record that never can. */
const maxSteps = 16

/**
 * Lets those branches of forked chains stand that others have acknowledged, wherever another one stands. The caller holds
 * the clique's lock and has caught up. @throws CliqueError `storage-full` and others
 */
export async function settleForks(documents: SpaceDocuments): Promise<void> {
  for (const [device, forkedAt] of documents.forks) {
    for (let step = 0; step < maxSteps; step++) {
      const { shown, instead, isSplit } = await readKept(documents, device, forkedAt)
      if (instead.length === 0 && !isSplit) break
      await takeAsideBeyond(documents, device, shown)
      for (let start = 0; start < instead.length; start += batchSize) {
        const batch = instead.slice(start, start + batchSize)
        if (!(await letStand(documents, batch))) break
      }
    }
  }
}

/**
 * Makes room behind `sequence` of a device's chain for another branch. The caller holds the clique's lock and has
 * caught up. @throws CliqueError `storage-full` and others; then nothing has changed
 */
async function takeAsideBeyond(documents: SpaceDocuments, device: DeviceId, sequence: number): Promise<void> {
  const { place, context } = documents
  const kept = await keptAside(documents)
  const moved: NewAside[] = []
  const turns = new Turns()
  for (const row of await readChain(context.store, place, device, sequence, Infinity)) {
    await turns.next()
    const { order: _, place: __, receivedAts: ___, ...kept } = row
    if (row.first === undefined) {
      const { previous, previousKey } = documents.open(row).claims
      moved.push({ ...kept, previous, previousKey, relays: [] })
    } else {
      const first = Math.max(row.first, sequence + 1)
      moved.push({ ...kept, first, previous: null, previousKey: null, relays: [] })
    }
  }
  if (moved.length === 0) return
  const [last] = await readChainBack(context.store, place, device, sequence + 1, 1)
  const head = last === undefined ? null : cutAt(documents, last, sequence)
  await documents.restand(async () => {
    await takeAsideEnd(context.store, context.clique, place, device, head, moved, kept)
    return true
  })
}

/** What a row stands for up to this sequence. */
function cutAt(documents: SpaceDocuments, row: RecordRow, sequence: number): RecordRow {
  if (row.first === undefined || row.sequence <= sequence) return row
  const stands = recordsIn(documents, row).filter(({ body }) => body.sequence <= sequence)
  const end = stands.at(-1)
  if (end === undefined) return row
  const { id, receivedAt } = end
  const receivedAts = stands.slice(0, -1).map((one) => one.receivedAt)
  return { ...row, sequence: end.body.sequence, id, receivedAt, receivedAts }
}

/** False when the gate lets one of them through no more than any other of its kind: then it is thrown away. */
async function letStand(documents: SpaceDocuments, records: readonly AsideRecord[]): Promise<boolean> {
  const names = new Set(records.map(({ row }) => row.document))
  for (const name of names) documents.pin(name)
  try {
    const { arrivals, stand, refused } = await judge(documents, records)
    await documents.append(arrivals)
    await removeAside(documents.context.store, refused === null ? stand : [...stand, refused])
    return refused === null
  } catch (error) {
    for (const name of names) documents.dropCopy(name)
    throw error
  } finally {
    for (const name of names) documents.unpin(name)
  }
}

interface Settled {
  readonly arrivals: readonly Arrival[]
  /** Rows of which nothing lies aside any more. */
  readonly stand: readonly AsideRow[]
  readonly refused: AsideRow | null
}

async function judge(documents: SpaceDocuments, records: readonly AsideRecord[]): Promise<Settled> {
  const rows = new Set(records.map(({ row }) => row))
  const arrivals: Arrival[] = []
  const stand: AsideRow[] = []
  const turns = new Turns()
  const places = records.map(({ sequence, row: { device } }) => ({ device, sequence }))
  const chains = await KnownChains.read(documents, places)
  for (const row of rows) {
    await turns.next()
    const wanted = new Set(records.filter((one) => one.row === row).map(({ id }) => id))
    const { fresh, isRefused } = await tryRow(documents, row, wanted, chains)
    if (fresh.length > 0) {
      const { receivedAt } = row
      arrivals.push(
        arrivalOf(row, fresh, { carries: row.first !== undefined, replacesFrom: null, receivedAt }),
      )
    }
    if (isRefused) return { arrivals, stand, refused: row }
    if (fresh.at(-1)?.record.body.sequence === row.sequence) stand.push(row)
  }
  return { arrivals, stand, refused: null }
}

async function tryRow(
  documents: SpaceDocuments,
  row: AsideRow,
  wanted: ReadonlySet<RecordId>,
  chains: KnownChains,
): Promise<{ fresh: Fresh[]; isRefused: boolean }> {
  const copy = await documents.copyOf(row.document)
  const { receivedAt } = row
  const fresh: Fresh[] = []
  for (const record of recordsIn(documents, row)) {
    if (!wanted.has(record.id)) continue
    const { device, session, sequence, kind, payload } = record.body
    const stretch = chains.stretchOf(record.body)
    const isBare = kind === compactionKind
    const admission = isBare ? null : admit(copy, { device, session, sequence, stretch, receivedAt, payload })
    if (admission?.verdict === 'refuse') {
      if (admission.spoiled) documents.dropCopy(row.document)
      return { fresh, isRefused: true }
    }
    if (admission !== null && copy instanceof SharedDocument) copy.apply(contributionOf(record, admission))
    fresh.push({ record, words: { acknowledges: [], knowsOut: [] }, admission, stretch })
    chains.add(record.id, record.body)
  }
  return { fresh, isRefused: false }
}
