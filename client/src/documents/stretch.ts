import type { RecordBody } from '@clique/crypto'
import type { SpaceContext } from './space-context.ts'

/** What is known of a record that stands, for the one behind it. */
export interface Before {
  /** As `stretchOf` gave it; 1 where none was kept. */
  readonly stretch?: number | undefined
}

/**
 * Where the stretch of a device's chain begins that a record is in: all in a row that is sealed under one key. Whoever opens one of
 * these opens all, and the record itself says whether it begins one, also where that is false of the one before: so it is the same
 * for everybody, whatever else they hold and in which order it came.
 */
export function stretchOf(
  { roster }: Pick<SpaceContext, 'roster'>,
  { sequence, key, previousKey }: Pick<RecordBody, 'sequence' | 'key' | 'previousKey'>,
  before: Before | undefined,
): number {
  if (roster().policy.history === 'full') return 1
  return previousKey === key ? (before?.stretch ?? 1) : sequence
}
