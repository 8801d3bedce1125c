import { CliqueError, createInvitation, revokeInvitation, systemRandom } from '@clique/crypto'
import type { CliqueId, InviteId } from '@clique/crypto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { TestMember } from '../documents/testing/members.ts'
import type { CliqueNode } from '../network/node.ts'
import { readClique, saveClique } from '../storage/cliques.ts'
import type { CliqueProfile } from '../storage/cliques.ts'
import { deleteClique } from '../storage/delete-clique.ts'
import { readInvitations, saveInvitation } from '../storage/invitations.ts'
import type { Surroundings } from './clique-network.ts'
import { watchConnections } from './connection-channel.ts'
import type { ConnectionMap } from './connection-state.ts'
import { runEngine } from './engine.ts'
import { publishWaitingPackages } from './invitation-packages.ts'
import type { PackageDoor } from './light-relay.ts'

const soon = { timeout: 30_000 }
const closers: (() => unknown)[] = []
let anna: TestMember
let clique: CliqueId
let profile: CliqueProfile

beforeEach(async () => {
  anna = await TestMember.founder('Anna')
  closers.push(() => anna.leaves())
  clique = anna.session.clique
  profile = await readClique(anna.store, clique)
})
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

/** A node that reaches nobody: what is tried here is what the engine opens and closes. */
class LonelyNode implements CliqueNode {
  readonly peer = 'nobody'
  isClosed = false
  openRelay = () => Promise.reject(new CliqueError('relay-unreachable'))
  reserve = () => Promise.reject(new CliqueError('relay-refused'))
  dial = () => Promise.reject(new CliqueError('peer-unreachable'))
  dialDirect = () => Promise.reject(new CliqueError('peer-unreachable'))
  serve = () => Promise.resolve()
  hangUp = () => Promise.resolve()
  endStrangers = () => undefined
  close(): Promise<void> {
    this.isClosed = true
    return Promise.resolve()
  }
}

/** One leading tab's engine, what it opened, and what other tabs hear of it. */
class Leading {
  readonly nodes: LonelyNode[] = []
  readonly timers = new Set<() => void>()
  wake: () => void = () => undefined
  connections: ConnectionMap = new Map()
  readonly #deposed = new AbortController()
  readonly #done: Promise<void>

  constructor() {
    const surroundings: Surroundings = {
      createNode: () => {
        const node = new LonelyNode()
        this.nodes.push(node)
        return Promise.resolve(node)
      },
      now: Date.now,
      random: systemRandom,
      later: (run) => {
        this.timers.add(run)
        return () => this.timers.delete(run)
      },
      hasNetwork: () => true,
    }
    closers.push(watchConnections((all) => (this.connections = all)))
    const onWake = (listener: () => void) => {
      this.wake = listener
      return () => (this.wake = () => undefined)
    }
    this.#done = runEngine({ store: anna.store, surroundings, onWake }, this.#deposed.signal)
    closers.push(() => this.depose())
  }

  depose(): Promise<void> {
    this.#deposed.abort()
    return this.#done
  }

  get trouble(): string | null {
    return this.connections.get(clique)?.trouble ?? null
  }
}

describe('the engine', () => {
  test('[EN1] connects every clique of the profile, one that is added later too', async () => {
    await anna.store.db.cliques.delete(clique)
    const leading = new Leading()
    await saveClique(anna.store, profile)
    await vi.waitUntil(() => leading.nodes.length === 1, soon)
    await vi.waitUntil(() => leading.connections.has(clique), soon)
    // Said again, it is the same clique.
    await saveClique(anna.store, profile)
    leading.wake()
    await leading.depose()
    expect(leading.nodes).toHaveLength(1)
  })

  test('[EN2] lets go of a clique that is on this device no more', async () => {
    const leading = new Leading()
    await vi.waitUntil(() => leading.connections.has(clique) && leading.nodes.length === 1, soon)
    await deleteClique(anna.store, clique)
    await vi.waitUntil(() => leading.nodes[0]?.isClosed, soon)
    await vi.waitUntil(() => !leading.connections.has(clique), soon)
    expect(leading.timers.size).toBe(0)
  })

  test('[EN3] closes everything when the lead is lost, what is only being opened too', async () => {
    const settled = new Leading()
    await vi.waitUntil(() => settled.nodes.length === 1, soon)
    await settled.depose()
    const early = new Leading()
    await early.depose()
    for (const { nodes, timers } of [settled, early]) {
      expect(nodes.every(({ isClosed }) => isClosed)).toBe(true)
      expect(timers.size).toBe(0)
    }
    const before = settled.nodes.length + early.nodes.length
    await saveClique(anna.store, profile)
    settled.wake()
    await anna.says('nobody listens')
    expect(settled.nodes.length + early.nodes.length).toBe(before)
  })

  test('[EN4] tells of a clique that cannot be opened, and connects it once it can be', async () => {
    const rows = await anna.store.db.secrets.where('[clique+name]').equals([clique, 'net']).toArray()
    await anna.store.db.secrets.delete([clique, 'net'])
    const leading = new Leading()
    await vi.waitUntil(() => leading.trouble === 'clique-keys-missing', soon)
    expect(leading.nodes).toEqual([])
    await leading.depose()
    await anna.store.db.secrets.bulkPut(rows)
    const next = new Leading()
    await vi.waitUntil(() => next.nodes.length === 1 && next.trouble === null, soon)
  })
})

describe('packages of invitations', () => {
  async function invites(): Promise<InviteId> {
    const options = {
      role: 'member',
      uses: 1,
      expiresAt: Date.now() + 3_600_000,
      random: systemRandom,
    } as const
    const {
      invite,
      secret,
      package: sealed,
    } = await anna.session.act((log, me) => createInvitation(log, me, options))
    await saveInvitation(anna.store, clique, { invite, secret, package: sealed, isUploaded: false })
    return invite
  }

  function makeRelay() {
    const kept: Uint8Array[] = []
    let isDown = false
    const refuse = () => Promise.reject(new CliqueError('relay-silent'))
    const session: PackageDoor = {
      relayNow: Date.now(),
      openMailbox: () => (isDown ? refuse() : Promise.resolve({ oldest: 0, next: 0 })),
      closeMailbox: () => Promise.resolve(),
      append: (_, items) => {
        kept.push(...items)
        return Promise.resolve()
      },
    }
    return { kept, session, goesDown: (down: boolean) => (isDown = down) }
  }

  const publish = (relay: PackageDoor) => publishWaitingPackages(anna.session, relay)

  test('[EN5] that waited are published in the next session, once, and only while they are open', async () => {
    const relay = makeRelay()
    const [open, revoked] = [await invites(), await invites()]
    await anna.session.act((log, me) => revokeInvitation(log, me, revoked, { random: systemRandom }))
    relay.goesDown(true)
    await expect(publish(relay.session)).rejects.toMatchObject({ code: 'relay-silent' })
    expect((await readInvitations(anna.store, clique)).some(({ isUploaded }) => isUploaded)).toBe(false)
    relay.goesDown(false)
    await publish(relay.session)
    await publish(relay.session)
    const made = await readInvitations(anna.store, clique)
    expect(made.filter(({ isUploaded }) => isUploaded).map(({ invite }) => invite)).toEqual([open])
    expect(relay.kept).toEqual(made.filter(({ invite }) => invite === open).map((one) => one.package))
  })

  test('[EN6] are published by a tab that has not heard of the invitation itself yet', async () => {
    let { log } = anna.session
    const behind = {
      store: anna.store,
      clique,
      get log() {
        return log
      },
      catchUp: async () => {
        await anna.session.catchUp()
        log = anna.session.log
      },
    }
    const relay = makeRelay()
    const open = await invites()
    expect(behind.log.state.invitations.has(open)).toBe(false)
    await publishWaitingPackages(behind, relay.session)
    expect(relay.kept).toHaveLength(1)
  })
})
