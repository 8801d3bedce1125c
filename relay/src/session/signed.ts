import { CliqueError } from '@clique/crypto/verify'
import { attestedNow } from './facts.ts'
import type { Handling } from './facts.ts'
import { ask } from './questions.ts'
import type { Check, Procedure } from './questions.ts'

/**
 * Every signature of a device is checked here, at its pace: a check costs more than the message that asks for it.
 * @throws CliqueError `relay-too-fast`, `signature-invalid`
 */
export function* requireSigned(handling: Handling, ...checks: readonly Check[]): Procedure<void> {
  const isAttested = attestedNow(handling) !== null
  const pace = isAttested ? 'memberChecks' : 'strangerChecks'
  if (!handling.spend(pace, checks.length, isAttested)) throw new CliqueError('relay-too-fast')
  if (!(yield* ask({ kind: 'verify', checks }))) throw new CliqueError('signature-invalid')
}
