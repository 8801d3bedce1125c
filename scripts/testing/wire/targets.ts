import { clientTargets } from './client-targets.ts'
import { cryptoTargets } from './crypto-targets.ts'
import { handshakeTarget } from './handshake-target.ts'
import { nameTargets } from './name-targets.ts'
import { relayTargets } from './relay-targets.ts'
import type { Target } from './target.ts'

/** Everything that reads bytes of others. */
export async function wireTargets(): Promise<readonly Target[]> {
  return [
    ...(await cryptoTargets()),
    ...(await relayTargets()),
    ...(await clientTargets()),
    ...nameTargets(),
    await handshakeTarget(),
  ]
}
