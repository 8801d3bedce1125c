import type { OperationId } from '../ids.ts'
import type { Role } from './roles.ts'

/** What an operation takes beside its author's being in. */
export interface Right {
  readonly needs: Role | null
  readonly isCountersigned: boolean
  /** Signatures of others that it rests on. */
  readonly rests: readonly OperationId[]
}

export const everybodys: Right = { needs: null, isCountersigned: false, rests: [] }
export const needing = (needs: Role): Right => ({ ...everybodys, needs })
