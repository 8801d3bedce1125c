import { equal, generateKemPair, retiredKemKeys, rotateKem } from '@clique/crypto'
import type { Act, CliqueLog, DeviceId, Random } from '@clique/crypto'
import type { KemKey, OwnKeys } from './device-keys.ts'

const day = 24 * 60 * 60 * 1000
/** Milliseconds that a KEM key is used for; whoever copies it later opens what was wrapped in that time. */
const usedMs = 30 * day
/** Milliseconds at least that the private half is kept once it is replaced: wraps may come late. */
const keptMs = 90 * day

/** Whether this device should have a new KEM key. One from the future was made by a clock that was wrong. */
export function isKemDue([newest]: readonly KemKey[], now: number): boolean {
  return newest?.madeAt != null && Math.abs(now - newest.madeAt) >= usedMs
}

/**
 * A new KEM key, named by an operation, and the keys to keep from then on: they have to be on the disk before the
 * operation is heard by anybody.
 */
export async function renewKem(
  log: CliqueLog,
  me: OwnKeys,
  { now, random }: { readonly now: number; readonly random: Random },
): Promise<Act & { readonly kemKeys: readonly KemKey[] }> {
  const pair = await generateKemPair(random)
  const act = await rotateKem(log, me, pair, { random })
  return { ...act, kemKeys: [{ pair, madeAt: now }, ...keysToKeep(log, me.id, me.kemKeys, now)] }
}

/**
 * Without those that were replaced long enough ago and that nobody can wrap to any more. The pair of the invitation is
 * none of the device's, and stays: whoever has not heard of the join yet may write under a key for it.
 */
export function keysToKeep(
  log: CliqueLog,
  device: DeviceId,
  keys: readonly KemKey[],
  now: number,
): readonly KemKey[] {
  const retired = retiredKemKeys(log, device)
  return keys.filter(({ pair, madeAt }, place) => {
    // A key is replaced when the next one is made.
    const replacedAt = keys[place - 1]?.madeAt
    if (madeAt === null || replacedAt == null || now - replacedAt < keptMs) return true
    return !retired.some((key) => equal(key, pair.publicKey))
  })
}
