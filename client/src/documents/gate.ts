import { checkLogUpdate, CliqueError } from '@clique/crypto'
import type { ClientSession, ErrorCode } from '@clique/crypto'
import { isChapterName } from './chapter-name.ts'
import type { Chapter, Contribution, Growth } from './chapter.ts'
import { describeUpdate } from './update-description.ts'

/** The kind of a record whose payload is one Yjs V1 update. */
export const updateKind = 'yjs-1'

/** Documents that this version knows, and how each is guarded. `prefix`: of the chapters of the record's epoch. */
export function isKnownDocument(document: string, kind: string | number, prefix: string): boolean {
  return kind === updateKind && isChapterName(document, prefix)
}

export type Admission =
  | { readonly verdict: 'accept'; readonly contribution: Contribution; readonly growth: Growth }
  /** `spoiled`: the copy is not to be used again. */
  | { readonly verdict: 'refuse'; readonly code: ErrorCode; readonly spoiled: boolean }

export interface Candidate extends ClientSession {
  readonly sequence: number
  readonly receivedAt: number
  readonly update: Uint8Array
}

/** Judges an update by the rules, then tries it on `copy`, where a throw hurts nothing. */
export function admit(copy: Chapter, candidate: Candidate): Admission {
  try {
    const described = describeUpdate(candidate.update)
    const { device, sequence, receivedAt, update } = candidate
    const verdict = checkLogUpdate(described, { device, own: copy.clocksOf(candidate, described) })
    if (verdict.verdict === 'refuse') return { ...verdict, spoiled: false }
    if (verdict.verdict === 'wait') return { verdict: 'refuse', code: 'gate-incomplete', spoiled: false }
    const contribution = { device, sequence, receivedAt, update, described }
    if (tryApply(copy, contribution)) {
      return { verdict: 'accept', contribution, growth: copy.growthBy(contribution) }
    }
    return { verdict: 'refuse', code: 'gate-incomplete', spoiled: true }
  } catch (error) {
    if (error instanceof CliqueError) return { verdict: 'refuse', code: error.code, spoiled: false }
    throw error
  }
}

function tryApply(copy: Chapter, contribution: Contribution): boolean {
  try {
    return copy.apply(contribution)
  } catch {
    // Bytes that decode and keep every rule can still make Yjs throw in the middle of its transaction.
    return false
  }
}
