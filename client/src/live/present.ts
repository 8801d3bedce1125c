import type { DeviceId, MemberId } from '@clique/crypto'
import { maxStates } from './heard.ts'
import { clockToleranceMs } from './live-state.ts'
import type { Activity, LiveState } from './live-state.ts'

/** Somebody who has the conversation open now. */
export interface LivePerson {
  readonly member: MemberId
  readonly typing: boolean
}

/** Milliseconds without a new state after which a device is taken to be gone. */
export const staleMs = 20_000

interface Known extends LiveState {
  readonly heardAt: number
  /** The connection that it came over. */
  readonly from: string
}

/** Whose devices are in a room, out of states that were checked. */
export class Present {
  readonly #known = new Map<DeviceId, Known>()

  /** False for what is not news: an older state, or one too many. */
  take(state: LiveState, from: string, now: number): boolean {
    const before = this.#known.get(state.device)
    if (before === undefined && this.#known.size >= maxStates) return false
    if (before !== undefined && !isNewer(state, before)) return false
    this.#known.set(state.device, { ...state, heardAt: now, from })
    return true
  }

  /** A connection is gone, and whoever was heard over it. */
  drop(from: string): void {
    for (const [device, known] of this.#known) {
      if (known.from === from) this.#known.set(device, { ...known, activity: 'gone' })
    }
  }

  /** Who was not heard for a while is gone; forgotten only when what they said before could not be played back. */
  sweep(now: number): void {
    for (const [device, known] of this.#known) {
      const silentMs = now - known.heardAt
      if (silentMs > staleMs) this.#known.set(device, { ...known, activity: 'gone' })
      if (silentMs > 2 * clockToleranceMs) this.#known.delete(device)
    }
  }

  /** Others than `me`, each once, in a steady order. `memberOf`: null for a device that is out. */
  people(me: MemberId, memberOf: (device: DeviceId) => MemberId | null): LivePerson[] {
    const found = new Map<MemberId, Activity>()
    for (const { device, activity } of this.#known.values()) {
      const member = memberOf(device)
      if (member === null || member === me || activity === 'gone') continue
      if (found.get(member) !== 'typing') found.set(member, activity)
    }
    return [...found]
      .map(([member, activity]) => ({ member, typing: activity === 'typing' }))
      .toSorted((a, b) => (a.member < b.member ? -1 : 1))
  }
}

/** A device counts its states up; in another tab it starts anew under another client id. */
function isNewer(state: LiveState, before: LiveState): boolean {
  return state.client === before.client ? state.clock > before.clock : state.at > before.at
}
