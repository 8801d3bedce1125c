import type { EpochId, KeyId } from '@clique/crypto'
import type { SpaceContext } from './space-context.ts'

/** What is known of a record that stands, for the one behind it. */
export interface Before {
  readonly key: KeyId
  /** As `stretchOf` gave it; 1 where none was kept. */
  readonly stretch?: number | undefined
}

/**
 * Where the stretch of a device's chain begins that a record is in: all in a row that is written under one archive. Whoever may
 * open one of these may open all, so it is the same for everybody, whatever else they hold of the chain and in which order it came.
 */
export function stretchOf(
  { keys, roster }: Pick<SpaceContext, 'keys' | 'roster'>,
  { sequence, key }: { readonly sequence: number; readonly key: KeyId },
  before: Before | undefined,
): number {
  const { policy, epochs } = roster()
  if (policy.history === 'full') return 1
  const archiveOf = (id: KeyId) => epochs.get(keys().get(id)?.epoch as EpochId)?.archive
  const goesOn = before !== undefined && archiveOf(before.key) === archiveOf(key)
  return goesOn ? (before.stretch ?? 1) : sequence
}
