import { isDeviceOut, rotateEpoch } from '@clique/crypto'
import type { Act, CliqueLog, DeviceId, DeviceKeys, HeldRecords, Random } from '@clique/crypto'
import type { RecordId, RosterState, SpaceId } from '@clique/crypto'
import { shownOfFork } from './forked-chain.ts'
import { limitIn, weighRaises } from './raises.ts'
import type { SpaceDocuments } from './space-documents.ts'
import { readRecordsOf } from './standing.ts'
import { readLastWord } from './words.ts'

type Ends = Map<DeviceId, { readonly sequence: number; readonly id: RecordId }>

/**
 * The ends of all chains, in all of these spaces: where one is not looked at, what is held there would count as not held. Of
 * somebody whose records may all be out of this device's reach it can say nothing. `by`: this device, which raises what was
 * named of those who are out to what it had acknowledged.
 */
export async function readHeld(
  spaces: Iterable<SpaceId>,
  by: DeviceId,
  open: (space: SpaceId) => Promise<SpaceDocuments>,
): Promise<HeldRecords> {
  const held = new Map<SpaceId, Ends>()
  const raised = new Map<SpaceId, Ends>()
  const seenInParts = new Set<SpaceId>()
  for (const space of spaces) {
    const documents = await open(space)
    await documents.catchUp()
    held.set(space, await shownEnds(documents))
    raised.set(space, await ownWords(documents, by))
    if (documents.context.outOfReach().size > 0) seenInParts.add(space)
  }
  return (device, space, naming) => {
    if (naming === 'raise') return raised.get(space)?.get(device)
    return held.get(space)?.get(device) ?? (seenInParts.has(space) ? undefined : null)
  }
}

/** Of a chain that forked, what shows. */
async function shownEnds(documents: SpaceDocuments): Promise<Ends> {
  const ends: Ends = new Map(documents.heads)
  for (const device of documents.forks.keys()) {
    const head = ends.get(device)
    const shown = await shownOfFork(documents, device)
    if (head === undefined || head.sequence <= shown) continue
    const [row] = await readRecordsOf(documents, [{ device, sequence: shown }])
    if (row === undefined) ends.delete(device)
    else ends.set(device, row)
  }
  return ends
}

/** What this device acknowledged of those who are out beyond what shows of them. */
async function ownWords(documents: SpaceDocuments, by: DeviceId): Promise<Ends> {
  const { context } = documents
  await weighRaises(documents)
  const words: Ends = new Map()
  for (const device of context.roster().devices.keys()) {
    if (!isDeviceOut(context.roster(), device, context.space)) continue
    const word = await readLastWord(documents, by, device)
    if (word === null || word.sequence <= limitIn(documents, device).sequence) continue
    words.set(device, { sequence: word.sequence, id: word.record })
  }
  return words
}

/** While nobody is, a rotation has nothing to say about records, and nothing is opened for it. */
export function isSomebodyOut(state: RosterState): boolean {
  const places = [undefined, ...state.spaces.keys()]
  return [...state.devices.keys()].some((device) => places.some((space) => isDeviceOut(state, device, space)))
}

/** A rotation that says what is held of those who are out, while somebody is. */
export async function rotateWithCuts(
  log: CliqueLog,
  me: DeviceKeys,
  options: { readonly random: Random; readonly space: SpaceId | null; readonly renewCapability: boolean },
  held: () => Promise<HeldRecords>,
): Promise<Act> {
  return rotateEpoch(log, me, isSomebodyOut(log.state) ? { ...options, held: await held() } : options)
}
