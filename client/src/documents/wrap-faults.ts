import type { CliqueLog, EpochId, Intake } from '@clique/crypto'

/** What is wrong with the keys that others handed out, as far as it matters now. */
export interface WrapFaults {
  /** Epochs that should have had a wrap for this device and had none that opens, and whose key is still missing. */
  readonly bad: ReadonlySet<EpochId>
  /** Epochs whose author wrapped to others than the roster says, and that nothing follows yet. */
  readonly wrong: ReadonlySet<EpochId>
}

export const noFaults: WrapFaults = { bad: new Set(), wrong: new Set() }

/**
 * Bad wraps of epochs that nobody has begun, as far as this device knows: anybody who can write to a mailbox can make
 * these up. More than the complaints that are ever made about such (`maxStrayComplaints`) are of no use; the latest stay,
 * and what is true comes again with the next rotation. Those of known epochs are as few as there are epochs.
 */
export const maxStrayWraps = 16

/** The faults that are known now, none twice and none that has been mended. */
export function noteFaults(
  before: WrapFaults,
  found: Pick<Intake, 'badWraps' | 'wrongWraps'>,
  { state, keyring }: Pick<CliqueLog, 'state' | 'keyring'>,
): WrapFaults {
  const missing = [...new Set([...before.bad, ...found.badWraps])].filter(
    (epoch) => keyring.epochs.get(epoch)?.contentRoot == null,
  )
  const stray = missing.filter((epoch) => !state.epochs.has(epoch))
  const passed = new Set(stray.slice(0, Math.max(0, stray.length - maxStrayWraps)))
  const heads = new Set(state.epochHeads)
  return {
    bad: new Set(missing.filter((epoch) => !passed.has(epoch))),
    wrong: new Set([...before.wrong, ...found.wrongWraps].filter((epoch) => heads.has(epoch))),
  }
}

export function hasMoreFaults(now: WrapFaults, before: WrapFaults): boolean {
  return now.bad.difference(before.bad).size > 0 || now.wrong.difference(before.wrong).size > 0
}
