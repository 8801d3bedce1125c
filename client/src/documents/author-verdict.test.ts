import {
  addDevice,
  bytesToId,
  createClique,
  createInvitation,
  createSpace,
  generateKemPair,
  generateSigner,
  joinClique,
  makeMemberRoot,
  openInvitationPackage,
  receiveItems,
  removeDevice,
  revokeInvitation,
  rotateEpoch,
  systemRandom as random,
  toHex,
} from '@clique/crypto'
import type { Act, CliqueLog, DeviceId, DeviceKeys, MadeInvitation, OperationId } from '@clique/crypto'
import { beforeEach, expect, test } from 'vitest'
import { judgeAuthor } from './author-verdict.ts'
import { limitOf } from './visibility.ts'

const policy = { name: 'Marmots', accent: 'teal', history: 'full' } as const
const tomorrow = Date.now() + 24 * 60 * 60 * 1000

let anna: DeviceKeys
let log: CliqueLog
let items: Uint8Array[]
let invitation: MadeInvitation

async function entrant() {
  const [signer, kem, recovery] = [
    await generateSigner(random),
    await generateKemPair(random),
    await generateKemPair(random),
  ]
  const device = { id: bytesToId('device', signer.publicKey), signer, kem, peer: `peer${toHex(random(4))}` }
  const slot = { publicKey: recovery.publicKey, salt: random(16) }
  return { device, root: makeMemberRoot(random), recovery: slot, random, memberName: 'somebody' }
}

async function join(by: MadeInvitation): Promise<Act & { device: DeviceKeys }> {
  const taker = await entrant()
  const opened = await openInvitationPackage(by.secret, by.package)
  return {
    ...(await joinClique({ ...taker, package: opened, items, now: Date.now() })),
    device: taker.device,
  }
}

function verdict({ device }: { device: DeviceKeys }, heads: readonly OperationId[]) {
  const [space] = log.state.spaces.keys()
  if (space === undefined) throw new Error('every clique has a space')
  const claims = { space, device: device.id, sequence: 1, heads }
  const limit = (author: DeviceId) => limitOf(log.state, space, author, () => false)
  return judgeAuthor(log, { id: bytesToId('record', random(32)), claims }, limit)
}

async function hears(...acts: readonly Act[]): Promise<void> {
  const intake = await receiveItems(
    log,
    acts.map(({ item }) => item),
    [anna.kem],
  )
  expect(intake.refused).toEqual([])
  log = intake.log
}

beforeEach(async () => {
  const founder = await entrant()
  anna = founder.device
  const founded = await createClique({ ...founder, policy, relays: [] })
  invitation = await createInvitation(founded.log, anna, {
    role: 'member',
    uses: 1,
    expiresAt: tomorrow,
    random,
  })
  log = invitation.log
  items = [founded.item, invitation.item]
})

test('[SHO2] who came by a link may write, from the roster on that let them in', async () => {
  const taker = await join(invitation)
  expect(verdict(taker, [taker.operation.id])).toBe('wait')
  await hears(taker)
  expect(verdict(taker, [taker.operation.id])).toBe('member')
  expect(verdict(taker, [invitation.operation.id])).toBe('stranger')
  expect(verdict(taker, [])).toBe('stranger')
})

test('[SHO2] nobody writes who is a reader or out by the roster that is named, nor with a device that is', async () => {
  const reading = await createInvitation(log, anna, { role: 'reader', uses: 1, expiresAt: tomorrow, random })
  log = reading.log
  items.push(reading.item)
  const [reader, taker] = [await join(reading), await join(invitation)]
  await hears(reader, taker)
  expect(verdict(reader, [reader.operation.id])).toBe('stranger')
  expect(verdict(taker, [taker.operation.id])).toBe('member')
  const { device: second } = await entrant()
  const added = await addDevice(log, anna, second, { random })
  log = added.log
  expect(verdict({ device: second }, [added.operation.id])).toBe('member')
  const dropped = await removeDevice(log, anna, second.id, { random })
  log = dropped.log
  expect(verdict({ device: second }, [dropped.operation.id])).toBe('stranger')
})

test('[SHO2] in a space with a smaller audience nobody writes but who is in it', async () => {
  const taker = await join(invitation)
  await hears(taker)
  const made = await createSpace(log, anna, { kind: 'channel', title: 'two', members: [] }, { random })
  log = made.log
  const { id: head } = made.operation
  const [space] = [...log.state.spaces.values()].filter(({ audience }) => audience !== 'everyone')
  if (space === undefined) throw new Error('Anna is alone in one')
  const by = (device: DeviceKeys) =>
    judgeAuthor(
      log,
      {
        id: bytesToId('record', random(32)),
        claims: { space: space.id, device: device.id, sequence: 1, heads: [head] },
      },
      (id) => limitOf(log.state, space.id, id, () => false),
    )
  expect([by(anna), by(taker.device)]).toEqual(['member', 'stranger'])
})

test('[SHO1] a late thief of a used link is not heard, though the thief names a roster that knew no better', async () => {
  const taker = await join(invitation)
  await hears(taker)
  const settled = await rotateEpoch(log, anna, { random })
  log = settled.log
  const thief = await join(invitation)
  await hears(thief)
  expect(verdict(thief, [thief.operation.id])).toBe('wait')
  expect(verdict(taker, [taker.operation.id])).toBe('member')
})

test('[SHO1] who came by a link that was taken back is not heard, and refused where the roster that is named says so', async () => {
  const revoked = await revokeInvitation(log, anna, invitation.invite, { random })
  const taker = await join(invitation)
  log = revoked.log
  await hears(taker)
  expect(verdict(taker, [taker.operation.id])).toBe('wait')
  expect(verdict(taker, [...log.state.heads])).toBe('stranger')
})
