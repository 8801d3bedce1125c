import type { OperationType } from '../roster/operation.ts'

/** What begins an epoch in the same operation, but for the genesis. */
export const rotatingTypes: ReadonlySet<OperationType> = new Set([
  'invite',
  'revoke-invite',
  'close-invite',
  'join',
  'confirm',
  'add-device',
  'remove-device',
  'remove-member',
  'rotate-epoch',
])
