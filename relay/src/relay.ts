import { labels, sha256, toBase64url } from '@clique/crypto/verify'
import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import { relayProtocol, tokenSize, webRtcPlaceToBytes } from '../protocol/index.ts'
import type { About, WebRtcPlace } from '../protocol/index.ts'
import { takeDataFolder } from './data-folder.ts'
import type { DataFolder } from './data-folder.ts'
import { openPort, PortBusyError } from './http/public-port.ts'
import type { PortHandlers, PublicPort } from './http/public-port.ts'
import { makeRequestHandler } from './http/request-handler.ts'
import { StaticFiles } from './http/static-files.ts'
import { loadIdentity } from './identity.ts'
import type { Identity } from './identity.ts'
import { originToMultiaddr } from './network/announce.ts'
import { startNode } from './network/relay-node.ts'
import type { NodeRules, RelayNode } from './network/relay-node.ts'
import { openWebRtcDoor } from './network/webrtc-door.ts'
import type { WebRtcDoor } from './network/webrtc-door.ts'
import { isLoopback } from './options.ts'
import type { RelayOptions } from './options.ts'
import { serverLimits } from './server-limits.ts'
import { Allowances } from './session/allowance.ts'
import { CheckpointNotes, policyOf } from './session/answering.ts'
import type { World } from './session/answering.ts'
import { Hub } from './session/hub.ts'
import { StreamSession } from './session/stream-session.ts'
import { SignalServer } from './signal/signal-server.ts'
import { FileChunks } from './storage/file-chunks.ts'
import { SqliteStorage } from './storage/sqlite-storage.ts'
import type { RelayStorage } from './storage/storage.ts'
import { OuterAddress } from './stun/outer-address.ts'
import { openStun } from './stun/stun-port.ts'
import type { StunPort } from './stun/stun-port.ts'
import type { TenantId } from './storage/storage.ts'
import { Tickets } from './tickets.ts'
import { serverVersion } from './version.ts'

export interface RunningRelay {
  /** Where people reach it. */
  readonly origin: string
  /** UDP port at which STUN is answered, or null. */
  readonly stunPort: number | null
  /** UDP port at which WebRTC connections are taken, or null. */
  readonly webRtcPort: number | null
  /** With which its owner makes the first clique; null once the relay has one. */
  claimLink(): Promise<string | null>
  /** Answers what is on its way, then lets go of everything. */
  close(): Promise<void>
}

/**
 * Starts a relay: one folder, one port.
 * @throws FolderInUseError, PortBusyError, or Error with a sentence about what is wrong
 */
export async function startRelay(options: RelayOptions, log: Logger): Promise<RunningRelay> {
  const app = options.app === null ? null : new StaticFiles(options.app)
  const folder = takeDataFolder(options.data)
  try {
    return await startInFolder(folder, app, options, log)
  } catch (error) {
    folder.release()
    throw error
  }
}

async function startInFolder(
  folder: DataFolder,
  app: StaticFiles | null,
  options: RelayOptions,
  log: Logger,
): Promise<RunningRelay> {
  const identity = loadIdentity(folder.path)
  const { storage, chunks } = openStorage(folder, options)
  const random = (n: number): Uint8Array => new Uint8Array(randomBytes(n))
  const tickets = new Tickets(random)
  let stun: StunPort | null = null
  const stunPort = (): number | null => stun?.port ?? null
  let webRtc: WebRtcDoor | null = null
  const world: World = {
    storage,
    chunks,
    identity,
    tickets,
    stunPort,
    webRtc: () => webRtc?.place() ?? null,
    now: Date.now,
    random,
  }
  const hub = new Hub()
  const signal = new SignalServer((ticket) => tickets.use(ticket, Date.now()), Date.now)
  /** What was given for an attestation ends with it, and not at the next round of upkeep. */
  const onRetired = (tenant: TenantId, peers: ReadonlySet<string>): void => {
    tickets.drop(tenant)
    signal.drop(tenant)
    // What the sessions say last goes out first.
    setImmediate(() => node?.part(tenant, peers))
  }
  const notes = new CheckpointNotes(identity)
  const host = { world, hub, notes, allowances: new Allowances(), log, onRetired }
  const state = { isServing: false }

  let node: RelayNode | null = null
  const handlers: PortHandlers = {
    request: makeRequestHandler({
      about: () => describe(world),
      isReady: async () => state.isServing && (await storage.claimToken(...claimWith(random))) !== undefined,
      app,
      onFailure: (error) => log.error({ error }, 'a request failed'),
    }),
    upgrade: (request, socket, head) => {
      const path = (request.url ?? '/').split('?', 1)[0]
      if (path === '/signal') signal.upgrade(request, socket, head)
      else if ((path === '/' || path === '/p2p') && node !== null) node.upgrade(request, socket, head)
      else return false
      return true
    },
  }
  let port: PublicPort | null = null
  let outer: OuterAddress | null = null
  try {
    port = await openPort(options.hosts, options.port, handlers)
    const webRtcPort = webRtcPortOf(options, port.port)
    if (options.stunPort !== null || webRtcPort !== null) {
      outer = new OuterAddress(new URL(originOf(options, port.port)).hostname)
      void outer.refresh()
    }
    const ownOuter = (): string | null => outer?.address ?? null
    if (webRtcPort !== null) {
      const [host = '127.0.0.1'] = options.hosts
      webRtc = await openWebRtcDoor({
        folder: folder.path,
        host,
        port: webRtcPort,
        outer: ownOuter,
        now: Date.now,
      })
    }
    stun = await openStunFor(options, port.port, ownOuter)
  } catch (error) {
    outer?.close()
    await port?.close()
    signal.close()
    await Promise.all([storage.close(), chunks.close()])
    throw error
  }
  const origin = originOf(options, port.port)
  const nodeRules: NodeRules = {
    tenantOf: (peer) => hub.tenantOf(peer, Date.now()),
    isHere: (peer, tenant) => hub.isHere(peer, Date.now(), tenant),
    onStream: (stream, peer) => void new StreamSession(host, stream, peer),
  }
  node = await startNode(identity, [originToMultiaddr(new URL(origin))], nodeRules, webRtc)
  const stopUpkeep = startUpkeep(hub, node, [storage, chunks], log)
  state.isServing = true
  log.info('ready')

  const [started, publicPort] = [node, port]
  const close = async (): Promise<void> => {
    state.isServing = false
    stopUpkeep()
    outer?.close()
    await hub.leave(serverLimits.stopWait)
    signal.close()
    // Who does not answer a farewell is left when the port closes.
    await Promise.race([
      started.close(),
      new Promise((resolve) => setTimeout(resolve, serverLimits.stopWait)),
    ])
    await Promise.all([publicPort.close(), stun?.close()])
    await Promise.all([storage.close(), chunks.close()])
    folder.release()
    log.info('stopped')
  }
  let closing: Promise<void> | null = null
  return {
    origin,
    stunPort: stunPort(),
    webRtcPort: webRtc?.port ?? null,
    claimLink: async () => {
      const token = await storage.claimToken(...claimWith(random))
      if (token === null) return null
      // A link from elsewhere names it, so it has to be known now.
      if (options.appUrl !== null) await outer?.refresh()
      return claimLinkOf(toBase64url(token), origin, options.appUrl, identity.peer, webRtc?.place() ?? null)
    },
    close: () => (closing ??= close()),
  }
}

/** Which UDP port it is matters to firewalls alone, as devices read it in the policy. */
async function openStunFor(
  { hosts, stunPort }: RelayOptions,
  publicPort: number,
  outer: () => string | null,
): Promise<StunPort | null> {
  if (stunPort === null) return null
  const open = (port: number): Promise<StunPort> => openStun(hosts, port, Date.now, outer)
  if (stunPort !== 'same') return open(stunPort)
  try {
    return await open(publicPort)
  } catch (error) {
    if (error instanceof PortBusyError) return open(0)
    throw error
  }
}

/**
 * By itself where it is of use: a page that comes from https may open no WebSocket to a relay without a certificate, and
 * has no need to where the relay is behind a proxy with one, or on the page's own machine.
 */
function webRtcPortOf(options: RelayOptions, publicPort: number): number | null {
  const { webRtcPort, hosts } = options
  if (webRtcPort !== 'auto') return webRtcPort
  const isPlain = new URL(originOf(options, publicPort)).protocol === 'http:'
  return isPlain && !hosts.every(isLoopback) ? (publicPort % 65_535) + 1 : null
}

function openStorage(
  { databasePath, chunksPath }: DataFolder,
  { maxStorage }: RelayOptions,
): { readonly storage: SqliteStorage; readonly chunks: FileChunks } {
  if (maxStorage === null) {
    return { storage: new SqliteStorage(databasePath), chunks: new FileChunks(chunksPath) }
  }
  const maxBytes = maxStorage * serverLimits.chunksPart
  return {
    storage: new SqliteStorage(databasePath, maxStorage - maxBytes),
    chunks: new FileChunks(chunksPath, { maxBytes }),
  }
}

function claimWith(random: (n: number) => Uint8Array): [() => Uint8Array, (token: Uint8Array) => Uint8Array] {
  return [() => random(tokenSize), (token) => sha256(labels.relayToken, token)]
}

async function describe(world: World & { readonly identity: Identity }): Promise<About> {
  const token = await world.storage.claimToken(...claimWith(world.random))
  return {
    relay: world.identity.peer,
    version: serverVersion,
    protocol: relayProtocol,
    claimed: token === null,
    policy: toBase64url(policyOf(world)),
  }
}

/** A page that comes from elsewhere has to be told where the relay is, and may have no way to ask it over HTTP. */
function claimLinkOf(
  token: string,
  origin: string,
  appUrl: URL | null,
  peer: string,
  place: WebRtcPlace | null,
): string {
  if (appUrl === null) return `${origin}/#claim=${token}`
  const values = new URLSearchParams({ claim: token, relay: origin, peer })
  if (place !== null) values.set('webrtc', toBase64url(webRtcPlaceToBytes(place)))
  return `${appUrl.origin}/#${values.toString()}`
}

function originOf({ publicUrl, hosts }: RelayOptions, port: number): string {
  if (publicUrl !== null) return publicUrl.origin
  const [host = 'localhost'] = hosts
  const isThisMachine = ['127.0.0.1', '::1', '0.0.0.0', '::'].includes(host)
  const name = isThisMachine ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return new URL(`http://${name}:${port}`).origin
}

/** What has to be done from time to time; the result ends it. */
function startUpkeep(
  hub: Hub,
  node: RelayNode,
  stores: readonly Pick<RelayStorage, 'prune'>[],
  log: Logger,
): () => void {
  const sweep = setInterval(() => {
    hub.everyone({ kind: 'tick' })
    hub.forget(Date.now())
    node.sweep(Date.now())
  }, serverLimits.sweepEvery)
  const prune = setInterval(() => stores.forEach((store) => void pruneAll(store)), serverLimits.pruneEvery)
  const pruneAll = async (store: Pick<RelayStorage, 'prune'>): Promise<void> => {
    try {
      for (let more = true; more;) {
        more = (await store.prune(Date.now(), serverLimits.pruneAtOnce)) === serverLimits.pruneAtOnce
        // Appends get their turn between two rounds.
        await new Promise((resolve) => setImmediate(resolve))
      }
    } catch (error) {
      log.error({ error }, 'pruning failed')
    }
  }
  return () => {
    clearInterval(sweep)
    clearInterval(prune)
  }
}
