import { CliqueError, closeInvitation, complain, rewrap, rotateEpoch, rotationDue } from '@clique/crypto'
import type { Act, CliqueLog, Complaint, DeviceId, EpochId, MemberId, Random } from '@clique/crypto'
import type { CliqueSession } from '../documents/clique-session.ts'

/** Milliseconds between two looks at what is due without any event: epochs age, invitations expire. */
const lookMs = 60_000
/** Milliseconds between two members' turns at something that one of them has to do. */
const turnMs = 4_000
/** Milliseconds before a wrap is complained of: a copy that was damaged on its way may be followed by a whole one. */
const complaintMs = 4_000
/** Milliseconds before something that could not be done is tried again; the rest goes on meanwhile. */
const failedMs = 60_000

export interface DutyHost {
  readonly session: CliqueSession
  readonly now: () => number
  readonly random: Random
  readonly later: (run: () => void, ms: number) => () => void
  /** How long and how much the current epoch has been used, as well as this device knows. */
  epochUse(): Promise<{ recordsSinceRotation: number; epochStartedAt: number }>
}

interface Duty {
  readonly name: string
  readonly waitMs: number
  readonly run: () => Promise<unknown>
}

interface Turn {
  readonly name: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly cancel: () => void
}

/**
 * What some member's device has to do for the clique, whoever it is: begin an epoch, close an invitation that has
 * run out, ask for a missing key, answer such a complaint. Turns are staggered by rank, so that one does.
 */
export class Duties {
  readonly #host: DutyHost
  readonly #stopListening: () => void
  /** What could not be done, and when it is tried again. */
  readonly #failed = new Map<string, number>()
  #cancelLook: () => void = () => undefined
  #turn: Turn | null = null
  #isWorking = false
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
    this.#turn?.cancel()
  }

  #lookAgain(): void {
    this.#plan()
    this.#cancelLook = this.#host.later(() => this.#lookAgain(), lookMs)
  }

  #plan(): void {
    if (this.#isOver || this.#isWorking) return
    this.#due().then(
      ([first]) => this.#await(first),
      (error: unknown) => this.#report(error),
    )
  }

  /** One turn is awaited, the earliest; when it comes, it is judged anew whether there is still something to do. */
  #await(duty: Duty | undefined): void {
    if (duty === undefined || this.#isOver || this.#isWorking) return
    const at = this.#host.now() + duty.waitMs
    if (this.#turn !== null && this.#turn.at <= at) return
    this.#turn?.cancel()
    const { name } = duty
    this.#turn = { name, at, cancel: this.#host.later(() => void this.#take(name), duty.waitMs) }
  }

  async #take(name: string): Promise<void> {
    this.#turn = null
    if (this.#isOver) return
    this.#isWorking = true
    try {
      const duty = (await this.#due()).find((one) => one.name === name)
      // Without it, somebody was quicker.
      if (duty !== undefined) await this.#do(duty)
    } catch (error) {
      this.#report(error)
    } finally {
      this.#isWorking = false
    }
    this.#plan()
  }

  async #do(duty: Duty): Promise<void> {
    try {
      await duty.run()
    } catch (error) {
      this.#failed.set(duty.name, this.#host.now() + failedMs)
      this.#report(error)
    }
  }

  #report(error: unknown): void {
    if (!(error instanceof CliqueError)) reportError(error)
  }

  /** First the one whose turn is first. */
  async #due(): Promise<Duty[]> {
    const now = this.#host.now()
    for (const [name, until] of this.#failed) if (until <= now) this.#failed.delete(name)
    const due = (await this.#duties(now)).filter(({ name }) => !this.#failed.has(name))
    return due.toSorted((a, b) => a.waitMs - b.waitMs)
  }

  async #duties(now: number): Promise<Duty[]> {
    const { session, random } = this.#host
    const { log } = session
    if (!isIn(log, session.device)) return []
    const waitMs = turnMs * placeInTurn(log, session.member)
    const act = (make: (newest: CliqueLog, me: CliqueSession['me']) => Promise<Act>) => () =>
      session.act(make)
    const duties: Duty[] = []

    const rotate = act((newest, me) => rotateEpoch(newest, me, { random }))
    const due = rotationDue(log, session.device, { now, ...(await this.#host.epochUse()) })
    if (due !== null) duties.push({ name: `rotate ${due.cause}`, waitMs: due.waitMs, run: rotate })
    else if (isSentUnder(log, session.wrongWraps))
      duties.push({ name: 'rotate wrong-wraps', waitMs, run: rotate })

    const missing = findMissing(log, session)
    if (missing !== null) {
      const run = act((newest, me) => complain(newest, me, missing, { random }))
      duties.push({ name: `complain ${missing}`, waitMs: complaintMs, run })
    }
    for (const { operation } of findAnswerable(log, session.device)) {
      const run = act((newest, me) => rewrap(newest, me, operation, { random }))
      duties.push({ name: `rewrap ${operation}`, waitMs, run })
    }
    for (const { id, status, expiresAt } of log.state.invitations.values()) {
      if (status !== 'open' || expiresAt > now) continue
      const run = act((newest, me) => closeInvitation(newest, me, id, { random }))
      duties.push({ name: `close ${id}`, waitMs, run })
    }
    return duties
  }
}

/** Whether somebody who is not in the roster may hold what is written now. */
function isSentUnder(log: CliqueLog, epochs: ReadonlySet<EpochId>): boolean {
  const parents = new Set([...log.state.epochs.values()].flatMap((epoch) => epoch.parents))
  return [...epochs].some((id) => log.state.epochs.get(id)?.counts === true && !parents.has(id))
}

/** An epoch whose key should have come to this device, and about which it has not said so yet. */
function findMissing(log: CliqueLog, { badWraps, device }: CliqueSession): EpochId | null {
  const said = [...log.state.complaints.values()].filter((complaint) => complaint.device === device)
  // It need not be in the state: what begins it may be sealed under the very key that is missing.
  const isMissing = (epoch: EpochId): boolean =>
    log.keyring.epochs.get(epoch)?.contentRoot == null && !said.some((complaint) => complaint.epoch === epoch)
  return [...badWraps].find(isMissing) ?? null
}

function findAnswerable(log: CliqueLog, me: DeviceId): Complaint[] {
  return [...log.state.complaints.values()].filter(
    ({ device, answeredBy, epoch }) =>
      device !== me &&
      answeredBy.length === 0 &&
      log.keyring.epochs.get(epoch)?.secret != null &&
      log.state.epochs.get(epoch)?.holders.has(`device:${device}`) === true &&
      isIn(log, device),
  )
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
