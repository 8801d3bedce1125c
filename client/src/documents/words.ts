import { isDeviceOut, mayAcknowledge } from '@clique/crypto'
import type { DeviceId, RecordBody, RosterState, SpaceId } from '@clique/crypto'
import { readAcknowledgementsBy, readOutKnown } from '../storage/acknowledgements.ts'
import type { NewAcknowledgement } from '../storage/acknowledgements.ts'
import { readChainBack } from '../storage/records.ts'
import type { Words } from '../storage/records.ts'
import type { SpaceDocuments } from './space-documents.ts'
import { recordsIn } from './standing.ts'
import { isTitle } from './title-name.ts'
import { nextTurn } from './turns.ts'

/** Records that are read at a time while somebody's last word is looked for. */
const backStep = 64

/** What a record says that its author holds of others, and of whom it is the first to know that they are out. */
export function wordsOf(
  { context, outKnown }: SpaceDocuments,
  record: Pick<RecordBody, 'device' | 'sequence' | 'heads' | 'dependencies' | 'document'>,
): Required<Words> {
  const { space } = context
  const { device, sequence, heads } = record
  const roster = context.rosterAt(heads)
  return {
    acknowledges: wordsIn(record).filter((one) => mayAcknowledge(roster, space, device, one.device)),
    knowsOut: outIn(roster, space).filter((out) => sequence < (outKnown.get(`${device} ${out}`) ?? Infinity)),
  }
}

/** A record of a `shared` document acknowledges nothing ([CHN11]). */
export function wordsIn({ document, dependencies }: Pick<RecordBody, 'document' | 'dependencies'>) {
  return isTitle(document) ? [] : dependencies
}

/** Records come in runs that name the same roster. */
const outInRosters = new WeakMap<RosterState, Map<SpaceId, readonly DeviceId[]>>()

function outIn(roster: RosterState, space: SpaceId): readonly DeviceId[] {
  const bySpace = outInRosters.get(roster) ?? new Map<SpaceId, readonly DeviceId[]>()
  outInRosters.set(roster, bySpace)
  const out = bySpace.get(space) ?? [...roster.devices.keys()].filter((id) => isDeviceOut(roster, id, space))
  bySpace.set(space, out)
  return out
}

/** What a device acknowledged last of another, before it forked and before it knew that the other is out. */
export async function readLastWord(
  documents: SpaceDocuments,
  by: DeviceId,
  device: DeviceId,
): Promise<NewAcknowledgement | null> {
  const { context, place } = documents
  const said = (await readAcknowledgementsBy(context.store, place, by)).find((one) => one.device === device)
  if (said === undefined) return null
  const outKnown = await readOutKnown(context.store, place, device)
  return wordBefore(documents, said, outKnown.get(by) ?? Infinity, () => true)
}

/**
 * The last that somebody said, up to `said`, before the record of this sequence and before the fork of their chain, in a
 * record that counts.
 */
export async function wordBefore(
  documents: SpaceDocuments,
  said: NewAcknowledgement,
  sequence: number,
  counts: (record: Pick<NewAcknowledgement, 'by' | 'at' | 'id'>) => boolean,
): Promise<NewAcknowledgement | null> {
  const { context, place, forks } = documents
  const { by, device } = said
  const end = Math.min(sequence, forks.get(by) ?? Infinity)
  if (said.at < end && counts(said)) return said
  for (let before = Math.min(end, said.at); ;) {
    const rows = await readChainBack(context.store, place, by, before, backStep)
    const records = rows.flatMap((row) => recordsIn(documents, row).toReversed())
    for (const { id, body } of records) {
      const { sequence: at, heads } = body
      if (at >= before) continue
      before = at
      if (!counts({ by, at, id })) continue
      const word = wordsIn(body).find((one) => one.device === device)
      if (word !== undefined && mayAcknowledge(context.rosterAt(heads), context.space, by, device)) {
        return { ...word, by, at, id }
      }
    }
    if (rows.length < backStep) return null
    await nextTurn()
  }
}
