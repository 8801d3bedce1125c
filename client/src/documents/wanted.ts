import { wantedOf } from '@clique/crypto'
import type { DeviceId, RecordId, RecordLimit, Wanted } from '@clique/crypto'
import { readAsideById } from '../storage/forks.ts'
import type { RecordRow } from '../storage/database.ts'
import { readRowsOf } from '../storage/records.ts'
import { limitIn, weighRaises } from './raises.ts'
import { maxWanted, readShared } from './shared-records.ts'
import type { SpaceDocuments } from './space-documents.ts'
import { titlesOf } from './title-name.ts'
import { isSound } from './tried-apart.ts'

/**
 * Looks what of the hidden is built on by what counts, by the roster and the records of now. Ask before `takenIn`. It reads
 * something only where the roster has changed since, or records came that may matter.
 */
export async function weighWanted(documents: SpaceDocuments): Promise<Wanted> {
  for (;;) {
    await weighRaises(documents)
    const { weighed, wanted } = documents
    if (wanted !== null && wanted.weighed === weighed) return wanted
    documents.wanted = { ...(await readWanted(documents)), weighed }
  }
}

/** How far they are taken in and handed on: as far as they are shown, or something that counts is built on them ([SHO6]). */
export function takenIn(documents: SpaceDocuments, device: DeviceId): RecordLimit {
  const limit = limitIn(documents, device)
  const named = documents.wanted?.upTo.get(device) ?? 0
  const wanted = Math.min(named, limit.sequence + maxWanted)
  return wanted < limit.sequence ? limit : { sequence: wanted + 1, records: new Set() }
}

/** What is not to be let go where it lies aside, as names that count build on it ([GATE11]). */
export async function keptAside(documents: SpaceDocuments): Promise<ReadonlySet<RecordId>> {
  return new Set((await weighWanted(documents)).ground.keys())
}

/**
 * Records of a forked chain that do not show, on whichever branch, and on which names of conversations are built: others
 * need them to read these ([GATE11]).
 */
export async function groundOfFork(
  documents: SpaceDocuments,
  device: DeviceId,
  shown: number,
): Promise<Pick<RecordRow, 'id' | 'device' | 'sequence' | 'bytes'>[]> {
  const { context, place } = documents
  const { ground } = await weighWanted(documents)
  const ofDevice = [...ground].filter(([, one]) => one.device === device)
  if (ofDevice.length === 0) return []
  const hidden = ofDevice.map(([, one]) => one).filter(({ sequence }) => sequence > shown)
  const standing = await readRowsOf(context.store, place, hidden)
  const aside = await readAsideById(
    context.store,
    place,
    ofDevice.map(([id]) => id),
  )
  return [...standing, ...aside].filter(({ id }) => ground.has(id))
}

/** What is wanted by those records of `shared` documents that count. */
async function readWanted(documents: SpaceDocuments): Promise<Wanted> {
  const { space, roster } = documents.context
  const upTo = new Map<DeviceId, number>()
  const ground = new Map<RecordId, { readonly device: DeviceId; readonly sequence: number }>()
  for (const name of titlesOf(roster(), space)) {
    const held = await readShared(documents, await documents.shared(name))
    const wanted = wantedOf({ ...held, records: held.records.filter(isSound) })
    for (const [device, sequence] of wanted.upTo) {
      upTo.set(device, Math.max(sequence, upTo.get(device) ?? 0))
    }
    for (const [id, { device, sequence }] of wanted.ground) ground.set(id, { device, sequence })
  }
  return { upTo, ground }
}
