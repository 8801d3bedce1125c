import { CliqueError, isCliqueError } from '@clique/crypto'
import type { Signer } from '@clique/crypto'
import { tenantIdOf } from '@clique/relay/protocol'
import type { Capability, RelaySession } from '../network/relay-session.ts'
import { renewCapability, retireCapability } from '../network/tenants.ts'

/**
 * Registers what the clique has renewed since, and ends all but the newest generation. Both may be repeated. Of several
 * capabilities of one generation, as two admins make them apart, a relay takes one: the one that it has counts there.
 * Returns the generation up to which the relay lets nobody in any more. `known`: newest first.
 */
export async function renewAtRelay(
  session: RelaySession,
  admin: Signer,
  known: readonly Capability[],
): Promise<number> {
  const newest = known[0]?.generation ?? 1
  const tenant = tenantIdOf(admin.publicKey)
  for (const capability of known.toReversed()) {
    if (capability.generation === 1) continue
    try {
      await renewCapability(session, admin, tenant, capability)
    } catch (error) {
      // An older one that the relay has, or that another one stands for there.
      if (!isCliqueError(error, 'relay-generation')) throw error
    }
  }
  if (newest > 1) await retireCapability(session, admin, tenant, newest - 1)
  return newest - 1
}

/**
 * Whether a relay has ended what came before the newest generation: it is shown the one before. Asked before this device
 * proves its own. Returns the generation that has ended, or null while the relay takes it. `known`: newest first.
 */
export async function askForEnd(session: RelaySession, known: readonly Capability[]): Promise<number | null> {
  const newest = known[0]?.generation ?? 1
  const before = known.find(({ generation }) => generation < newest)
  if (before === undefined) return null
  try {
    await session.prove(before)
    return null
  } catch (error) {
    if (isCliqueError(error, 'relay-capability-retired')) return before.generation
    if (error instanceof CliqueError && !session.isOver) return null
    throw error
  }
}
