import { clientMutants } from './client.ts'
import { epochMutants } from './epochs.ts'
import { invitationMutants } from './invitations.ts'
import type { Mutant } from './mutant.ts'
import { recordMutants } from './records.ts'
import { relayMutants } from './relay.ts'
import { rosterMutants } from './roster.ts'
import { spaceMutants } from './spaces.ts'

/** Every rule and check that `npm run mutants` takes away in turn. */
export const mutants: readonly Mutant[] = [
  ...rosterMutants,
  ...epochMutants,
  ...spaceMutants,
  ...recordMutants,
  ...invitationMutants,
  ...clientMutants,
  ...relayMutants,
]
