import { CliqueError, closeInvitation, complain, rewrap, rotateEpoch, rotationDue } from '@clique/crypto'
import type { CliqueLog, DeviceId, EpochId, MemberId, Random } from '@clique/crypto'
import type { CliqueSession } from '../documents/clique-session.ts'

/** Milliseconds between two looks at what is due without any event: epochs age, invitations expire. */
const lookMs = 60_000
/** Milliseconds between two members' turns at something that one of them has to do. */
const turnMs = 4_000
/** Epochs that this device has complained about in this run; an answer may be a long time coming. */
const maxComplaints = 64

export interface DutyHost {
  readonly session: CliqueSession
  readonly badWraps: ReadonlySet<EpochId>
  readonly now: () => number
  readonly random: Random
  readonly later: (run: () => void, ms: number) => () => void
  /** How long and how much the current epoch has been used, as well as this device knows. */
  epochUse(): Promise<{ recordsSinceRotation: number; epochStartedAt: number }>
}

/**
 * What some member's device has to do for the clique, whoever it is: begin an epoch, close an invitation that has
 * run out, ask for a missing key, answer such a complaint. Turns are staggered by rank, so that one does.
 */
export class Duties {
  readonly #host: DutyHost
  readonly #stopListening: () => void
  readonly #complained = new Set<EpochId>()
  #cancelLook: () => void = () => undefined
  #cancelTurn: (() => void) | null = null
  #isOver = false

  constructor(host: DutyHost) {
    this.#host = host
    this.#stopListening = host.session.onChange((change) => {
      if (change.kind === 'roster') this.#plan()
    })
    this.#lookAgain()
  }

  close(): void {
    this.#isOver = true
    this.#stopListening()
    this.#cancelLook()
    this.#cancelTurn?.()
  }

  #lookAgain(): void {
    this.#plan()
    this.#cancelLook = this.#host.later(() => this.#lookAgain(), lookMs)
  }

  /** One turn is planned at a time; when it comes, it is judged anew whether there is still something to do. */
  #plan(): void {
    if (this.#isOver || this.#cancelTurn !== null) return
    void this.#nextDuty().then(
      (duty) => {
        if (duty === null || this.#isOver || this.#cancelTurn !== null) return
        this.#cancelTurn = this.#host.later(() => void this.#take(), duty.waitMs)
      },
      (error: unknown) => this.#report(error),
    )
  }

  async #take(): Promise<void> {
    try {
      const duty = this.#isOver ? null : await this.#nextDuty()
      await duty?.run()
      this.#cancelTurn = null
      if (duty !== null) this.#plan()
    } catch (error) {
      // Somebody was quicker, or may not any more: the next look judges anew.
      this.#cancelTurn = null
      this.#report(error)
    }
  }

  #report(error: unknown): void {
    if (!(error instanceof CliqueError)) reportError(error)
  }

  async #nextDuty(): Promise<{ waitMs: number; run: () => Promise<unknown> } | null> {
    const { session, random, badWraps } = this.#host
    const { log } = session
    const member = log.state.members.get(session.member)
    if (member?.status !== 'in' || log.state.devices.get(session.device)?.status !== 'in') return null

    const now = this.#host.now()
    const due = rotationDue(log, session.device, { now, ...(await this.#host.epochUse()) })
    if (due !== null) {
      return {
        waitMs: due.waitMs,
        run: () => session.act((newest, me) => rotateEpoch(newest, me, { random })),
      }
    }
    const epoch = [...badWraps].find((id) => log.state.epochs.has(id) && !this.#complained.has(id))
    if (epoch !== undefined && this.#complained.size < maxComplaints) {
      return {
        waitMs: 0,
        run: async () => {
          this.#complained.add(epoch)
          await session.act((newest, me) => complain(newest, me, epoch, { random }))
        },
      }
    }
    const waitMs = turnMs * placeInTurn(log, session.member)
    const complaint = [...log.state.complaints.values()].find(
      ({ device, answeredBy, epoch: missed }) =>
        device !== session.device &&
        answeredBy.length === 0 &&
        log.keyring.epochs.get(missed)?.secret !== null &&
        log.keyring.epochs.has(missed) &&
        isIn(log, device),
    )
    if (complaint !== undefined) {
      return {
        waitMs,
        run: () => session.act((newest, me) => rewrap(newest, me, complaint.operation, { random })),
      }
    }
    const expired = [...log.state.invitations.values()].find(
      ({ status, expiresAt }) => status === 'open' && expiresAt <= now,
    )
    if (expired === undefined) return null
    return {
      waitMs,
      run: () => session.act((newest, me) => closeInvitation(newest, me, expired.id, { random })),
    }
  }
}

function isIn(log: CliqueLog, device: DeviceId): boolean {
  const known = log.state.devices.get(device)
  return known?.status === 'in' && log.state.members.get(known.member)?.status === 'in'
}

/** 0 for the most senior member, then one more for each. */
function placeInTurn(log: CliqueLog, member: MemberId): number {
  const ranked = [...log.state.members.values()]
    .filter(({ status }) => status === 'in')
    .toSorted((a, b) => compareRanks(a.rank, b.rank) || (a.id < b.id ? -1 : 1))
  return Math.max(
    0,
    ranked.findIndex(({ id }) => id === member),
  )
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}
