import type { DeviceId } from '../ids.ts'
import type { CliqueLog } from '../roster/log.ts'

export type RotationCause = 'no-safe-epoch' | 'settle-join' | 'age' | 'records'

/** How long an epoch is used: 7 days, in milliseconds. */
export const epochLifetimeMs = 7 * 24 * 60 * 60 * 1000
/** How many records are sealed under an epoch before the next. */
export const epochRecordLimit = 5000

/** Whether this device should rotate, why, and how long it leaves the turn to more senior ones. */
export declare function rotationDue(
  log: CliqueLog,
  me: DeviceId,
  facts: { now: number; recordsSinceRotation: number; epochStartedAt: number },
): { cause: RotationCause; waitMs: number } | null
