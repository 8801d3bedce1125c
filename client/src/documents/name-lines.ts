import type { DeviceId, RecordDependency } from '@clique/crypto'
import { readAcknowledgementsOf } from '../storage/acknowledgements.ts'
import { readChainBack } from '../storage/records.ts'
import type { FoldedMessage } from './conversation-fold.ts'
import { chainName, readHeldRecords } from './record-heads.ts'
import type { SpaceDocuments } from './space-documents.ts'
import { recordsIn } from './standing.ts'
import type { ChainPlace } from './standing.ts'
import { readGivenNames } from './title.ts'
import type { GivenName } from './title.ts'
import { wordsIn } from './words.ts'

export interface SayingMessage extends ChainPlace {
  readonly acknowledges: readonly RecordDependency[]
}

/**
 * Where a name that was given stands among messages: below what its device wrote before it, and above the first that was
 * written after it by that device, or says that its author held it. So nobody can date it back, or ahead of what they
 * wrote around it. Index of the message below; their count for the end.
 */
export function placeOfName({ device, sequence }: ChainPlace, messages: readonly SayingMessage[]): number {
  const last = messages.findLastIndex((one) => one.device === device && one.sequence < sequence)
  const first = messages.findIndex(
    (one, at) =>
      at > last &&
      ((one.device === device && one.sequence > sequence) ||
        one.acknowledges.some((said) => said.device === device && said.sequence >= sequence)),
  )
  return first === -1 ? messages.length : first
}

/** Records that are looked at for what somebody held of a device before the messages on screen. */
const lookBack = 256

/** Whether a name belongs above all of these, where there are older messages: somebody had it before. */
async function isAbove(
  documents: SpaceDocuments,
  { device, sequence }: ChainPlace,
  messages: readonly ChainPlace[],
  names: readonly ChainPlace[],
): Promise<boolean> {
  const earliest = new Map<DeviceId, number>()
  for (const one of messages) {
    earliest.set(one.device, Math.min(one.sequence, earliest.get(one.device) ?? Infinity))
  }
  const next = earliest.get(device) ?? Infinity
  if (next < sequence) return false
  let from = sequence + 1
  while (names.some((one) => one.device === device && one.sequence === from)) from++
  if (next < Infinity && from < next) return true
  const { context, place } = documents
  for (const said of await readAcknowledgementsOf(context.store, place, device)) {
    if (said.sequence < sequence) continue
    const before = earliest.get(said.by) ?? Infinity
    const held = said.at < before ? said.sequence : await heldBefore(documents, said.by, device, before)
    if (held >= sequence) return true
  }
  return false
}

/** Chains only grow: what was found before a record of theirs is the same for ever. */
const found = new WeakMap<SpaceDocuments, Map<string, number>>()

/** Up to where a device said, before this record, that it holds another one's chain; endless where that was long before. */
async function heldBefore(
  documents: SpaceDocuments,
  by: DeviceId,
  device: DeviceId,
  before: number,
): Promise<number> {
  const known = found.get(documents) ?? new Map<string, number>()
  found.set(documents, known)
  const name = `${by} ${device} ${before}`
  const held = known.get(name) ?? (await lookForWord(documents, by, device, before))
  known.set(name, held)
  return held
}

async function lookForWord(
  documents: SpaceDocuments,
  by: DeviceId,
  device: DeviceId,
  before: number,
): Promise<number> {
  const { context, place } = documents
  const rows = await readChainBack(context.store, place, by, before, lookBack)
  for (const row of rows) {
    for (const { body } of recordsIn(documents, row).toReversed()) {
      const word = body.sequence < before ? wordsIn(body).find((one) => one.device === device) : undefined
      if (word !== undefined) return word.sequence
    }
  }
  return rows.length < lookBack ? 0 : Infinity
}

/** The names of a conversation by the message that stands below them; those at the end by their count. */
export async function readNameLines(
  documents: SpaceDocuments,
  messages: readonly FoldedMessage[],
  hasOlder: boolean,
): Promise<ReadonlyMap<number, readonly GivenName[]>> {
  const lines = new Map<number, GivenName[]>()
  const names = await readGivenNames(documents)
  if (names.length === 0 || messages.length === 0) return lines
  // Whoever gave a name knew of the one before, which is above where the later one is.
  let from = hasOlder ? names.length : 0
  for (let name = names[from - 1]; name !== undefined; name = names[from - 1]) {
    if (await isAbove(documents, name, messages, names)) break
    from--
  }
  const held = await readHeldRecords(documents, messages)
  const saying = messages.map(({ device, sequence }) => {
    const { acknowledges = [] } = held.get(chainName({ device, sequence })) ?? {}
    return { device, sequence, acknowledges }
  })
  let at = 0
  for (const name of names.slice(from)) {
    at = Math.max(at, placeOfName(name, saying))
    lines.set(at, [...(lines.get(at) ?? []), name])
  }
  return lines
}
