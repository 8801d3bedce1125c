import type { MailboxId } from '@clique/crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { forgeBranch, forgeNames } from '../documents/testing/forgery.ts'
import { TestMember } from '../documents/testing/members.ts'
import { readTitle } from '../documents/title.ts'
import { channelPair } from '../network/testing/channel-pair.ts'
import { MailboxSync } from './mailbox-sync.ts'
import { SetAside } from './outbox.ts'
import { PeerLink } from './peer-link.ts'
import { SessionReplica } from './session-replica.ts'
import { bytesToSyncMessage } from './sync-messages.ts'
import { Clock } from './testing/clock.ts'
import { MemoryRelay } from './testing/memory-relay.ts'
import { noCheckpoints } from './testing/no-checkpoints.ts'

/** A machine under load is slow; what is waited for comes all the same. */
const soon = { timeout: 30_000 }

const closers: (() => unknown)[] = []
const links: PeerLink[] = []
let anna: TestMember
let ben: TestMember
let carl: TestMember

beforeEach(async () => {
  anna = await TestMember.founder('Anna')
  closers.push(() => anna.leaves())
  ben = await comes('Ben', [anna])
  carl = await comes('Carl', [anna, ben])
})
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

/** Everybody knows everybody. */
async function comes(name: string, others: readonly TestMember[]): Promise<TestMember> {
  const member = await anna.invites(name)
  closers.push(() => member.leaves())
  const everybody = [...others, member]
  for (const from of everybody) await from.tellsRoster(...everybody)
  return member
}

/**
 * Ben has said something, which Anna has read and answered; Carl has built on the last name of Ben's copy before he heard
 * of either. The branch that he built on lies aside at his device, and is nowhere else.
 */
async function apart(branch?: readonly Uint8Array[]): Promise<Uint8Array[]> {
  await ben.says('hello')
  const copied = branch ?? (await forgeNames(ben, ['of the copy', 'of the copy again']))
  await ben.tells(anna)
  await carl.session.receiveRecords(carl.space, copied, null)
  await carl.session.name(carl.space, 'of Carl')
  await anna.says('hello, Ben')
  await anna.tells(carl)
  expect([await titleOf(anna), await titleOf(carl)]).toEqual([null, 'of Carl'])
  return [...copied]
}

async function titleOf(member: TestMember): Promise<string | null> {
  return readTitle(await member.session.documents(member.space))
}

async function replicaOf({ session }: TestMember): Promise<SessionReplica> {
  const replica = await SessionReplica.open(session)
  closers.push(() => replica.close())
  return replica
}

/** Reads and brings, and in the end what others may bring, too. */
class AtRelay {
  readonly #clock = new Clock()
  readonly #sync: MailboxSync
  readonly #session: ReturnType<MemoryRelay['connect']>

  constructor(replica: SessionReplica, relay: MemoryRelay) {
    const session = relay.connect()
    const sync = new MailboxSync({
      session,
      replica,
      relay: relay.peer,
      random: (n) => new Uint8Array(n).fill(1),
      later: this.#clock.later,
      setAside: new SetAside(),
      onTrouble: (code) => expect(code).toBeNull(),
    })
    session.onGrew = (mailbox: MailboxId, next: number) => sync.grew(mailbox, next)
    ;[this.#sync, this.#session] = [sync, session]
    closers.push(() => this.close())
  }

  /** Time passes until nothing is left to be brought. */
  async bringsAll(replica: SessionReplica, space = anna.space): Promise<void> {
    await expect
      .poll(async () => {
        this.#clock.pass()
        return replica.unrelayedRecords(this.#session.relay.peer, space, 'all', 1, 0)
      }, soon)
      .toEqual([])
  }

  close(): void {
    this.#sync.close()
    this.#session.close()
  }
}

function newRelay(peer: string): MemoryRelay {
  const relay = new MemoryRelay(peer)
  relay.now = Date.now()
  return relay
}

/** How often each record lies at a relay. */
function countsAt(relay: MemoryRelay, copied: readonly Uint8Array[]): number[] {
  const names = [...relay.mailboxes.values()].flat().map(String)
  return copied.map((bytes) => names.filter((name) => name === String(bytes)).length)
}

test('[OB10] what names are built on, on whichever branch, comes to each relay, and once', async () => {
  const copied = await apart()
  const replicas = [await replicaOf(anna), await replicaOf(carl)] as const
  const relay = newRelay('a relay')
  for (const replica of replicas.toReversed()) {
    const at = new AtRelay(replica, relay)
    await at.bringsAll(replica)
    // Anna, who comes second, may have nothing to bring before she has read what Carl brought.
    await expect.poll(() => titleOf(replica === replicas[0] ? anna : carl), soon).toBe('of Carl')
    at.close()
  }
  expect(countsAt(relay, copied)).toEqual([1, 1])
  const again = new AtRelay(replicas[1], relay)
  await again.bringsAll(replicas[1])
  expect([await titleOf(anna), await titleOf(carl)]).toEqual(['of Carl', 'of Carl'])
  // Whoever read it there does not bring it again, and another relay has nothing of it yet.
  expect(countsAt(relay, copied)).toEqual([1, 1])
  const second = newRelay('second')
  for (const replica of replicas) await new AtRelay(replica, second).bringsAll(replica)
  expect(countsAt(second, copied)).toEqual([1, 1])
  // Where a relay has it, another one does not get what is too old.
  const lacking = async (since: number) =>
    (await replicas[1].unrelayedRecords('third', anna.space, 'all', 9, since)).filter(({ aside }) => aside)
  expect(await lacking(0)).toHaveLength(2)
  expect(await lacking(Date.now() + 3_600_000)).toEqual([])
})

test('[OB10] with what names are built on comes what shows the fork to who holds little of the chain', async () => {
  const branch = await forgeBranch(ben, 0, ['not I', 'nor this'])
  await apart([...branch, ...(await forgeNames(ben, ['of the copy'], branch))])
  const replicas = [await replicaOf(carl), await replicaOf(anna)]
  const relay = newRelay('a relay')
  for (const replica of replicas) await new AtRelay(replica, relay).bringsAll(replica)
  await expect.poll(() => titleOf(anna), soon).toBe('of Carl')
})

/** Both over one stream; what Carl says may be lost on the way. */
function link(replicas: readonly [SessionReplica, SessionReplica], isCut: boolean): readonly Uint8Array[] {
  const channels = channelPair()
  channels[1].isCut = isCut
  for (const [i, replica] of replicas.entries()) {
    const [channel, other] = [channels[i], replicas[1 - i]]
    if (channel === undefined || other === undefined) throw new Error('two of each')
    const host = { replica, checkpoints: noCheckpoints, later: () => () => {} }
    const one = new PeerLink(channel, other.device, host)
    links.push(one)
    closers.push(() => one.close())
  }
  return channels[1].sent
}

test('[PS18] what names are built on is told on every link again, and on one once', async () => {
  const copied = await apart()
  const replicas = [await replicaOf(anna), await replicaOf(carl)] as const
  // All the rest has come another way: by what stands they are in sync.
  await anna.session.receiveRecords(anna.space, await carl.records(), 'a relay')
  const [annas, carls] = [replicas[0].vector(anna.space), replicas[1].vector(anna.space)]
  expect(await annas).toEqual(await carls)
  const told = (frames: readonly Uint8Array[]): number[] => {
    const messages = frames.map((frame) => bytesToSyncMessage(frame))
    const records = messages.flatMap((one) => (one.kind === 'records' ? one.records.map(String) : []))
    return copied.map((bytes) => records.filter((record) => record === String(bytes)).length)
  }
  const lost = link(replicas, true)
  // The first shows the fork, too.
  await expect.poll(() => told(lost), soon).toEqual([2, 1])
  for (const one of links) one.close()
  const sent = link(replicas, false)
  await expect.poll(() => titleOf(anna), soon).toBe('of Carl')
  await carl.says('and on')
  await expect.poll(() => anna.sees(), soon).toContain('Carl: and on')
  expect(told(sent)).toEqual([2, 1])
})
