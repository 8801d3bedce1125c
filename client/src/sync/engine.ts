import { CliqueError, fromBase64url, isCliqueError, signerFromSeed, systemRandom } from '@clique/crypto'
import type { CliqueId } from '@clique/crypto'
import { CliqueSession } from '../documents/clique-session.ts'
import { Leadership } from '../network/leader.ts'
import type { LeaderPlatform } from '../network/leader.ts'
import type { RelayPlace } from '../network/relay-address.ts'
import type { Capability, RelaySession } from '../network/relay-session.ts'
import { registerTenant } from '../network/tenants.ts'
import { changeClique, readClique, readCliques, readSecret } from '../storage/cliques.ts'
import { readAdminKey, relayToTell, saveAdminKey } from '../storage/admin-keys.ts'
import { readRetired, saveRetired } from '../storage/retired-at-relay.ts'
import type { Store } from '../storage/store.ts'
import { askForEnd, renewAtRelay } from './capability-at-relay.ts'
import { AdminDesk } from './admin-desk.ts'
import { CliqueNetwork } from './clique-network.ts'
import type { Surroundings } from './clique-network.ts'
import { ConnectionPublisher } from './connection-publisher.ts'
import { startingConnection } from './connection-state.ts'
import type { CliqueConnection } from './connection-state.ts'
import { Duties } from './duties.ts'
import { EpochUse } from './epoch-use.ts'
import { publishWaitingPackages } from './invitation-packages.ts'
import { SessionReplica } from './session-replica.ts'
import { storedChunks } from './stored-chunks.ts'

const lockName = 'clique-network'

/** Loads libp2p when it is first needed. */
export const browserSurroundings: Surroundings = {
  createNode: async (netSeed, rules) => (await import('../network/node.ts')).createNode(netSeed, rules),
  now: Date.now,
  random: systemRandom,
  later: (run, ms) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
  hasNetwork: () => navigator.onLine,
}

/** Calls back when the device may have been away: online, shown, resumed. Returns the function that stops it. */
export function onBrowserWake(listener: () => void): () => void {
  const events: [EventTarget, string][] = [
    [window, 'online'],
    [window, 'offline'],
    [window, 'pageshow'],
    [document, 'resume'],
  ]
  const shown = (): void => {
    if (document.visibilityState === 'visible') listener()
  }
  for (const [target, name] of events) target.addEventListener(name, listener)
  document.addEventListener('visibilitychange', shown)
  return () => {
    for (const [target, name] of events) target.removeEventListener(name, listener)
    document.removeEventListener('visibilitychange', shown)
  }
}

export interface EngineOptions {
  readonly store: Store
  readonly surroundings?: Surroundings
  readonly onWake?: (listener: () => void) => () => void
  /** With every relay session that was proven: what else the person leaves at a relay. */
  readonly onSession?: (clique: CliqueId, session: RelaySession, relay: RelayPlace) => Promise<void>
  /** What else lives on the connections of a clique; returns the function that ends it. */
  readonly onClique?: (clique: ConnectedClique) => () => void
  readonly platform?: LeaderPlatform
}

/** A clique in the tab that owns the network. */
export interface ConnectedClique {
  readonly session: CliqueSession
  readonly network: Pick<CliqueNetwork, 'session' | 'relay' | 'stunServers'>
}

interface Open {
  readonly session: CliqueSession
  readonly replica: SessionReplica
  readonly network: CliqueNetwork
  readonly duties: Duties
  readonly desk: AdminDesk
  readonly endMore: () => void
}

/**
 * Everything that talks to the outside, for all cliques of a browser profile. Every tab makes one; the leading tab's
 * works. The others see what it does in storage, and how it is connected through `watchConnections`.
 */
export class SyncEngine {
  readonly #leadership: Leadership

  constructor(options: EngineOptions) {
    const lead = (deposed: AbortSignal): Promise<void> => runEngine(options, deposed)
    const name = `${lockName} ${options.store.name}`
    this.#leadership =
      options.platform === undefined
        ? new Leadership(name, lead)
        : new Leadership(name, lead, options.platform)
  }

  get isLeading(): boolean {
    return this.#leadership.isLeading
  }

  close(): void {
    this.#leadership.close()
  }
}

/** Works until deposed, then closes every connection. */
export async function runEngine(options: EngineOptions, deposed: AbortSignal): Promise<void> {
  const reign = new Reign(options)
  const over = new Promise<void>((resolve) => {
    if (deposed.aborted) resolve()
    else deposed.addEventListener('abort', () => resolve(), { once: true })
  })
  await over
  await reign.close()
}

/** One leading tab's time. */
class Reign {
  readonly #options: EngineOptions
  readonly #surroundings: Surroundings
  readonly #publisher = new ConnectionPublisher()
  readonly #open = new Map<CliqueId, Promise<Open | null>>()
  readonly #connections = new Map<CliqueId, CliqueConnection>()
  readonly #stops: (() => void)[]
  #isOver = false

  constructor(options: EngineOptions) {
    this.#options = options
    this.#surroundings = options.surroundings ?? browserSurroundings
    this.#stops = [
      (options.onWake ?? onBrowserWake)(() => void this.#each(({ network }) => network.wake())),
      options.store.changes.listen((change) => {
        if (change.kind === 'cliques') void this.#review()
        if (change.kind === 'invitations') void this.#publish(change.clique)
      }),
    ]
    void this.#review()
  }

  async close(): Promise<void> {
    this.#isOver = true
    for (const stop of this.#stops) stop()
    this.#publisher.close()
    await Promise.all([...this.#open.values()].map(async (opening) => closeAll(await opening)))
  }

  async #review(): Promise<void> {
    try {
      const cliques = new Set((await readCliques(this.#options.store)).map(({ clique }) => clique))
      if (this.#isOver) return
      for (const clique of cliques) {
        if (!this.#open.has(clique)) this.#open.set(clique, this.#start(clique))
      }
      for (const [clique, opening] of this.#open) if (!cliques.has(clique)) void this.#leave(clique, opening)
    } catch (error) {
      this.#report(error)
    }
  }

  /** Null where this device cannot open the clique: then it is not connected, and the screen says why. */
  async #start(clique: CliqueId): Promise<Open | null> {
    this.#tell(clique, startingConnection)
    try {
      const session = await CliqueSession.open(this.#options.store, clique)
      const replica = await SessionReplica.open(session)
      const { now, random, later } = this.#surroundings
      const use = new EpochUse(session)
      const desk = new AdminDesk({
        session,
        random,
        later,
        onKnown: (relaySession, relay) => this.#endOldCapabilities(replica, relaySession, relay),
      })
      const network = await CliqueNetwork.start({
        replica,
        chunks: storedChunks(this.#options.store, clique),
        surroundings: this.#surroundings,
        beforeProof: async (relaySession, relay) => {
          await this.#register(replica, relaySession, relay)
          await this.#endOldCapabilities(replica, relaySession, relay.peer)
        },
        afterProof: async (relaySession, relay) => {
          await this.#endNewerCapabilities(replica, relaySession, relay.peer)
          await desk.use(relaySession, relay.peer)
          await this.#publishWaiting(replica, relaySession)
          await this.#leaveMore(clique, relaySession, relay)
        },
        onConnection: (connection) => this.#tell(clique, connection),
        onGrew: (mailbox) => void desk.grew(mailbox),
      })
      const duties = new Duties({
        session,
        now,
        random,
        later,
        epochUse: () => use.facts(),
        tellsRelay: async () =>
          (await relayToTell(this.#options.store, clique, replica.facts().relays)) !== null,
      })
      const endMore = this.#options.onClique?.({ session, network }) ?? (() => undefined)
      return { session, replica, network, duties, desk, endMore }
    } catch (error) {
      this.#report(error)
      const trouble = error instanceof CliqueError ? error.code : null
      this.#tell(clique, { ...startingConnection, trouble })
      return null
    }
  }

  /** A clique that is on this device no more. */
  async #leave(clique: CliqueId, opening: Promise<Open | null>): Promise<void> {
    this.#open.delete(clique)
    this.#connections.delete(clique)
    await closeAll(await opening)
    this.#connections.delete(clique)
    if (!this.#isOver) this.#publisher.publish(new Map(this.#connections))
  }

  async #each(use: (open: Open) => void): Promise<void> {
    for (const opening of this.#open.values()) {
      const open = await opening
      if (open !== null) use(open)
    }
  }

  /** A registration whose answer has not come yet is repeated; the relay takes the same one twice. */
  async #register(replica: SessionReplica, session: RelaySession, relay: RelayPlace): Promise<void> {
    const { store } = this.#options
    const { clique } = replica
    const profile = await readClique(store, clique)
    if (profile.registration === null || profile.relays[0]?.peer !== relay.peer) return
    const admin = await readSecret(store, clique, 'admin')
    const { capabilities, control } = replica.facts()
    const first = capabilities.find(({ generation }) => generation === 1)
    if (admin === null || first === undefined) throw new CliqueError('clique-keys-missing')
    await registerTenant(session, fromBase64url(profile.registration.token), {
      admin: signerFromSeed(admin),
      capability: first.publicKey,
      control,
    })
    await changeClique(store, clique, (known) => ({ ...known, registration: null }))
  }

  /** As an admin's device that the relay knows: what the clique has renewed. As anybody: whether that was done. */
  async #endOldCapabilities(replica: SessionReplica, session: RelaySession, relay: string): Promise<void> {
    const { store } = this.#options
    const { clique } = replica
    const { capabilities } = replica.facts()
    const newest = capabilities[0]?.generation ?? 1
    if (newest === 1) return
    const generation =
      (await this.#renew(clique, session, relay, capabilities)) ?? (await askForEnd(session, capabilities))
    if (generation !== null) await saveRetired(store, clique, relay, generation)
  }

  /** What lay in the control mailbox may have brought a newer one than was there before the proof. */
  async #endNewerCapabilities(replica: SessionReplica, session: RelaySession, relay: string): Promise<void> {
    try {
      const newest = replica.facts().capabilities[0]?.generation ?? 1
      const ended = (await readRetired(this.#options.store, replica.clique)).get(relay) ?? 0
      if (ended < newest - 1) await this.#endOldCapabilities(replica, session, relay)
    } catch (error) {
      // The next session tries again.
      this.#report(error)
    }
  }

  /** Null where the relay does not take this device's word. */
  async #renew(
    clique: CliqueId,
    session: RelaySession,
    relay: string,
    capabilities: readonly Capability[],
  ): Promise<number | null> {
    const { store } = this.#options
    const key = await readAdminKey(store, clique, relay)
    if (key === null) return null
    try {
      return await renewAtRelay(session, signerFromSeed(key.seed), capabilities)
    } catch (error) {
      if (!isCliqueError(error, 'relay-not-admin')) throw error
      if (key.isKnown) await saveAdminKey(store, clique, relay, { ...key, isKnown: false })
      return null
    }
  }

  async #publish(clique: CliqueId): Promise<void> {
    const open = await this.#open.get(clique)
    const session = open?.network.session ?? null
    if (open === null || open === undefined || session === null) return
    await this.#publishWaiting(open.replica, session)
  }

  async #leaveMore(clique: CliqueId, session: RelaySession, relay: RelayPlace): Promise<void> {
    try {
      await this.#options.onSession?.(clique, session, relay)
    } catch (error) {
      // The next session tries again.
      this.#report(error)
    }
  }

  async #publishWaiting(replica: SessionReplica, session: RelaySession): Promise<void> {
    try {
      await publishWaitingPackages(replica.session, session)
    } catch (error) {
      // The next session, or the next invitation, tries again.
      this.#report(error)
    }
  }

  #tell(clique: CliqueId, connection: CliqueConnection): void {
    if (this.#isOver) return
    this.#connections.set(clique, connection)
    this.#publisher.publish(new Map(this.#connections))
  }

  #report(error: unknown): void {
    if (!(error instanceof CliqueError)) reportError(error)
  }
}

async function closeAll(open: Open | null): Promise<void> {
  if (open === null) return
  open.endMore()
  open.duties.close()
  open.desk.close()
  await open.network.close()
  open.replica.close()
  await open.session.close()
}
