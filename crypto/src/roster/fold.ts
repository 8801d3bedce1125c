import type { Operation } from './operation.ts'
import type { RosterState } from './state.ts'

/** The roster that a set of verified operations amounts to: any order, any way of arriving, one result. */
export declare function foldRoster(operations: Iterable<Operation>): RosterState
