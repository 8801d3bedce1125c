import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { fromBase64url, fromHex, signerFromSeed, systemRandom } from '@clique/crypto'
import { relayProtocol } from '@clique/relay/protocol'
import { fetchAbout } from '../../network/about.ts'
import { createNode } from '../../network/node.ts'
import type { RelayPlace } from '../../network/relay-address.ts'
import { relayChannelLimits, RelaySession } from '../../network/relay-session.ts'
import { renewCapability as tellRelay, retireCapability } from '../../network/tenants.ts'
import { CliqueNetwork } from '../clique-network.ts'
import type { Surroundings } from '../clique-network.ts'
import type { CliqueConnection } from '../connection-state.ts'
import { LightRelay } from '../light-relay.ts'
import { MemoryChunks } from './memory-chunks.ts'
import { MemoryReplica } from './memory-replica.ts'
import { capabilitySigner, makeTestClique } from './test-clique.ts'
import type { TestClique } from './test-clique.ts'

/** A real relay, real libp2p and real sockets; only the clique's own cryptography is left out. */
const relayMain = join(dirname(fileURLToPath(import.meta.url)), '../../../../relay/src/main.ts')

/** What a test leaves behind; after each test it calls these, the last one first. */
export const closers: (() => unknown)[] = []

export async function closeAll(): Promise<void> {
  for (const close of closers.splice(0).toReversed()) await close()
}

export class TestRelay {
  readonly #data: string
  #process: ChildProcess | null = null
  url = ''
  claim: string | null = null

  private constructor(data: string) {
    this.#data = data
  }

  static async start(...more: readonly string[]): Promise<TestRelay> {
    const relay = new TestRelay(await mkdtemp(join(tmpdir(), 'clique-relay-')))
    closers.push(() => relay.#remove())
    await relay.run(...more)
    return relay
  }

  async run(...more: readonly string[]): Promise<void> {
    const port = this.url === '' ? '0' : new URL(this.url).port
    const started = spawn(
      process.execPath,
      [relayMain, '--data', this.#data, '--host', '127.0.0.1', '--port', port, '--ready-json', ...more],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    this.#process = started
    for await (const line of createInterface({ input: started.stdout })) {
      if (!line.startsWith('{"ready"')) continue
      const ready = JSON.parse(line) as { url: string; claim: string | null }
      this.url = ready.url
      this.claim ??= ready.claim
      return
    }
    throw new Error('the relay did not start')
  }

  async kill(): Promise<void> {
    const running = this.#process
    if (running === null) return
    this.#process = null
    const exited = new Promise((resolve) => running.once('exit', resolve))
    running.kill('SIGKILL')
    await exited
  }

  get token(): Uint8Array {
    const text = new URL(this.claim ?? '').hash.replace('#claim=', '')
    return text.length === 32 ? fromHex(text) : fromBase64url(text)
  }

  async #remove(): Promise<void> {
    await this.kill()
    await rm(this.#data, { recursive: true, force: true })
  }
}

export const surroundings: Surroundings = {
  createNode,
  now: Date.now,
  random: systemRandom,
  later: (run, ms) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
  hasNetwork: () => true,
}

export interface Person {
  readonly replica: MemoryReplica
  readonly chunks: MemoryChunks
  connection: CliqueConnection | null
  /** What this device does in every session before it proves itself. */
  beforeProof: (session: RelaySession) => Promise<void>
  /** ... and in every session right after. */
  afterProof: (session: RelaySession) => Promise<void>
  /** How many sessions it has proven itself in. */
  proofs: number
  stunServers(): readonly string[]
  goOnline(createNode?: Surroundings['createNode']): Promise<void>
  goOffline(): Promise<void>
}

function person(clique: TestClique, name: string): Person {
  const replica = new MemoryReplica(clique, name)
  const chunks = new MemoryChunks([], clique.space)
  let network: CliqueNetwork | null = null
  const one: Person = {
    replica,
    chunks,
    connection: null,
    beforeProof: () => Promise.resolve(),
    afterProof: () => Promise.resolve(),
    proofs: 0,
    stunServers: () => network?.stunServers ?? [],
    async goOnline(createNode = surroundings.createNode) {
      network = await CliqueNetwork.start({
        replica,
        chunks,
        surroundings: { ...surroundings, createNode },
        beforeProof: (session) => one.beforeProof(session),
        afterProof: (session) => {
          one.proofs++
          return one.afterProof(session)
        },
        onConnection: (connection) => (one.connection = connection),
      })
    },
    async goOffline() {
      await network?.close()
      network = null
    },
  }
  closers.push(() => one.goOffline())
  return one
}

/** A clique that the relay knows, with these people in it. */
export async function clique(token: Uint8Array, place: RelayPlace, ...names: string[]): Promise<Person[]> {
  const made = makeTestClique(systemRandom(1)[0] ?? 0, [place])
  const people = names.map((name) => person(made, name))
  const facts = people[0]?.replica.facts()
  const capability = facts?.capabilities[0]?.publicKey
  if (facts === undefined || capability === undefined) throw new Error('a clique has somebody in it')
  const light = await LightRelay.open([place], surroundings)
  const keys = { admin: signerFromSeed(made.adminSeed), capability, control: facts.control }
  await light.register(token, keys)
  // Again, as after a lost answer: the same to the relay.
  await light.register(token, keys)
  await light.close()
  return people
}

/** How many others are linked to this one. */
export function linked({ connection }: Person): number {
  return (connection?.members.direct.length ?? 0) + (connection?.members.relayed.length ?? 0)
}

export async function placeOf(url: string): Promise<RelayPlace> {
  return { url, peer: (await fetchAbout(url)).place.peer }
}

/** As the clique's admin: the relay is told of the next generation of the capability, and ends all before it. */
export async function renewCapability(
  place: RelayPlace,
  { replica }: Person,
  generation: number,
): Promise<void> {
  const admin = signerFromSeed(replica.shared.adminSeed)
  const key = capabilitySigner(replica.shared, generation).publicKey
  const node = await createNode(systemRandom(32), {
    relays: () => [place],
    isKnownPeer: () => false,
    stunServers: () => [],
    webRtcPlace: () => null,
  })
  const channel = await node.openRelay(place, relayProtocol, relayChannelLimits)
  const options = { relayPeer: place.peer, ownPeer: node.peer, now: Date.now }
  const session = await RelaySession.open(channel, options)
  await tellRelay(session, admin, { generation, publicKey: key })
  await retireCapability(session, admin, generation - 1)
  session.close()
  await node.close()
}
