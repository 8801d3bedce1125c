import type { CliqueId } from '../ids.ts'
import { hashState } from './state-hash.ts'
import type { RosterState } from './state.ts'

export function emptyState(clique: CliqueId): RosterState {
  return sealState({
    clique,
    policy: { name: '', accent: 'teal', history: 'full' },
    relays: [],
    members: new Map(),
    devices: new Map(),
    tips: new Map(),
    invitations: new Map(),
    spaces: new Map(),
    enders: new Map(),
    epochs: new Map(),
    fallenEpochs: new Map(),
    epochHeads: [],
    complaints: new Map(),
    countersigns: new Map(),
    cuts: new Map(),
    heads: [],
  })
}

/** The hash is asked for at rotations only, and made then. */
export function sealState(parts: Omit<RosterState, 'hash'>): RosterState {
  let hash: string | null = null
  return {
    ...parts,
    get hash() {
      hash ??= hashState(parts)
      return hash
    },
  }
}
