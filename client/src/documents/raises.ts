import { raisesIn } from '@clique/crypto'
import type { DeviceId, NamedCut, RecordLimit } from '@clique/crypto'
import type { SpaceDocuments } from './space-documents.ts'
import { limitOf } from './visibility.ts'
import { readLastWord } from './words.ts'

/**
 * Looks which raises of cuts are to be believed ([EPO14]), by the roster and the records of now. Ask before `limitIn`. It reads
 * something only where the roster has changed since, or records came that may matter.
 */
export async function weighRaises(documents: SpaceDocuments): Promise<void> {
  for (;;) {
    const { heard, weighed, context } = documents
    const roster = context.roster()
    if (weighed?.roster === roster && weighed.heard === heard) return
    const believed = new Set<string>()
    for (const raise of raisesIn(roster, context.space)) {
      if (await hadSaidSo(documents, raise)) believed.add(nameOf(raise))
    }
    documents.weighed = { roster, heard, believed }
  }
}

/** How far a device's records are shown today, as far as it was weighed. */
export function limitIn({ context, weighed }: SpaceDocuments, device: DeviceId): RecordLimit {
  const isBelieved = (raise: NamedCut): boolean => weighed?.believed.has(nameOf(raise)) === true
  return limitOf(context.roster(), context.space, device, isBelieved)
}

async function hadSaidSo(
  documents: SpaceDocuments,
  { by, device, sequence, record }: NamedCut,
): Promise<boolean> {
  const word = by === null ? null : await readLastWord(documents, by, device)
  return word !== null && word.sequence === sequence && word.record === record
}

function nameOf({ by, device, sequence, record }: NamedCut): string {
  return `${by} ${device} ${sequence} ${record}`
}
