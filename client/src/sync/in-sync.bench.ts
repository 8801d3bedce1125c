import type { Figure } from '../../../scripts/bench/figures.ts'
import { TestMember } from '../documents/testing/members.ts'
import { channelPair } from '../network/testing/channel-pair.ts'
import { PeerLink } from './peer-link.ts'
import { SessionReplica } from './session-replica.ts'
import { Clock } from './testing/clock.ts'
import { noCheckpoints } from './testing/no-checkpoints.ts'

const messages = 100
/** For both sides to have said all that they have to say. */
const quietMs = 2_000

/** What two devices that hold the same say to each other when they meet. */
export async function figures(): Promise<Figure[]> {
  const anna = await TestMember.founder('Anna')
  const ben = await anna.invites('Ben')
  await ben.tells(anna)
  for (let i = 0; i < messages; i++) await anna.says(`message ${i}`)
  await anna.tells(ben)
  const replicas = [await SessionReplica.open(anna.session), await SessionReplica.open(ben.session)] as const
  const [a, b] = channelPair()
  const { later } = new Clock()
  const host = { checkpoints: noCheckpoints, later }
  const links = [
    new PeerLink(a, ben.session.device, { ...host, replica: replicas[0] }),
    new PeerLink(b, anna.session.device, { ...host, replica: replicas[1] }),
  ]
  await Promise.all(links.map(({ heard }) => heard))
  await new Promise((resolve) => setTimeout(resolve, quietMs))
  const frames = [a.sent, b.sent]
  const spaces = anna.session.log.state.spaces.size
  const bytes = Math.max(...frames.map((sent) => sent.reduce((sum, { length }) => sum + length, 0)))
  const trips = Math.max(...frames.map(({ length }) => length))
  for (const link of links) link.close()
  for (const replica of replicas) replica.close()
  await anna.leaves()
  await ben.leaves()
  const what = 'being in sync costs nothing: a link that has nothing new'
  const facts = { kind: 'measured', against: 'the limit', runs: 1 } as const
  const detail = `${spaces} spaces, ${messages} messages`
  return [
    {
      ...facts,
      what: `${what}, per space and side`,
      value: bytes / spaces,
      unit: 'bytes',
      goal: { atMost: 100 },
      detail,
    },
    { ...facts, what, value: trips, unit: 'round trips', goal: { atMost: 1 }, detail: '' },
  ]
}
