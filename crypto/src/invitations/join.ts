import type { Random } from '../platform.ts'
import type { Act, DeviceKeys, MemberRoot, RecoverySlot } from '../roster/acts.ts'
import type { OpenedPackage } from './invitation-package.ts'

/**
 * Folds what lies in the control mailbox, checks that the invitation still holds, and joins.
 * `now`: milliseconds since 1970.
 * @throws CliqueError `invite-wrong-clique`, `invite-unknown`, `invite-used`, `invite-revoked`, `invite-closed`,
 * `invite-expired`
 */
export declare function joinClique(options: {
  package: OpenedPackage
  items: Iterable<Uint8Array>
  memberName: string
  device: DeviceKeys
  root: MemberRoot
  recovery: RecoverySlot
  now: number
  random: Random
}): Promise<
  Act & {
    /** What was read and accepted, to be kept beside the new item. */ readonly kept: readonly Uint8Array[]
  }
>
