import { CliqueError, isCliqueError } from '@clique/crypto'
import type { MailboxId, Random } from '@clique/crypto'
import { limits } from '@clique/relay/protocol'
import { backoffMs, chanceFrom } from './backoff.ts'
import type { FrameChannel } from './frame-channel.ts'
import type { RelayPlace } from './relay-address.ts'
import { RelaySession, isSameCapability } from './relay-session.ts'
import type { Capability, LogWitness } from './relay-session.ts'

/** Milliseconds between two proofs: attestation and nonce live an hour, and a slow clock may lose some of it. */
const renewMs = Math.min(limits.attestationLife, limits.nonceLife) * 0.75
/** Milliseconds for an answer after waking, when a dead connection is likely. */
const probeMs = 5_000
/** The same while a chunk of a file is on its way, which may take most of that on a slow line. */
const slowProbeMs = 20_000
/** Codes after which the connection itself is in doubt. */
const silentCodes: readonly string[] = ['relay-silent', 'relay-unreachable', 'peer-silent']
/** Milliseconds by which a device's clock may be off before people are told: their messages would stand wrong. */
export const clockToleranceMs = 2 * 60 * 1000

export type RelayState =
  | { readonly kind: 'connecting' }
  /** `clockOffMs`: this device's clock minus the relay's, where that is worth a word; else null. */
  | { readonly kind: 'online'; readonly clockOffMs: number | null }
  /** Unreachable, or refused with this code; tried again by itself. */
  | { readonly kind: 'waiting'; readonly code: CliqueError['code']; readonly since: number }
  | { readonly kind: 'closed' }

export interface RelayConnectionHost {
  readonly relay: RelayPlace
  readonly ownPeer: string
  openChannel(): Promise<FrameChannel>
  /** The connection under the stream gives no sign of life: the next channel must not go over it. */
  dropConnection(): void
  /** What can be proven now, newest first. A relay may not know the newest yet. */
  capabilities(): readonly Capability[]
  /** Before the proof, in every session: registers a tenant whose answer never came. What the relay refuses of it ends nothing. */
  beforeProof?(session: RelaySession): Promise<void>
  /**
   * The relay knows none of the capabilities any more: what needs no proof is read, and may bring a newer one. Whoever was
   * away for long gets in again so.
   */
  withoutProof?(session: RelaySession): Promise<void>
  onState(state: RelayState): void
  /** There is nothing to prove: this device is out. What it starts is to end when `session.ended` settles. */
  onUnproven?(session: RelaySession): void
  /** A session is ready. What it starts is to end when `session.ended` settles. */
  onSession(session: RelaySession): void
  onGrew(mailbox: MailboxId, next: number): void
  readonly log?: LogWitness
  readonly now: () => number
  readonly random: Random
}

/** Keeps one proven session with one relay, for as long as it lives. */
export class RelayConnection {
  readonly #host: RelayConnectionHost
  #state: RelayState = { kind: 'connecting' }
  #session: RelaySession | null = null
  /** The newest that was offered to the relay in this session. */
  #offered: Capability | null = null
  /** A session is held with nothing proven in it. */
  #isUnproven = false
  #isClosed = false
  #wake: (() => void) | null = null
  readonly #loop: Promise<void>

  constructor(host: RelayConnectionHost) {
    this.#host = host
    // What it asks of its host is asked when both are there.
    this.#loop = Promise.resolve().then(() => this.#run())
  }

  get state(): RelayState {
    return this.#state
  }

  /** The proven session, or null while there is none. */
  get session(): RelaySession | null {
    return this.#state.kind === 'online' ? this.#session : null
  }

  /** Tries again now: the device came online, or woke. A session that outlived its connection is found out. */
  wake(): void {
    this.#wake?.()
    const session = this.session
    if (session === null) return
    const waitMs = session.isCarrying ? slowProbeMs : probeMs
    const timer = setTimeout(() => session.close(new CliqueError('relay-silent')), waitMs)
    void session.ended.then(() => clearTimeout(timer))
    void session.hello().then(
      () => clearTimeout(timer),
      () => clearTimeout(timer),
    )
  }

  /** The capability may have changed: it is proven anew. */
  capabilityChanged(): void {
    // One that is not proven yet is about to prove the newest there is; one that was refused need not wait on.
    const isRefused = this.#wake !== null && this.#offered !== null
    if (this.#state.kind !== 'online' && !this.#isUnproven && !isRefused) return
    const newest = this.#host.capabilities()[0] ?? null
    const isSame =
      newest === null || this.#offered === null
        ? newest === this.#offered
        : isSameCapability(newest, this.#offered)
    if (isSame) return
    if (isRefused) this.#wake?.()
    else this.#session?.close()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#session?.close()
    this.#wake?.()
    await this.#loop
  }

  async #run(): Promise<void> {
    let failures = 0
    let since: number | null = null
    while (!this.#isClosed) {
      let code: CliqueError['code']
      try {
        const reason = await this.#hold(() => {
          failures = 0
          since = null
        })
        code = reason.code
      } catch (error) {
        if (!(error instanceof CliqueError)) reportError(error)
        code = error instanceof CliqueError ? error.code : 'relay-closed'
      }
      this.#session = null
      if (this.#isClosed) break
      if (silentCodes.includes(code)) this.#host.dropConnection()
      since ??= this.#host.now()
      this.#setState({ kind: 'waiting', code, since })
      await this.#pause(backoffMs(++failures, chanceFrom(this.#host.random)))
    }
    this.#setState({ kind: 'closed' })
  }

  /** One session from its stream to its end. */
  async #hold(onProven: () => void): Promise<CliqueError> {
    const host = this.#host
    if (this.#state.kind !== 'waiting') this.#setState({ kind: 'connecting' })
    const session = await RelaySession.open(await host.openChannel(), {
      relayPeer: host.relay.peer,
      ownPeer: host.ownPeer,
      now: host.now,
      onGrew: (mailbox, next) => host.onGrew(mailbox, next),
      ...(host.log === undefined ? {} : { log: host.log }),
    })
    this.#session = session
    let renewal: ReturnType<typeof setInterval> | undefined
    try {
      if (this.#isClosed) session.close()
      const refusal = await this.#prepare(session)
      if (host.capabilities().length === 0) return await this.#holdUnproven(session)
      try {
        await this.#proveAtLast(session)
      } catch (error) {
        // What was refused before it may be the reason.
        throw refusal ?? error
      }
      renewal = setInterval(() => void this.#renew(session), renewMs)
      onProven()
      const offMs = -session.skewMs
      this.#setState({ kind: 'online', clockOffMs: Math.abs(offMs) > clockToleranceMs ? offMs : null })
      host.onSession(session)
      this.capabilityChanged()
      return await session.ended
    } finally {
      clearInterval(renewal)
      session.close()
    }
  }

  /** What the relay refused, if the session goes on all the same. */
  async #prepare(session: RelaySession): Promise<CliqueError | null> {
    try {
      await this.#host.beforeProof?.(session)
      return null
    } catch (error) {
      if (!(error instanceof CliqueError) || session.isOver) throw error
      return error
    }
  }

  /** With nothing to prove. */
  async #holdUnproven(session: RelaySession): Promise<CliqueError> {
    const { onUnproven, now } = this.#host
    this.#offered = null
    this.#isUnproven = true
    this.#setState({ kind: 'waiting', code: 'relay-not-attested', since: now() })
    onUnproven?.call(this.#host, session)
    const reason = await session.ended
    this.#isUnproven = false
    return reason
  }

  async #proveAtLast(session: RelaySession): Promise<void> {
    try {
      await this.#prove(session)
    } catch (error) {
      const { withoutProof } = this.#host
      const isOver =
        isCliqueError(error, 'relay-capability-retired') || isCliqueError(error, 'relay-capability-unknown')
      if (withoutProof === undefined || !isOver) throw error
      await withoutProof(session)
      await this.#prove(session)
    }
  }

  async #prove(session: RelaySession): Promise<void> {
    const all = this.#host.capabilities()
    this.#offered = all[0] ?? null
    for (const [place, capability] of all.entries()) {
      try {
        await session.prove(capability)
        return
      } catch (error) {
        const isOlderLeft = place < all.length - 1
        if (!isCliqueError(error, 'relay-capability-unknown') || !isOlderLeft) throw error
      }
    }
  }

  /** What fails here shows at the next append or ends the session; either leads to a new one. */
  async #renew(session: RelaySession): Promise<void> {
    try {
      await session.hello()
      await this.#prove(session)
    } catch {
      session.close()
    }
  }

  #setState(state: RelayState): void {
    this.#state = state
    this.#host.onState(state)
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = null
  }
}
