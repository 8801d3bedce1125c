import type { DeviceId, Random } from '@clique/crypto'
import { backoffMs, chanceFrom } from '../network/backoff.ts'
import type { ConnectionKind } from '../network/node.ts'

/** Dials at once: more at a time fail each other. */
const dialsAtOnce = 2
/** Milliseconds, the longest wait between two dials of a device that does not answer. */
const longestWaitMs: Readonly<Record<ConnectionKind, number>> = {
  circuit: 60_000,
  // Whoever cannot be reached directly from here can be when one of the two is somewhere else.
  direct: 5 * 60_000,
}

export interface DialsHost {
  /** Whether there is a way at all now. */
  canDial(): boolean
  /** Whether it still makes sense; asked when its turn has come. */
  isWanted(device: DeviceId, kind: ConnectionKind): boolean
  /** One attempt; false when it failed and is worth another. Never rejects. */
  dial(device: DeviceId, kind: ConnectionKind): Promise<boolean>
  readonly random: Random
  readonly later: (run: () => void, ms: number) => () => void
}

/**
 * Who is dialled when: two at once, through the relay before directly, because a link through the relay is had at
 * once and carries messages meanwhile; what fails again and again, with waits that grow and differ.
 */
export class Dials {
  readonly #host: DialsHost
  readonly #due: Readonly<Record<ConnectionKind, Set<DeviceId>>> = { circuit: new Set(), direct: new Set() }
  readonly #underWay = new Set<string>()
  readonly #failures = new Map<string, number>()
  readonly #waits = new Map<string, () => void>()
  #isOver = false

  constructor(host: DialsHost) {
    this.#host = host
  }

  /** Due, waiting for its next attempt, or under way. */
  isPlanned(device: DeviceId, kind: ConnectionKind): boolean {
    const name = nameOf(device, kind)
    return this.#due[kind].has(device) || this.#underWay.has(name) || this.#waits.has(name)
  }

  /** As soon as there is room. */
  add(device: DeviceId, kind: ConnectionKind): void {
    const name = nameOf(device, kind)
    if (this.#isOver || this.#underWay.has(name)) return
    this.#stopWait(name)
    this.#due[kind].add(device)
    this.next()
  }

  /** After a wait, longer with each failure. */
  addLater(device: DeviceId, kind: ConnectionKind): void {
    if (this.#isOver) return
    const name = nameOf(device, kind)
    const failures = (this.#failures.get(name) ?? 0) + 1
    this.#failures.set(name, failures)
    this.#stopWait(name)
    const ms = backoffMs(failures, chanceFrom(this.#host.random), longestWaitMs[kind])
    const cancel = this.#host.later(() => {
      this.#waits.delete(name)
      this.add(device, kind)
    }, ms)
    this.#waits.set(name, cancel)
  }

  /** It stands: the next failure is a first one. */
  succeeded(device: DeviceId, kind: ConnectionKind): void {
    const name = nameOf(device, kind)
    this.#failures.delete(name)
    this.#stopWait(name)
  }

  /** What has failed before counts no more, as somebody is in another place now. */
  startOver(): void {
    this.#failures.clear()
    for (const cancel of this.#waits.values()) cancel()
    this.#waits.clear()
  }

  /** Dials whatever is due. */
  next(): void {
    while (!this.#isOver && this.#underWay.size < dialsAtOnce && this.#host.canDial()) {
      const dial = this.#take()
      if (dial === null) return
      const { device, kind } = dial
      if (!this.#host.isWanted(device, kind)) continue
      const name = nameOf(device, kind)
      this.#underWay.add(name)
      void this.#host.dial(device, kind).then((isDone) => {
        this.#underWay.delete(name)
        if (!isDone && this.#host.isWanted(device, kind)) this.addLater(device, kind)
        this.next()
      })
    }
  }

  close(): void {
    this.#isOver = true
    this.startOver()
  }

  #take(): { device: DeviceId; kind: ConnectionKind } | null {
    for (const kind of ['circuit', 'direct'] as const) {
      for (const device of this.#due[kind]) {
        this.#due[kind].delete(device)
        return { device, kind }
      }
    }
    return null
  }

  #stopWait(name: string): void {
    this.#waits.get(name)?.()
    this.#waits.delete(name)
  }
}

function nameOf(device: DeviceId, kind: ConnectionKind): string {
  return `${kind} ${device}`
}
