import { CliqueError, closeInvitation, complain, rewrap, rotationDue } from '@clique/crypto'
import { isAdmin, isCapabilityExposed, openInvitations } from '@clique/crypto'
import type { Act, CliqueLog, EpochUse, Random, SpaceId } from '@clique/crypto'
import type { CliqueSession } from '../documents/clique-session.ts'
import { compactOwn } from '../documents/compact-own.ts'
import { isKemDue, renewKem } from '../documents/kem-renewal.ts'
import { CompactionWatch } from './compaction-watch.ts'
import { findAnswerable, findMissing, findUnserved } from './complaints.ts'
import { isIn, placeInTurn } from './turn-order.ts'

/** Milliseconds between two looks at what is due without any event: epochs age, invitations expire. */
const lookMs = 60_000
/** Milliseconds between two members' turns at something that one of them has to do. */
const turnMs = 4_000
/** Milliseconds before a wrap is complained of: a copy that was damaged on its way may be followed by a whole one. */
const complaintMs = 4_000
/**
 * Milliseconds that a complaint has before the next epoch begins because of it: all answers have come by then, from as
 * many as 150 members one after the other.
 */
const unservedMs = 150 * turnMs
/** Milliseconds before something that could not be done is tried again; the rest goes on meanwhile. */
const failedMs = 60_000

export interface DutyHost {
  readonly session: CliqueSession
  readonly now: () => number
  readonly random: Random
  readonly later: (run: () => void, ms: number) => () => void
  /** Whether this device can tell a relay of a new capability. */
  tellsRelay(): Promise<boolean>
  /** How long and how much the current epochs have been used, as well as this device knows. */
  epochUse(): Promise<EpochUse & { readonly spaces?: ReadonlyMap<SpaceId, EpochUse> }>
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
 * run out, ask for a missing key, answer such a complaint. Turns are staggered by rank, so that one does. And what each
 * device does for itself: replace its KEM key, carry its own records in one.
 */
export class Duties {
  readonly #host: DutyHost
  readonly #stopListening: () => void
  /** Since when something is due: a turn does not begin anew when something else comes between. */
  #dueSince: ReadonlyMap<string, number> = new Map()
  /** What could not be done, and when it is tried again. */
  readonly #failed = new Map<string, number>()
  readonly #compactions = new CompactionWatch()
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
    const duties = await this.#duties(now)
    const since = new Map(duties.map(({ name }) => [name, this.#dueSince.get(name) ?? now]))
    this.#dueSince = since
    return duties
      .filter(({ name }) => !this.#failed.has(name))
      .map((duty) => ({ ...duty, waitMs: Math.max(0, (since.get(duty.name) ?? now) + duty.waitMs - now) }))
      .toSorted((a, b) => a.waitMs - b.waitMs)
  }

  async #duties(now: number): Promise<Duty[]> {
    const { session, random } = this.#host
    const { log } = session
    if (session.end !== null || !isIn(log.state, session.device)) return []
    const waitMs = turnMs * placeInTurn(log.state, session.member)
    const act = (make: (newest: CliqueLog, me: CliqueSession['me']) => Promise<Act>) => () =>
      session.act(make)
    const duties: Duty[] = []

    const renewCapability = await this.#renewsCapability()
    const rotate = (space: SpaceId | null = null) => session.rotate(space, renewCapability && space === null)
    const due = rotationDue(log, session.device, { now, ...(await this.#host.epochUse()) })
    const wrong = this.#wronglyWrapped()
    if (due !== null) {
      const { cause, space } = due
      const name = space === null ? `rotate ${cause}` : `rotate ${cause} ${space}`
      duties.push({ name, waitMs: due.waitMs, run: () => rotate(space) })
    }
    // Somebody who is not in the roster may hold what is written now.
    else if (wrong !== undefined)
      duties.push({ name: 'rotate wrong-wraps', waitMs, run: () => rotate(wrong) })
    else if ((await session.cuts()).length > 0)
      duties.push({ name: 'rotate cuts', waitMs, run: () => rotate() })

    // Whoever is out passes for a member at the relay until then.
    if (renewCapability) duties.push({ name: 'rotate capability', waitMs, run: () => rotate() })

    if (isKemDue(session.me.kemKeys, now)) {
      const run = act((newest, me) => renewKem(newest, me, { now, random }))
      // Nobody else can do it.
      duties.push({ name: 'renew kem', waitMs: 0, run })
    }
    const compactable = await this.#compactions.due(session)
    if (compactable !== null) {
      const run = () => session.write(compactable, compactOwn)
      duties.push({ name: `compact ${compactable}`, waitMs: 0, run })
    }
    for (const missing of findMissing(log, session.faults.bad, session.device)) {
      const run = act((newest, me) => complain(newest, me, missing, { random }))
      duties.push({ name: `complain ${missing}`, waitMs: complaintMs, run })
    }
    for (const { complaint, place } of findAnswerable(log, session)) {
      const { operation } = complaint
      const run = act((newest, me) => rewrap(newest, me, operation, { random }))
      duties.push({ name: `rewrap ${operation}`, waitMs: turnMs * place, run })
    }
    for (const device of findUnserved(log, session.member))
      duties.push({ name: `rotate unserved ${device}`, waitMs: unservedMs + waitMs, run: () => rotate() })
    // One that has died with its maker or a taker needs no end of its own.
    for (const { id, expiresAt } of openInvitations(log.state)) {
      if (expiresAt > now) continue
      const run = act((newest, me) => closeInvitation(newest, me, id, { random }))
      duties.push({ name: `close ${id}`, waitMs, run })
    }
    return duties
  }

  /** Whose epochs were handed to others than they should, the clique's (null) or those of a space that one is in. */
  #wronglyWrapped(): SpaceId | null | undefined {
    const { log, faults, spaces } = this.#host.session
    const owners = [...faults.wrong].map((epoch) => log.state.epochs.get(epoch)?.space ?? null)
    return owners.find((space) => space === null || spaces.includes(space))
  }

  async #renewsCapability(): Promise<boolean> {
    const { log, member } = this.#host.session
    const role = log.state.members.get(member)?.role ?? 'reader'
    return isAdmin(role) && isCapabilityExposed(log) && (await this.#host.tellsRelay())
  }
}
