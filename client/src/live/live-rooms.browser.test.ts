import {
  CliqueError,
  createInvitation,
  liveRoom,
  removeMember,
  revokeInvitation,
  systemRandom,
} from '@clique/crypto'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { commands } from 'vitest/browser'
import { TestMember } from '../documents/testing/members.ts'
import type { RelaySession } from '../network/relay-session.ts'
import { channelName, watchLive } from './live-channel.ts'
import type { LiveMessage, LiveWatch } from './live-channel.ts'
import { serveLive } from './live-rooms.ts'
import { signState } from './live-state.ts'
import type { LivePerson } from './present.ts'
import './testing/commands.node.ts'
import { Outsider, stateMessage } from './testing/outsider.ts'

const soon = { timeout: 20_000 }
/** Rooms take some dials, and tickets some waits. */
const afterWaits = { timeout: 45_000 }
const closers: (() => unknown)[] = []
let anna: TestMember
let ben: TestMember

beforeAll(() => commands.startLiveRelay())
afterAll(() => commands.removeLiveRelay())
beforeEach(async () => {
  anna = await TestMember.founder('Anna')
  closers.push(() => anna.leaves())
  ben = await anna.invites('Ben')
  closers.push(() => ben.leaves())
  await ben.tells(anna)
})
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

/** What the leading tab of Anna's browser does, or of somebody else's. */
function serve(whose = anna): () => void {
  const session: Pick<RelaySession, 'ticket'> = {
    async ticket() {
      const address = await commands.liveAddress().catch(() => null)
      if (address === null) throw new CliqueError('relay-unreachable')
      relay.url = new URL(address).origin.replace(/^ws/, 'http')
      return { ticket: new URL(address).searchParams.get('ticket') ?? '', expires: 0 }
    },
  }
  const relay = { url: 'http://localhost:1', peer: 'peer' }
  const end = serveLive({ session: whose.session, network: { session, relay, stunServers: [] } })
  closers.push(end)
  return end
}

interface Tab extends LiveWatch {
  people: readonly LivePerson[]
}

/** A tab of Anna's browser that shows the conversation. */
function tab(): Tab {
  const watch = watchLive(
    { clique: anna.session.clique, space: anna.space },
    (people) => (one.people = people),
  )
  let isOpen = true
  const close = (): void => {
    if (isOpen) watch.close()
    isOpen = false
  }
  const one: Tab = { attend: (attention) => watch.attend(attention), close, people: [] }
  closers.push(close)
  return one
}

/** Ben's page, by hand, connected with Anna's in the room of the epoch that she has now. */
async function benEnters(): Promise<Outsider> {
  const room = liveRoom(anna.session.log, anna.space)
  if (room === null) throw new Error('no room')
  const page = await Outsider.enters(await commands.liveAddress(), room.name, room.password)
  closers.push(() => page.close())
  await expect
    .poll(async () => {
      if (page.connections.size === 0) await page.announce()
      return page.received.length > 0
    }, afterWaits)
    .toBe(true)
  const { device, me } = ben.session
  const state = { device, client: 1, clock: 1, at: Date.now(), activity: 'here' } as const
  page.send(stateMessage(1, 1, { signed: await signState(me.signer, room.name, state) }))
  return page
}

const benIsHere = () => [{ member: ben.session.member, typing: false }]

test('[LIV6] tabs of one browser see who is there through the one that leads', async () => {
  const end = serve()
  const [first, second] = [tab(), tab()]
  first.attend('here')
  second.attend('typing')
  const page = await benEnters()
  for (const one of [first, second]) await expect.poll(() => one.people, soon).toEqual(benIsHere())
  // The one that shows it still keeps the room open; without any it closes.
  first.close()
  await expect.poll(() => second.people, soon).toEqual(benIsHere())
  expect(page.connections.size).toBe(1)
  second.attend(null)
  await expect.poll(() => page.connections.size, soon).toBe(0)
  await expect.poll(() => second.people, soon).toEqual([])
  end()
})

test('[LIV6] another leader goes on where the first ended', async () => {
  const end = serve()
  const shown = tab()
  shown.attend('here')
  const page = await benEnters()
  await expect.poll(() => shown.people, soon).toEqual(benIsHere())
  end()
  await expect.poll(() => page.connections.size, soon).toBe(0)
  page.close()
  serve()
  await benEnters()
  await expect.poll(() => shown.people, soon).toEqual(benIsHere())
})

test('[LIV6] another epoch is another room, and who is in it sees each other again', async () => {
  serve()
  const shown = tab()
  shown.attend('here')
  const before = await benEnters()
  await expect.poll(() => shown.people, soon).toEqual(benIsHere())
  const old = liveRoom(anna.session.log, anna.space)
  const options = { role: 'member', uses: 1, expiresAt: Date.now() + 1e9, random: systemRandom } as const
  const { invite } = await anna.session.act((log, me) => createInvitation(log, me, options))
  await anna.session.act((log, me) => revokeInvitation(log, me, invite, { random: systemRandom }))
  expect(liveRoom(anna.session.log, anna.space)?.name).not.toBe(old?.name)
  await expect.poll(() => before.connections.size, soon).toBe(0)
  before.close()
  await expect.poll(() => shown.people, soon).toEqual([])
  await benEnters()
  await expect.poll(() => shown.people, soon).toEqual(benIsHere())
})

test('[LIV6] what other cliques, closed tabs and strangers on the channel say opens nothing', async () => {
  let asked = 0
  const network = {
    session: {
      ticket() {
        asked++
        return Promise.reject(new CliqueError('relay-unreachable'))
      },
    },
    relay: { url: 'http://localhost:1', peer: 'peer' },
    stunServers: [],
  }
  closers.push(serveLive({ session: anna.session, network }))
  const channel = new BroadcastChannel(channelName)
  closers.push(() => channel.close())
  const heard: LiveMessage[] = []
  channel.onmessage = ({ data }: MessageEvent<LiveMessage>) => heard.push(data)
  const { clique } = anna.session
  channel.postMessage({ kind: 'attention', tab: 'a', clique, space: 'unknown', attention: 'here' })
  channel.postMessage({ kind: 'attention', tab: 'b', clique: 'other', space: anna.space, attention: 'here' })
  channel.postMessage({ kind: 'people', clique, space: anna.space, people: benIsHere() })
  // A tab that is gone again at once: its room is opened or not, but nothing stays.
  channel.postMessage({ kind: 'attention', tab: 'c', clique, space: anna.space, attention: 'here' })
  channel.postMessage({ kind: 'attention', tab: 'c', clique, space: anna.space, attention: null })
  const shown = tab()
  shown.attend('here')
  await expect.poll(() => asked, soon).toBeGreaterThan(0)
  shown.close()
  await expect.poll(() => heard.at(-1), soon).toMatchObject({ kind: 'people', people: [] })
})

test('[LIV6] who was told that they are out leaves the room, though their roster does not say so', async () => {
  serve(ben)
  tab().attend('here')
  const page = await benEnters()
  const { item } = await anna.session.act((log, me) =>
    removeMember(log, me, ben.session.member, { random: systemRandom }),
  )
  await ben.session.receiveItems([item], null)
  expect(ben.session.end?.noticedAt).toEqual(expect.any(Number))
  expect(ben.session.log.state.members.get(ben.session.member)?.status).toBe('in')
  await expect.poll(() => page.connections.size, soon).toBe(0)
})
