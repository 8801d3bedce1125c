import {
  checkLogUpdate,
  checkSharedUpdate,
  CliqueError,
  compactionKind,
  ownClient,
  referencesOf,
} from '@clique/crypto'
import type { CarriedRecord, ErrorCode, GateVerdict } from '@clique/crypto'
import { isChapterName } from './chapter-name.ts'
import type { Chapter, ChapterWriter, Growth } from './chapter.ts'
import { SharedDocument } from './shared-document.ts'
import type { RecordContribution } from './shared-document.ts'
import { maxTitlePayload, titleName, isTitle } from './title-name.ts'
import { nameIn } from './title-update.ts'
import { describePayload } from './update-description.ts'
import type { DescribedPayload } from './update-description.ts'

/** The kind of a record whose payload is one Yjs V1 update. */
export const updateKind = 'yjs-1'
/** Of one whose payload names what the update touches of others (`encodeSharedUpdate`). */
export const sharedKind = 'yjs-shared-1'

/** Documents that this version knows. `prefix`: of the chapters of the record's epoch. */
export function isKnownDocument(document: string, kind: string | number, prefix: string): boolean {
  return kind === kindIn(document) && (isChapterName(document, prefix) || document === titleName(prefix))
}

/** The kind of what is written in a document, but for compactions. */
export function kindIn(document: string): string {
  return isTitle(document) ? sharedKind : updateKind
}

/**
 * The same of a record and those that it carries. Only what is listed here can be in a compaction: chapters. What must not be
 * compacted, as a ledger, is not; nor are names, of which there are few, and on which others build record by record.
 */
export function areKnown(records: readonly CarriedRecord[], prefix: string): boolean {
  const [last, ...carried] = records.toReversed()
  if (last === undefined) return false
  const { document, kind } = last.body
  if (kind !== compactionKind) return isKnownDocument(document, kind, prefix)
  return isChapterName(document, prefix) && carried.every(({ body }) => body.kind === updateKind)
}

export type Admission =
  /** `growth`: null for a document without entries. */
  | { readonly verdict: 'accept'; readonly contribution: Judged; readonly growth: Growth | null }
  /** `spoiled`: the copy is not to be used again. */
  | { readonly verdict: 'refuse'; readonly code: ErrorCode; readonly spoiled: boolean }

/** A record's part in a document, before it has an id. */
export type Judged = Omit<RecordContribution, 'id'>

export interface Candidate extends ChapterWriter {
  readonly sequence: number
  readonly receivedAt: number
  readonly payload: Uint8Array
}

/**
 * Judges an update by the rules. One of a chapter is then tried on `copy`: bytes that keep every rule could still make Yjs throw
 * in the middle of its transaction. A `shared` document
 * takes in what its caller applies, and tries what is made of it whenever somebody looks.
 */
export function admit(copy: Chapter | SharedDocument, candidate: Candidate): Admission {
  try {
    const { device, sequence, stretch, receivedAt, payload } = candidate
    const isShared = copy instanceof SharedDocument
    // Decoding spends time and memory, so size comes first.
    if (isShared && payload.length > maxTitlePayload) return refuse('gate-too-large')
    const said = describePayload(payload, isShared)
    const contribution = { device, sequence, stretch, receivedAt, ...said }
    const verdict = isShared
      ? checkAlone(said)
      : checkLogUpdate(said.described, copy.ownOf(candidate, said.described))
    if (verdict.verdict === 'refuse') return refuse(verdict.code)
    if (verdict.verdict === 'wait') return refuse('gate-incomplete')
    if (!isShared && !copy.apply(contribution)) return refuse('gate-incomplete', true)
    return { verdict: 'accept', contribution, growth: copy.growthBy(contribution) }
  } catch (error) {
    if (error instanceof CliqueError) return refuse(error.code)
    throw error
  }
}

function refuse(code: ErrorCode, spoiled = false): Admission {
  return { verdict: 'refuse', code, spoiled }
}

/**
 * What can be said of an update of a `shared` document by itself, so that everybody says the same, whatever else has come:
 * as if all that it builds on were there ([GATE7]). There is one kind of such documents, names of conversations ([GATE14]).
 */
function checkAlone({ described, builtOn, update }: DescribedPayload): GateVerdict {
  const own = new Map([[ownClient, 0]])
  const isPresent = () => true
  const coveredClock = (client: number) => (client <= builtOn.length ? Infinity : 0)
  const verdict = checkSharedUpdate(described, { own, dependencies: [], isPresent, coveredClock })
  if (verdict.verdict !== 'accept') return verdict
  const isName = touchesAll({ described, builtOn }) && nameIn(update) !== null
  return isName ? verdict : { verdict: 'refuse', code: 'shape-out-of-range' }
}

/** What is named is touched: one update has one encoding, and nobody is asked for what nothing stands on. */
function touchesAll({ described: { structs, deletes }, builtOn }: Omit<DescribedPayload, 'update'>): boolean {
  const touched = new Set([...structs.flatMap(referencesOf), ...deletes].map(({ client }) => client))
  touched.delete(ownClient)
  return touched.size === builtOn.length
}
