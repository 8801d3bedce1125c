import { CliqueError, isCliqueError } from '@clique/crypto'
import type { Signer } from '@clique/crypto'
import type { Capability, RelaySession } from '../network/relay-session.ts'
import { renewCapability, retireCapability } from '../network/tenants.ts'

/**
 * Registers what the clique has renewed since, and ends all but the newest generation. Both may be repeated, and are in each
 * session: a relay that was restored from a backup has forgotten. Of several
 * capabilities of one generation, as two admins make them apart, a relay takes one: the one that it has counts there.
 * Returns the generation up to which the relay lets nobody in any more. `known`: newest first.
 */
export async function renewAtRelay(
  session: RelaySession,
  admin: Signer,
  known: readonly Capability[],
): Promise<number> {
  const newest = known[0]?.generation ?? 1
  if (newest === 1 || (await isEnded(session, admin, newest - 1))) return newest - 1
  for (const capability of known.toReversed()) {
    if (capability.generation === 1) continue
    try {
      await renewCapability(session, admin, capability)
    } catch (error) {
      // An older one that the relay has, or that another one stands for there.
      if (!isCliqueError(error, 'relay-generation')) throw error
    }
  }
  await retireCapability(session, admin, newest - 1)
  return newest - 1
}

/** Ends it where the relay has a newer one. */
async function isEnded(session: RelaySession, admin: Signer, generation: number): Promise<boolean> {
  try {
    await retireCapability(session, admin, generation)
    return true
  } catch (error) {
    if (isCliqueError(error, 'relay-generation')) return false
    throw error
  }
}

/**
 * Whether a relay has ended what came before the newest generation: it is shown the one before. Asked before this device
 * proves its own. Returns the generation that has ended, the one before it while the relay takes it, and null where the relay
 * says neither. `known`: newest first.
 */
export async function askForEnd(session: RelaySession, known: readonly Capability[]): Promise<number | null> {
  const newest = known[0]?.generation ?? 1
  const before = known.find(({ generation }) => generation < newest)
  if (before === undefined) return null
  try {
    await session.prove(before)
    return before.generation - 1
  } catch (error) {
    if (isCliqueError(error, 'relay-capability-retired')) return before.generation
    if (error instanceof CliqueError && !session.isOver) return null
    throw error
  }
}
