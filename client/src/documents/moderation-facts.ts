import type { RosterState } from '@clique/crypto'
import type { PlacedEntry, PlacedMessage } from './conversation-fold.ts'
import { foldModeration, isAbout, isAct } from './moderation.ts'
import type { StandingHide } from './moderation-entry.ts'
import { chainName, readHeldRecords } from './record-heads.ts'
import type { SpaceDocuments } from './space-documents.ts'
import { isWithin, limitOf } from './visibility.ts'

/** Of these messages what hides them, by all entries of a conversation that are later than any of them and are shown. */
export async function readModeration(
  documents: SpaceDocuments,
  messages: readonly PlacedMessage[],
  entries: readonly PlacedEntry[],
): Promise<ReadonlyMap<PlacedMessage, readonly StandingHide[]>> {
  const acts = entries.filter(isAct)
  if (acts.length === 0) return new Map()
  const named = acts.filter(isAbout).map(({ entry }) => entry.message)
  const held = await readHeldRecords(documents, [...acts, ...named])
  const { context } = documents
  const roster = context.roster()
  const rosters = new Map<string, RosterState | null>()
  return foldModeration(messages, acts, {
    roster,
    named(act) {
      const name = chainName(act)
      const known = rosters.get(name)
      if (known !== undefined) return known
      const heads = held.get(name)?.heads ?? null
      const found = heads === null ? null : context.rosterAt(heads)
      rosters.set(name, found)
      return found
    },
    recordAt: (device, sequence) => held.get(chainName({ device, sequence }))?.id ?? null,
    isWithinFirstCut(act) {
      const id = held.get(chainName(act))?.id ?? null
      return isWithin(
        limitOf(roster, context.space, act.device, () => false),
        { sequence: act.sequence, id },
      )
    },
  })
}
