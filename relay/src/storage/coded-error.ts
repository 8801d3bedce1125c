import { CliqueError, isCliqueError } from '@clique/crypto/verify'

/** SQLite's own code for "database or disk is full". */
const sqliteFull = 13
/** The system's: no space left, and no more for this account. */
const systemFull: readonly unknown[] = ['ENOSPC', 'EDQUOT']

/** Errors of the database and of the disk become coded ones; what is coded stays. */
export function codedError(error: unknown): CliqueError {
  if (isCliqueError(error)) return error
  const isFull =
    error instanceof Error &&
    (('errcode' in error && error.errcode === sqliteFull) ||
      ('code' in error && systemFull.includes(error.code)))
  const known = new CliqueError(isFull ? 'relay-storage-full' : 'relay-failed')
  known.cause = error
  return known
}
