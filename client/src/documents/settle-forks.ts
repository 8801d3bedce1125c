import type { AsideRow } from '../storage/database.ts'
import { removeAside } from '../storage/forks.ts'
import { readKept, takeAsideBeyond } from './forked-chain.ts'
import { admit } from './gate.ts'
import type { Arrival, SpaceDocuments } from './space-documents.ts'
import { Turns } from './turns.ts'

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
      const { shown, instead } = await readKept(documents, device, forkedAt)
      if (instead.length === 0) break
      await takeAsideBeyond(documents, device, shown)
      for (let start = 0; start < instead.length; start += batchSize) {
        const batch = instead.slice(start, start + batchSize)
        if (!(await letStand(documents, batch))) break
      }
    }
  }
}

/** False when the gate lets one of them through no more than any other of its kind: then it is thrown away. */
async function letStand(documents: SpaceDocuments, rows: readonly AsideRow[]): Promise<boolean> {
  const names = new Set(rows.map(({ document }) => document))
  for (const name of names) documents.pin(name)
  try {
    const { arrivals, refused } = await judge(documents, rows)
    await documents.append(arrivals)
    const stand = rows.slice(0, arrivals.length)
    await removeAside(documents.context.store, refused === null ? stand : [...stand, refused])
    return refused === null
  } catch (error) {
    for (const name of names) documents.dropCopy(name)
    throw error
  } finally {
    for (const name of names) documents.unpin(name)
  }
}

async function judge(
  documents: SpaceDocuments,
  rows: readonly AsideRow[],
): Promise<{ arrivals: readonly Arrival[]; refused: AsideRow | null }> {
  const arrivals: Arrival[] = []
  const turns = new Turns()
  for (const row of rows) {
    await turns.next()
    const { order: _, place: __, previous: ___, previousKey: ____, ...record } = row
    const { device, sequence, receivedAt, document } = row
    const { session, payload } = documents.claimsOf(row)
    const copy = await documents.copyOf(document)
    const admission = admit(copy, { device, session, sequence, receivedAt, update: payload })
    if (admission.verdict === 'refuse') {
      if (admission.spoiled) documents.dropCopy(document)
      return { arrivals, refused: row }
    }
    const { contribution, growth } = admission
    arrivals.push({ record, contribution, growth })
  }
  return { arrivals, refused: null }
}
