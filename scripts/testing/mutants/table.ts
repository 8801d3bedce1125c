import { clientMutants } from './client.ts'
import { countingMutants } from './counting.ts'
import { documentMutants } from './documents.ts'
import { epochMutants } from './epochs.ts'
import { furtherMutants } from './further.ts'
import { intakeMutants } from './intake.ts'
import { invitationMutants } from './invitations.ts'
import type { Mutant } from './mutant.ts'
import { primitiveMutants } from './primitives.ts'
import { recordMutants } from './records.ts'
import { relayMutants } from './relay.ts'
import { rosterItemMutants } from './roster-items.ts'
import { rosterRightMutants } from './roster-rights.ts'
import { rosterMutants } from './roster.ts'
import { spaceMutants } from './spaces.ts'
import { syncMutants } from './sync.ts'

/** Every rule and check that `npm run mutants` takes away in turn. */
export const mutants: readonly Mutant[] = [
  ...primitiveMutants,
  ...rosterRightMutants,
  ...rosterMutants,
  ...countingMutants,
  ...rosterItemMutants,
  ...epochMutants,
  ...spaceMutants,
  ...recordMutants,
  ...invitationMutants,
  ...clientMutants,
  ...documentMutants,
  ...syncMutants,
  ...intakeMutants,
  ...relayMutants,
  ...furtherMutants,
]
