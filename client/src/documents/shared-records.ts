import type { HeldShared } from '@clique/crypto'
import { membersIn } from './author-verdict.ts'
import { readBeside } from './beside.ts'
import { hiddenFrom } from './hidden.ts'
import { limitIn } from './raises.ts'
import type { RecordContribution, SharedDocument } from './shared-document.ts'
import type { SpaceDocuments } from './space-documents.ts'

/** Records on whichever branch of their authors' chains, and what of them counts today. */
export interface SharedRecords extends HeldShared<RecordContribution> {
  readonly records: readonly RecordContribution[]
  /** Another one whenever something else might follow from it. */
  readonly state: string
}

/**
 * Hidden records of one device that are taken in for others which are built on them, beyond what shows: more than anybody
 * writes while a removal is on its way. What lies further on is there for nobody.
 */
export const maxWanted = 1_000

export async function readShared(documents: SpaceDocuments, shared: SharedDocument): Promise<SharedRecords> {
  const { mark, records: standing } = shared
  const beside = await readBeside(documents, shared)
  const all = [...standing, ...beside]
  const hidden = await hiddenFrom(
    documents,
    all.map(({ device }) => device),
  )
  const isNear = ({ device, sequence }: RecordContribution): boolean =>
    sequence <= limitIn(documents, device).sequence + maxWanted
  const aside = new Set(beside.map(({ id }) => id))
  const ends = [...hidden].filter(([, end]) => end < Infinity)
  const limits = [...hidden.keys()].toSorted().map((device) => limitIn(documents, device).sequence)
  return {
    records: all.filter(isNear),
    state: JSON.stringify([mark, ends.toSorted(), limits, [...aside].toSorted()]),
    memberOf: membersIn(documents.context.roster()),
    counts: ({ device, sequence, id }) => !aside.has(id) && sequence < (hidden.get(device) ?? Infinity),
  }
}
