import { beforeEach, expect, test } from 'vitest'
import { concat } from '../bytes.ts'
import { encode } from '../cbor.ts'
import { decodeItem, encodeItem } from '../epochs/control-item.ts'
import type { ControlItem } from '../epochs/control-item.ts'
import { makeEndNotices, openEndNotice, wrappedEndSize } from '../epochs/end-notice.ts'
import type { EndNotice } from '../epochs/end-notice.ts'
import type { Wrap } from '../epochs/rotation.ts'
import { generateKemPair, unwrap, wrap } from '../hpke.ts'
import { bytesToId, idToBytes } from '../ids.ts'
import type { OperationId } from '../ids.ts'
import { labelToBytes } from '../label-bytes.ts'
import { labels } from '../labels.ts'
import { pad } from '../padding.ts'
import { signerFromSeed, signLabelled } from '../signature.ts'
import type { Signer } from '../signature.ts'
import { meet, nextWeek, people } from '../testing/people.ts'
import type { Person } from '../testing/people.ts'
import { actWithRotation } from './act.ts'
import { actorOf, rotateEpoch } from './acts.ts'
import type { DeviceKeys } from './acts.ts'
import { addDevice, countersign, countersignsFor, leaveClique } from './member-acts.ts'
import { removeDevice, removeMember } from './member-acts.ts'
import { findEndNotices, ownEnd } from './own-end.ts'
import type { OwnEnd } from './own-end.ts'
import type { Role } from './roles.ts'
import { receiveItems } from './receive.ts'

let anna: Person
let ben: Person
let carl: Person
let dora: Person

beforeEach(async () => {
  ;({ anna, ben, carl, dora } = await people(72, 'anna', 'ben', 'carl', 'dora'))
  await anna.creates()
})

async function admit(person: Person, role: Role = 'member', by: Person = anna): Promise<void> {
  await person.joins(await by.invites({ role }), by.items)
  await by.receives(...person.items)
}

const remove = (target: Person, countersigns: Parameters<typeof removeMember>[3]['countersigns'] = []) =>
  ((log, me, options) =>
    removeMember(log, me, target.root.id, { ...options, countersigns })) satisfies Parameters<
    Person['does']
  >[0]

async function endOf(person: Person): Promise<OwnEnd | null> {
  return ownEnd(person.log, person.device.id, await findEndNotices(person.log, [person.device.kem]))
}

function noticesOf(item: Uint8Array): readonly Wrap[] {
  return decodeItem(item).handout?.notices ?? []
}

/** The item of a rotation that its reader cannot open, with these notices beside the seal. */
function withNotices(item: Uint8Array, notices: readonly Wrap[]): Uint8Array {
  const whole = decodeItem(item)
  if (whole.handout === null) throw new Error('only a rotation has notices')
  const changed: ControlItem = { ...whole, handout: { ...whole.handout, notices } }
  return encodeItem(changed)
}

test('[ITM6] who is removed is told so by who did it, and gets no key and nothing else', async () => {
  await admit(ben)
  await admit(carl)
  await meet(anna, ben, carl)
  const { keyring, operations } = ben.log
  const { item } = await anna.does(remove(ben))
  expect(noticesOf(item).map(({ wrapped }) => wrapped.length)).toEqual([wrappedEndSize])
  await ben.receives(item)
  expect(await endOf(ben)).toEqual({ kind: 'removed', by: [anna.root.id] })
  expect([ben.log.keyring, ben.log.operations]).toEqual([keyring, operations])
  // It is word for Ben alone.
  await carl.receives(item)
  expect(await endOf(carl)).toBeNull()
  expect(await findEndNotices({ ...carl.log, waiting: [item] }, [carl.device.kem])).toEqual([])
})

test('[ITM6] a rotation that removes nobody has no notice', async () => {
  await admit(ben)
  const { item } = await anna.does(rotateEpoch)
  expect(noticesOf(item)).toEqual([])
})

test('[ITM6] whoever gives an invitation the key of their device is removed all the same', async () => {
  await admit(ben)
  await admit(carl)
  await meet(anna, ben, carl)
  const inviting = signerFromSeed(ben.random(32))
  const body = {
    type: 'invite',
    invite: bytesToId('invite', inviting.publicKey),
    kem: ben.device.kem.publicKey,
    mailboxKey: signerFromSeed(ben.random(32)).publicKey,
    role: 'member',
    uses: 1,
    expiresAt: nextWeek,
    label: '',
  } as const
  const made = await ben.does((log, me, options) => {
    const { header, signers } = actorOf(log, me)
    const actor = { header, signers: [...signers, inviting] }
    return actWithRotation(log, actor, body, (rotation) => ({ ...body, rotation }), options)
  })
  await anna.receives(made.item)
  await carl.receives(made.item)
  const { item } = await anna.does(remove(ben))
  expect(noticesOf(item)).toHaveLength(1)
  expect((await carl.receives(item)).refused).toEqual([])
  await ben.receives(item)
  expect(await endOf(ben)).toEqual({ kind: 'removed', by: [anna.root.id] })
})

test('[ITM7] a device is told of its removal by another of its member, and by the root', async () => {
  await admit(ben)
  const phone = await secondDevice(ben)
  await ben.does((log, me, options) => addDevice(log, me, phone, options))
  const byDevice = await removeDevice(ben.log, ben.device, phone.id, ben)
  const byRoot = await removeDevice(ben.log, ben.root, phone.id, ben)
  for (const { item } of [byDevice, byRoot]) {
    // The phone holds what Ben holds, but for the key that the removal brings.
    const { log } = await receiveItems(ben.log, [item], [phone.kem])
    const notices = await findEndNotices(log, [phone.kem])
    expect(ownEnd(log, phone.id, notices)).toEqual({ kind: 'device-removed' })
    // Ben's other device is not meant.
    expect(ownEnd(log, ben.device.id, notices)).toBeNull()
  }
})

test('[ITM7] a removal that took a majority is believed with the signatures that the device holds', async () => {
  await admit(ben, 'admin')
  await admit(carl, 'admin')
  await admit(dora)
  await meet(anna, ben, carl, dora)
  // Those are counted whom Ben has built on.
  await ben.does(rotateEpoch)
  await meet(anna, ben, carl, dora)
  // Carl is junior to Ben, so he needs Anna.
  const signed = await anna.does((log, me, options) => countersign(log, me, 'remove', ben.root.id, options))
  await carl.receives(signed.item)
  const { item } = await carl.does(remove(ben, countersignsFor(carl.log, 'remove', ben.root.id)))
  await ben.receives(item)
  expect(await endOf(ben)).toBeNull()
  await ben.receives(signed.item)
  const end = await endOf(ben)
  expect(end).toMatchObject({ kind: 'removed' })
  expect(end?.kind === 'removed' ? new Set(end.by) : null).toEqual(new Set([anna.root.id, carl.root.id]))
})

test('[ITM7] what a device was told ends where it holds the operation after all', async () => {
  await admit(ben)
  const { item, log } = await anna.does(remove(ben))
  await ben.receives(item)
  const notices = await findEndNotices(ben.log, [ben.device.kem])
  expect(ownEnd(ben.log, ben.device.id, notices)).not.toBeNull()
  const told = { ...ben.log, state: { ...ben.log.state, epochs: log.state.epochs } }
  expect(ownEnd(told, ben.device.id, notices)).toBeNull()
})

test('[ITM7] who leaves and whose key is in two places knows it from the roster', async () => {
  await admit(ben)
  await admit(carl)
  await meet(anna, ben, carl)
  const before = carl.log
  await ben.does((log, me, options) => leaveClique(log, me, options))
  expect(await endOf(ben)).toEqual({ kind: 'left' })
  const one = await carl.does(rotateEpoch)
  carl.rewind(before)
  const other = await carl.does(rotateEpoch)
  await anna.receives(one.item, other.item)
  expect(ownEnd(anna.log, carl.device.id, [])).toEqual({ kind: 'forked' })
})

/** Everything about a notice that can be untrue while it is signed and wrapped as it should be. */
const untrue: readonly (readonly [string, () => Partial<EndNotice>, () => Signer])[] = [
  ['of a member who may not remove', () => by(carl), () => carl.device.signer],
  ['of somebody who is out', () => by(dora), () => dora.device.signer],
  [
    'of a stranger',
    () => ({ author: { kind: 'device', id: stranger().id }, sequence: 1 }),
    () => stranger().signer,
  ],
  ['of the device itself', () => by(ben), () => ben.device.signer],
  [
    'of a root that is not asked about members',
    () => ({ author: { kind: 'root', id: anna.root.id }, sequence: null }),
    () => signerFromSeed(anna.root.seed),
  ],
  ['signed by another than it names', () => by(anna), () => carl.device.signer],
  ['about somebody else', () => ({ ended: { kind: 'member', id: carl.root.id } }), () => anna.device.signer],
  [
    "about a device, by somebody whose it isn't",
    () => ({ ended: { kind: 'device', id: ben.device.id } }),
    () => anna.device.signer,
  ],
  [
    'about a device, by that device',
    () => ({ ended: { kind: 'device', id: ben.device.id }, ...by(ben) }),
    () => ben.device.signer,
  ],
  [
    'about a device, by the root of somebody else',
    () => ({
      ended: { kind: 'device', id: ben.device.id },
      author: { kind: 'root', id: anna.root.id },
      sequence: null,
    }),
    () => signerFromSeed(anna.root.seed),
  ],
  [
    'of another clique',
    () => ({ clique: bytesToId('clique', new Uint8Array(32)) }),
    () => anna.device.signer,
  ],
  ['under a number that its author used', () => ({ sequence: nextOf(anna) - 1 }), () => anna.device.signer],
  ['under a number to come', () => ({ sequence: nextOf(anna) + 1 }), () => anna.device.signer],
  [
    'under the last number that there is',
    () => ({ sequence: Number.MAX_SAFE_INTEGER }),
    () => anna.device.signer,
  ],
  ['of a device, without a number', () => ({ sequence: null }), () => anna.device.signer],
  [
    'of a root, with a number',
    () => ({
      ended: { kind: 'device', id: ben.device.id },
      author: { kind: 'root', id: ben.root.id },
      sequence: 1,
    }),
    () => signerFromSeed(ben.root.seed),
  ],
]

async function secondDevice(person: Person): Promise<DeviceKeys> {
  const signer = signerFromSeed(person.random(32))
  const id = bytesToId('device', signer.publicKey)
  return { id, signer, kem: await generateKemPair(person.random), peer: `12D3KooW${person.name}2` }
}

function stranger(): DeviceKeys {
  const signer = signerFromSeed(new Uint8Array(32).fill(9))
  return { ...anna.device, id: bytesToId('device', signer.publicKey), signer }
}

/** The number of somebody's next operation, by what Ben knows. */
function nextOf(person: Person): number {
  return (ben.log.state.tips.get(person.device.id)?.sequence ?? 0) + 1
}

function by(person: Person): Pick<EndNotice, 'author' | 'sequence'> {
  return { author: { kind: 'device', id: person.device.id }, sequence: nextOf(person) }
}

/** Ben is told that Anna removed him, and nobody else hears of it. */
async function isLiedTo(): Promise<readonly EndNotice[]> {
  for (const person of [ben, carl]) await admit(person)
  await meet(anna, ben, carl)
  const before = anna.log
  const { item } = await anna.does(remove(ben))
  anna.rewind(before)
  anna.items.splice(anna.items.indexOf(item), 1)
  await ben.receives(item)
  expect(await endOf(ben)).toEqual({ kind: 'removed', by: [anna.root.id] })
  return findEndNotices(ben.log, [ben.device.kem])
}

test('[ITM7] a lie ends with the next operation of whoever told it', async () => {
  await isLiedTo()
  await carl.does(rotateEpoch)
  await meet(anna, ben, carl)
  expect(await endOf(ben)).toEqual({ kind: 'removed', by: [anna.root.id] })
  await anna.does(rotateEpoch)
  await meet(anna, ben)
  expect(await endOf(ben)).toBeNull()
})

test('[ITM7] a lie ends with an epoch for the device that somebody else began late enough to have heard', async () => {
  const notices = await isLiedTo()
  const { operation: own } = await ben.does(rotateEpoch)
  const { operation } = await carl.does(rotateEpoch)
  await meet(ben, carl)
  const late = (isLate: (id: OperationId) => boolean) => ownEnd(ben.log, ben.device.id, notices, isLate)
  const end = { kind: 'removed', by: [anna.root.id] }
  expect(late((id) => id !== operation.id && ben.log.graph.get(id)?.member !== carl.root.id)).toEqual(end)
  expect(late((id) => id === own.id)).toEqual(end)
  expect(late((id) => id === operation.id)).toBeNull()
})

test('[ITM7] a notice waits for what its author did before, and is believed then', async () => {
  for (const person of [ben, carl]) await admit(person)
  await meet(anna, ben, carl)
  const { item: earlier } = await anna.does(rotateEpoch)
  const { item } = await anna.does(remove(ben))
  await ben.receives(item)
  expect(await endOf(ben)).toBeNull()
  await ben.receives(earlier)
  expect(await endOf(ben)).toEqual({ kind: 'removed', by: [anna.root.id] })
})

test.each(untrue)('[ITM7] a notice %s is passed over', async (_, change, signer) => {
  // Dora is above Ben until she is out.
  await admit(dora, 'admin')
  await admit(ben)
  await admit(carl)
  await meet(anna, ben, carl, dora)
  await ben.receives((await anna.does(remove(dora))).item)
  // An item that Ben cannot open, which a true notice to him could come with.
  const { item, log } = await anna.does(remove(ben))
  const place = decodeItem(item).handout?.epoch
  if (place === undefined) throw new Error('a removal begins an epoch')
  const said: EndNotice = {
    clique: log.clique,
    epoch: place,
    ended: { kind: 'member', id: ben.root.id },
    ...by(anna),
  }
  const forged = { ...said, ...change() }
  const [notice] = await makeEndNotices(forged, signer(), [{ kem: ben.device.kem.publicKey }])
  const [good] = await makeEndNotices(said, anna.device.signer, [{ kem: ben.device.kem.publicKey }])
  if (notice === undefined || good === undefined) throw new Error('one for each device')
  await ben.receives(withNotices(item, [{ tag: good.tag, wrapped: notice.wrapped }]))
  expect(await endOf(ben)).toBeNull()
  // The same with the truth in it is believed.
  await ben.receives(withNotices(item, [good]))
  expect(await endOf(ben)).toEqual({ kind: 'removed', by: [anna.root.id] })
})

test('[ITM7] a notice that was damaged, or is no notice, is passed over', async () => {
  await admit(ben)
  const { item } = await anna.does(remove(ben))
  const [notice] = noticesOf(item)
  if (notice === undefined) throw new Error('Ben has one device')
  const wrapped = notice.wrapped.slice()
  wrapped[40] = (wrapped[40] ?? 0) ^ 1
  await ben.receives(withNotices(item, [{ ...notice, wrapped }]))
  expect(await endOf(ben)).toBeNull()
  const short = withNotices(item, [{ ...notice, wrapped: notice.wrapped.slice(1) }])
  expect((await ben.receives(short)).refused).toMatchObject([{ code: 'item-format' }])
})

test('[ITM7] word about one epoch, wrapped anew beside another, is passed over', async () => {
  await admit(ben)
  const before = anna.log
  const first = await anna.does(remove(ben))
  anna.rewind(before)
  const second = await anna.does(remove(ben))
  const [old, own] = [noticesOf(first.item)[0], noticesOf(second.item)[0]]
  if (old === undefined || own === undefined) throw new Error('Ben has one device')
  const { publicKey, privateKey } = ben.device.kem
  const word = await unwrap(privateKey, infoOf(first.item), old.wrapped)
  const wrapped = await wrap(publicKey, infoOf(second.item), word)
  await ben.receives(withNotices(second.item, [{ ...own, wrapped }]))
  expect(await endOf(ben)).toBeNull()
  await ben.receives(second.item)
  expect(await endOf(ben)).not.toBeNull()
})

test('[ITM7] word of another version is passed over, whoever signed it', async () => {
  await admit(ben)
  const { item, log } = await anna.does(remove(ben))
  const [own] = noticesOf(item)
  const epoch = decodeItem(item).handout?.epoch
  if (own === undefined || epoch === undefined) throw new Error('Ben has one device')
  const says = async (version: number): Promise<OwnEnd | null> => {
    const [ended, author] = [idToBytes(ben.root.id), idToBytes(anna.device.id)]
    const said = [idToBytes(log.clique), idToBytes(epoch), [0, ended], [0, author], nextOf(anna)]
    const signed = encode([version, ...said])
    const signature = await signLabelled(anna.device.signer, labels.endStatement, signed)
    const word = pad(encode([signed, signature]))
    const wrapped = await wrap(ben.device.kem.publicKey, infoOf(item), word)
    const notices = await openEndNotice(log.clique, epoch, [{ ...own, wrapped }], [ben.device.kem])
    return ownEnd(ben.log, ben.device.id, notices === null ? [] : [notices])
  }
  expect(await says(2)).toBeNull()
  expect(await says(1)).toEqual({ kind: 'removed', by: [anna.root.id] })
})

function infoOf(item: Uint8Array): Uint8Array {
  const epoch = decodeItem(item).handout?.epoch
  if (epoch === undefined) throw new Error('a removal begins an epoch')
  return concat(labelToBytes(labels.endNotice), idToBytes(epoch))
}
