import type { KeyId } from '@clique/crypto'
import type { SpaceContext } from './space-context.ts'

/** What is known of a record that stands, for the one behind it. */
export interface Before {
  readonly key: KeyId
  /** As `stretchOf` gave it; 1 where none was kept. */
  readonly stretch?: number | undefined
}

/**
 * Where the stretch of a device's chain begins that a record is in: all in a row that is sealed under one key. Whoever opens one of
 * these opens all, and what says so is signed, so it is the same for everybody, whatever else they hold and in which order it came.
 */
export function stretchOf(
  { roster }: Pick<SpaceContext, 'roster'>,
  { sequence, key }: { readonly sequence: number; readonly key: KeyId },
  before: Before | undefined,
): number {
  if (roster().policy.history === 'full') return 1
  return before?.key === key ? (before.stretch ?? 1) : sequence
}
