import { expect, test } from 'vitest'
import { compareBytes, equal, toHex, utf8ToBytes } from '../bytes.ts'
import { decode, encode, readArray, readList } from '../cbor.ts'
import { CliqueError } from '../errors.ts'
import { bytesToId } from '../ids.ts'
import type { KeyId } from '../ids.ts'
import { deriveControlKeyId } from '../key-schedule.ts'
import { systemRandom } from '../platform.ts'
import { complain, revokeInvitation, rewrap, rotateEpoch, setPolicy, setRelays } from '../roster/acts.ts'
import type { Act } from '../roster/act.ts'
import { leaveClique, removeMember, setRole } from '../roster/member-acts.ts'
import { restoreLog } from '../roster/receive.ts'
import type { RosterState } from '../roster/state.ts'
import { expectDamageRefused } from '../testing/damage.ts'
import { signerFromSeed } from '../signature.ts'
import { flipByte } from '../testing/flip.ts'
import { encodeEnvelope } from '../roster/operation-codec.ts'
import type { Operation } from '../roster/operation.ts'
import { forge, forgeRewrap, forgeRotation, verdictOfItem } from '../testing/forge.ts'
import { meet, nextWeek, people, today } from '../testing/people.ts'
import type { Person } from '../testing/people.ts'
import { decodeItem, encodeItem, lacksWraps, maxItemSize, sealEnvelope } from './control-item.ts'
import type { Handout } from './control-item.ts'
import { decodeKeyring, encodeKeyring } from './keyring.ts'
import { entitledRecipients, hashRecipientKey, wrapTag } from './recipients.ts'
import { makeRotation } from './rotate.ts'
import type { ArchiveId } from './rotation.ts'
import { sealedContentSize } from './rotation-codec.ts'
import { rotationDue } from './rotation-due.ts'
import {
  capability,
  contentMailboxes,
  controlMailbox,
  findSafeEpochs,
  gateKeys,
  safeEpoch,
  sendingKey,
  spaceKeys,
} from './sending.ts'
import { wrappedSecretSize } from './wraps.ts'

const aSeed = new Uint8Array(32)
const aRecord = bytesToId('record', new Uint8Array(32))

async function two(
  seed: number,
  history: 'full' | 'since-join' = 'full',
): Promise<{ anna: Person; ben: Person }> {
  const { anna, ben } = await people(seed, 'anna', 'ben')
  await anna.creates({ history })
  await ben.joins(await anna.invites(), anna.items)
  await meet(anna, ben)
  return { anna, ben }
}

/** The state with somebody's place taken by somebody else's keys. */
function withOpenInvitation(state: RosterState, kem: Uint8Array): RosterState {
  const [invitation] = state.invitations.values()
  if (invitation === undefined) throw new Error('there was an invitation')
  const open = { ...invitation, kem, status: 'open' } as const
  return { ...state, invitations: new Map([[open.id, open]]) }
}

function withoutMembers(state: RosterState, ...gone: readonly Person[]): RosterState {
  const members = new Map(state.members)
  for (const person of gone) members.delete(person.root.id)
  return { ...state, members }
}

test('[EPO3] a rotation that leaves somebody out is refused', async () => {
  const { anna, ben } = await two(10)
  const after = withoutMembers(anna.log.state, ben)
  expect(await verdictOfItem(ben, await forgeRotation(anna, () => ({}), { after }))).toBe('waiting')
  const { eva } = await people(11, 'eva')
  await eva.joins(await anna.invites(), anna.items)
  await meet(anna, eva)
  const short = withoutMembers(anna.log.state, ben)
  expect(await verdictOfItem(eva, await forgeRotation(anna, () => ({}), { after: short }))).toBe(
    'rotation-recipients',
  )
})

test('[EPO3] a rotation to one more than there are is refused: a relay, a stranger, anybody', async () => {
  const { anna, ben } = await two(12)
  const { relay } = await people(13, 'relay')
  const after = withOpenInvitation(anna.log.state, relay.device.kem.publicKey)
  const item = await forgeRotation(anna, () => ({}), { after })
  expect(await verdictOfItem(ben, item)).toBe('rotation-recipients')
})

test('[EPO3] wraps to others than the roster says are dropped, and the epoch is named', async () => {
  const { anna, ben } = await two(14)
  const { relay } = await people(15, 'relay')
  const after = withOpenInvitation(anna.log.state, relay.device.kem.publicKey)
  const honest = await forgeRotation(anna, () => ({}))
  const { handout } = decodeItem(honest)
  const item = await forgeRotation(
    anna,
    ({ recipientCount }) => ({ recipientCount: recipientCount - 1, recipientsHash: honestHash(anna) }),
    { after },
  )
  const { accepted, wrongWraps } = await ben.receives(item)
  expect(handout?.wraps).toHaveLength(4)
  expect(accepted).toHaveLength(1)
  expect(wrongWraps).toHaveLength(1)
  expect(decodeItem(accepted[0]?.item ?? item).handout?.wraps).toBeNull()
})

function honestHash(person: Person): Uint8Array {
  return entitledRecipients(person.log.state).hash
}

test('[EPO4] a rotation by somebody who is not in is refused', async () => {
  const { anna, ben } = await two(16)
  const { eva } = await people(17, 'eva')
  const before = anna.log
  const invitation = await anna.invites()
  await eva.joins(invitation, anna.items)
  await ben.receives(...anna.items)
  await ben.receives(...eva.items)
  const late = await forgeRotation(eva, () => ({}))
  // For Anna there is no Eva: she took the invitation back before she heard of the join.
  const revoked = await anna.does((log, me, options) => revokeInvitation(log, me, invitation.invite, options))
  await ben.receives(revoked.item)
  expect(ben.log.state.members.get(eva.root.id)?.status).toBe('out')
  expect(before.state.members.has(eva.root.id)).toBe(false)
  expect(await verdictOfItem(ben, late)).toBe('accepted')
  const holders = [...ben.log.state.epochs.values()].filter((epoch) => epoch.counts)
  expect(holders.every((epoch) => !epoch.holders.has(`device:${eva.device.id}`))).toBe(true)
})

test('[EPO5] parents, capability, cuts, space, state and archive of a rotation are checked', async () => {
  const { anna, ben } = await two(18)
  const wrong: [Parameters<typeof forgeRotation>[1], string][] = [
    [() => ({ parents: [] }), 'rotation-parents'],
    [
      ({ parents }) => ({ parents: parents.map((link) => ({ ...link, controlKey: new Uint8Array(32) })) }),
      'rotation-parents',
    ],
    [
      ({ capability }) => ({ capability: { generation: capability?.generation ?? 0, seed: aSeed } }),
      'rotation-capability',
    ],
    [() => ({ capability: { generation: 1_000_000, seed: aSeed } }), 'rotation-capability'],
    [() => ({ capability: null }), 'operation-format'],
    [() => ({ stateHash: new Uint8Array(32) }), 'rotation-state'],
    [() => ({ space: ben.conversation }), 'operation-format'],
    [
      () => ({
        cuts: [{ device: ben.device.id, space: ben.conversation, sequence: 1, record: aRecord }],
      }),
      'rotation-cuts',
    ],
    [
      ({ archive }) => ({ archive: { ...archive, entries: [...archive.entries, ...archive.entries] } }),
      'rotation-archive',
    ],
  ]
  for (const [change, code] of wrong) {
    expect(await verdictOfItem(ben, await forgeRotation(anna, change)), code).toBe(code)
  }
})

test('[EPO5] a member does not renew the capability, an owner does', async () => {
  const { anna, ben } = await two(19)
  const generation = capability(anna.log).generation
  await expect(
    ben.does((log, me, options) => rotateEpoch(log, me, { ...options, renewCapability: true })),
  ).rejects.toThrow('rotation-capability')
  await anna.does((log, me, options) => rotateEpoch(log, me, { ...options, renewCapability: true }))
  await meet(anna, ben)
  expect(capability(ben.log).generation).toBe(generation + 1)
  expect(capability(ben.log)).toEqual(capability(anna.log))
})

test('[EPO2] a wrap that does not open to the epoch id is reported, complained of and mended', async () => {
  const { anna, ben } = await two(20)
  const { item } = await anna.does(rotateEpoch)
  const { handout, ...rest } = decodeItem(item)
  if (handout?.wraps == null) throw new Error('a rotation has wraps')
  const wraps = handout.wraps.map((wrap) => ({ ...wrap, wrapped: flipByte(wrap.wrapped, 1100) }))
  const damaged = encodeItem({ ...rest, handout: { ...handout, wraps } })
  const intake = await ben.receives(damaged)
  expect(intake.accepted).toEqual([])
  expect(intake.badWraps).toEqual([handout.epoch])

  const complaint = await ben.does((log, me, options) => complain(log, me, handout.epoch, options))
  await expect(ben.does((log, me, options) => complain(log, me, handout.epoch, options))).rejects.toThrow(
    'complaint-repeated',
  )
  await anna.receives(complaint.item)
  const answer = await anna.does((log, me, options) => rewrap(log, me, complaint.operation.id, options))
  const mended = await ben.receives(answer.item)
  expect(mended.badWraps).toEqual([])
  expect(ben.log.state.hash).toBe(anna.log.state.hash)
  expect(sendingKey(ben.log, ben.conversation)).toEqual(sendingKey(anna.log, anna.conversation))
  await expect(
    anna.does((log, me, options) => rewrap(log, me, complaint.operation.id, options)),
  ).rejects.toThrow('complaint-repeated')
})

test('[EPO2] a device may complain again after two answers, and nobody answers it twice about one epoch', async () => {
  const { anna, ben, carl, dora } = await people(27, 'anna', 'ben', 'carl', 'dora')
  await anna.creates()
  for (const other of [ben, carl, dora]) {
    await other.joins(await anna.invites(), anna.items)
    await meet(anna, other)
  }
  await anna.does(rotateEpoch)
  await meet(anna, ben, carl, dora)
  const [epoch] = ben.log.state.epochHeads
  if (epoch === undefined) throw new Error('there is an epoch')
  const complains = () => ben.does((log, me, options) => complain(log, me, epoch, options))
  const first = await complains()
  await meet(anna, ben, carl, dora)
  const answers = (person: Person, to: Act) =>
    person.does((log, me, options) => rewrap(log, me, to.operation.id, options))
  await answers(anna, first)
  await meet(anna, ben)
  await expect(complains()).rejects.toMatchObject({ code: 'complaint-repeated' })
  await answers(carl, first)
  await meet(anna, ben, carl, dora)
  const second = await complains()
  await meet(anna, ben, carl, dora)
  await expect(answers(anna, second)).rejects.toMatchObject({ code: 'complaint-repeated' })
  await answers(dora, second)
  await meet(anna, ben)
  await expect(complains()).rejects.toMatchObject({ code: 'complaint-repeated' })
})

test('[ITM2] a whole copy of what came without its wraps is named, whichever of them is first', async () => {
  const { anna, ben } = await two(24)
  const { item, operation } = await anna.does(rotateEpoch)
  const { handout, ...rest } = decodeItem(item)
  if (handout?.wraps == null) throw new Error('a rotation has wraps')
  const pruned = encodeItem({ ...rest, handout: { ...handout, wraps: null } })
  const changed = handout.wraps.map((wrap) => ({ ...wrap, wrapped: flipByte(wrap.wrapped, 1100) }))
  const damaged = encodeItem({ ...rest, handout: { ...handout, wraps: changed } })
  expect([item, pruned].map(lacksWraps)).toEqual([false, true])

  // The next rotation leads back to this one, so its operation opens without its wraps.
  const next = await anna.does(rotateEpoch)
  const first = await ben.receives(next.item, pruned)
  expect(first.accepted.map((one) => lacksWraps(one.item))).toEqual([true, false])
  expect(first.copies).toEqual([])
  expect(first.badWraps).toEqual([])
  expect((await ben.receives(damaged)).copies).toEqual([])
  expect((await ben.receives(item)).copies).toEqual([{ item, operation: operation.id }])
  expect(ben.log.keyring.epochs.get(handout.epoch)?.secret).toEqual(
    anna.log.keyring.epochs.get(handout.epoch)?.secret,
  )

  const later = await people(25, 'eva')
  await later.eva.joins(await anna.invites(), anna.items)
  await meet(anna, later.eva)
  const third = await anna.does(rotateEpoch)
  const parts = decodeItem(third.item)
  if (parts.handout === null) throw new Error('a rotation hands out')
  const cut = encodeItem({ ...parts, handout: { ...parts.handout, wraps: null } })
  const fourth = await anna.does(rotateEpoch)
  const both = await later.eva.receives(fourth.item, cut, third.item)
  expect(both.accepted).toHaveLength(2)
  expect(both.copies).toEqual([{ item: third.item, operation: third.operation.id }])
  expect(both.badWraps).toEqual([])
})

test('[ITM1] a rotation for the largest clique fits an item; one that no relay would take is not made', () => {
  const sized = (count: number): (() => Uint8Array) => {
    const wraps = Array.from({ length: count }, (_, i) => {
      const tag = new Uint8Array(16)
      new DataView(tag.buffer).setUint32(0, i)
      return { tag, wrapped: new Uint8Array(wrappedSecretSize) }
    })
    const handout = {
      epoch: bytesToId('epoch', new Uint8Array(32)),
      terms: new Uint8Array(32),
      wrapsRoot: new Uint8Array(32),
      wraps,
      notices: [],
    }
    const keyId = bytesToId('key', new Uint8Array(16))
    // The largest envelope that a rotation is likely to have: an archive with all its entries.
    return () => encodeItem({ keyId, handout, sealed: new Uint8Array(32 * 1024) })
  }
  const devicesAndRecovery = 450 + 150
  const largest = sized(devicesAndRecovery + 150)()
  expect(decodeItem(largest).handout?.wraps).toHaveLength(750)
  expect(sized(900)().length).toBeLessThanOrEqual(maxItemSize)
  expect(sized(1000)).toThrow('item-size')
  expect(() => decodeItem(new Uint8Array(maxItemSize + 1))).toThrow('item-size')
})

test('[EPO6] nothing that somebody says about depth or generation makes others send under it', async () => {
  const { anna, ben } = await two(21)
  // Eva takes an old link long after; deep as she may dig, her epochs have her among the holders.
  const { eva } = await people(22, 'eva')
  const invitation = await anna.invites()
  const old = [...anna.items]
  const { kim } = await people(23, 'kim')
  await kim.joins(invitation, anna.items)
  await meet(anna, ben, kim)
  await anna.does(rotateEpoch)
  await eva.joins(invitation, old)
  for (let i = 0; i < 5; i++) await eva.does(rotateEpoch)
  await meet(anna, ben, kim)
  await ben.receives(...eva.items)
  expect(ben.log.state.members.get(eva.root.id)?.status).toBe('quarantined')
  expect(ben.log.state.members.get(kim.root.id)?.status).toBe('in')
  // Somebody more senior may know of her and not of Kim, and hand her what was begun before she was heard of.
  expect(safeEpoch(ben.log)).toBe(null)
  await ben.does(rotateEpoch)
  const epoch = safeEpoch(ben.log)
  expect(epoch === null ? undefined : ben.log.state.epochs.get(epoch)?.holders).not.toContain(
    `device:${eva.device.id}`,
  )
  await anna.receives(...ben.items)
  expect(safeEpoch(anna.log)).toBe(epoch)
  await eva.receives(...ben.items)
  expect(epoch === null ? undefined : eva.log.keyring.epochs.get(epoch)).toBeUndefined()
})

test('[EPO7] under full history a newcomer reads from the first day', async () => {
  const { anna, ben } = await two(24)
  for (let i = 0; i < 3; i++) await anna.does(rotateEpoch)
  await meet(anna, ben)
  await ben.does(rotateEpoch)
  await meet(anna, ben)
  const invitation = await anna.invites()
  await anna.does((log, me, options) => revokeInvitation(log, me, invitation.invite, options))
  const { eva } = await people(25, 'eva')
  await eva.joins(await anna.invites(), anna.items)
  await anna.receives(...eva.items)
  expect(spaceKeys(eva.log, eva.conversation)).toEqual(spaceKeys(anna.log, anna.conversation))
})

test('[EPO7] under since-join a newcomer has no key from before the invitation, by whatever way', async () => {
  const { anna, ben } = await two(26, 'since-join')
  await anna.does(rotateEpoch)
  await ben.receives(...anna.items)
  const before = spaceKeys(ben.log, ben.conversation)
  expect(before.size).toBe(3)
  const { eva } = await people(27, 'eva')
  await eva.joins(await anna.invites(), anna.items)
  await anna.receives(...eva.items)
  await anna.does(rotateEpoch)
  await eva.receives(...anna.items)
  await ben.receives(...anna.items, ...eva.items)
  expect(eva.log.state.hash).toBe(anna.log.state.hash)
  const known = spaceKeys(eva.log, eva.conversation)
  for (const id of before.keys()) expect(known.has(id)).toBe(false)
  for (const id of before.keys()) expect(spaceKeys(ben.log, ben.conversation).has(id)).toBe(true)
  expect(known.size).toBe(3)
})

test('[EPO7] an archive key that somebody holds who is out is not used again', async () => {
  const { anna } = await two(28)
  const { carl } = await people(128, 'carl')
  const invitation = await anna.invites()
  const shared = archiveOf(anna)
  await anna.does(rotateEpoch)
  expect(archiveOf(anna)).toBe(shared)
  await anna.does((log, me, options) => revokeInvitation(log, me, invitation.invite, options))
  const renewed = archiveOf(anna)
  expect(renewed).not.toBe(shared)
  // Nor one that the link of an invitation has which is used up.
  await carl.joins(await anna.invites(), anna.items)
  expect(archiveOf(carl)).not.toBe(renewed)
})

test('[EPO7] keeping an archive key after a revocation is refused', async () => {
  const { anna, ben } = await two(29)
  const invitation = await anna.invites()
  await ben.receives(...anna.items)
  const id = archiveOf(anna)
  const { invite } = invitation
  const state = anna.log.state
  const ended = state.invitations.get(invite)
  if (ended === undefined) throw new Error('there is an invitation')
  const after = {
    ...state,
    invitations: new Map(state.invitations).set(invite, { ...ended, status: 'revoked' as const }),
  }
  const item = await forgeRotation(anna, ({ archive }) => ({ archive: { ...archive, id, entries: [] } }), {
    after,
    body: (rotation) => ({ type: 'revoke-invite', invite, rotation }),
  })
  expect(await verdictOfItem(ben, item)).toBe('rotation-archive')
})

function archiveOf(person: Person): ArchiveId {
  const epoch = safeEpoch(person.log)
  const info = epoch === null ? undefined : person.log.state.epochs.get(epoch)
  if (info === undefined) throw new Error('there is a safe epoch')
  return info.archive
}

test('[EPO8] a recovery key opens every epoch while everybody sleeps', async () => {
  const { anna, ben } = await two(30, 'since-join')
  await anna.does(rotateEpoch)
  await meet(anna, ben)
  const restored = await restoreLog(anna.log.clique, anna.items, [ben.recoveryPair])
  expect(restored.log.state.hash).toBe(ben.log.state.hash)
  expect(spaceKeys(restored.log, ben.conversation).size).toBeGreaterThanOrEqual(2)
  expect(sendingKey(restored.log, ben.conversation)).toEqual(sendingKey(ben.log, ben.conversation))
})

test('[EPO1] every device finds the same mailboxes, gates and rooms', async () => {
  const { anna, ben } = await two(31)
  expect(contentMailboxes(ben.log, ben.conversation)).toEqual(contentMailboxes(anna.log, anna.conversation))
  expect(contentMailboxes(ben.log, ben.conversation).filter(({ current }) => current)).toHaveLength(1)
  expect(controlMailbox(ben.log)).toEqual(controlMailbox(anna.log))
  const [newest] = gateKeys(anna.log)
  expect(gateKeys(ben.log)[0]).toEqual(newest)
})

test('[EPO9] rotation is due by age, by records, after a join, and in turn', async () => {
  const { anna, ben } = await two(32)
  const fresh = { now: today, recordsSinceRotation: 0, epochStartedAt: today }
  expect(rotationDue(anna.log, anna.device.id, fresh)).toEqual({
    cause: 'settle-join',
    waitMs: 0,
    space: null,
  })
  expect(rotationDue(ben.log, ben.device.id, fresh)).toBeNull()
  await anna.does(rotateEpoch)
  await meet(anna, ben)
  expect(rotationDue(anna.log, anna.device.id, fresh)).toBeNull()
  expect(rotationDue(ben.log, ben.device.id, { ...fresh, now: nextWeek })).toEqual({
    cause: 'age',
    waitMs: 60_000,
    space: null,
  })
  expect(rotationDue(anna.log, anna.device.id, { ...fresh, recordsSinceRotation: 5000 })).toEqual({
    cause: 'records',
    waitMs: 0,
    space: null,
  })
})

test('[EPO10] a keyring comes back as it was, and a damaged one not at all', async () => {
  const { anna, ben } = await two(33)
  await anna.does(rotateEpoch)
  await ben.receives(...anna.items)
  const bytes = encodeKeyring(ben.log.keyring)
  expect(decodeKeyring(bytes)).toEqual(ben.log.keyring)
  const restored = await restoreLog(ben.log.clique, ben.items, [], decodeKeyring(bytes))
  expect(restored.log.state.hash).toBe(ben.log.state.hash)
  expect(sendingKey(restored.log, ben.conversation)).toEqual(sendingKey(ben.log, ben.conversation))
  expect(() => decodeKeyring(bytes.slice(0, -1))).toThrow('keyring-format')
  const [version, epochs, archives] = readArray(decode(bytes), 3)
  if (version === undefined || epochs === undefined || archives === undefined) throw new Error('three parts')
  expect(() => decodeKeyring(encode([2, epochs, archives]))).toThrow('keyring-format')
  // A secret that is not the epoch's.
  const held = readList(epochs, 10, (epoch) => [...readArray(epoch)])
  const wrong = held.map(([id = null, secret = null, ...keys], at) => [
    id,
    at === 0 ? ben.random(32) : secret,
    ...keys,
  ])
  expect(() => decodeKeyring(encode([version, held, archives]))).not.toThrow()
  expect(() => decodeKeyring(encode([version, wrong, archives]))).toThrow('keyring-format')
})

test('[ITM1] what travels shows no name, no author and no type', async () => {
  const { anna, ben } = await two(36)
  const act = await anna.does((log, me, options) => setPolicy(log, me, anna.log.state.policy, options))
  const { handout, keyId } = decodeItem(act.item)
  expect(handout).toBeNull()
  expect(ben.log.keyring.controlKeys.has(keyId)).toBe(true)
  const other = await anna.does((log, me, options) => setRelays(log, me, [], options))
  expect(decodeItem(other.item).sealed.length).toBe(decodeItem(act.item).sealed.length)
  const secrets = ['anna', 'ben', 'Garden', anna.device.peer].map((text) => toHex(utf8ToBytes(text)))
  const ids = [anna.device.id, anna.root.id, anna.log.clique, ben.device.id]
  for (const item of anna.items) {
    for (const secret of [...secrets, ...ids]) expect(toHex(item)).not.toContain(secret)
  }
})

test('[ITM2] an item with one byte changed never counts', async () => {
  const { anna, ben } = await two(34)
  const { item } = await anna.does((log, me, options) =>
    setPolicy(log, me, { name: 'Orchard', accent: 'plum', history: 'full' }, options),
  )
  const before = ben.log
  await expectDamageRefused(item, async (bytes) => {
    ben.rewind(before)
    const { accepted, refused, log } = await ben.receives(bytes)
    if (accepted.length > 0) return
    ben.rewind(before)
    if (refused[0] === undefined) expect(log.waiting).toHaveLength(1)
    throw new CliqueError(refused[0]?.code ?? 'item-open')
  })
})

test('[ITM3] what waits is bounded', async () => {
  const { anna, ben } = await two(35)
  const noise = Array.from({ length: 1100 }, () =>
    encodeItem({ keyId: bytesToId('key', systemRandom(16)), handout: null, sealed: systemRandom(300) }),
  )
  const { log, refused } = await ben.receives(...noise)
  expect(log.waiting).toHaveLength(1024)
  expect(refused.every(({ code }) => code === 'waiting-full')).toBe(true)
  expect(log.state.hash).toBe(anna.log.state.hash)
})

test('[ITM3] what waits is bounded in bytes, too', async () => {
  const { anna } = await two(41)
  const items = Array.from({ length: 18 }, (_, i) => {
    const keyId = bytesToId('key', new Uint8Array(16).fill(i + 1))
    return encodeItem({ keyId, handout: null, sealed: new Uint8Array(1_000_000) })
  })
  const { log, refused } = await anna.receives(...items)
  expect(log.waiting).toHaveLength(16)
  expect(refused.map(({ item, code }) => [items.indexOf(item), code])).toEqual([
    [0, 'waiting-full'],
    [1, 'waiting-full'],
  ])
})

test('[ITM2] an item is refused whose clear part is not that of what is signed in it', async () => {
  const { anna, ben } = await two(42)
  const old = safeEpoch(anna.log)
  const oldKey = old === null ? undefined : anna.log.keyring.epochs.get(old)?.controlKey
  if (old === null || oldKey == null) throw new Error('there is a safe epoch')
  const plain = await forge(anna, { type: 'set-relays', relays: [] })
  const { log, random } = anna
  const made = await makeRotation({
    past: log.state,
    after: log.state,
    graph: log.graph,
    keyring: log.keyring,
    renewCapability: false,
    random,
  })
  const signers = [anna.device.signer, signerFromSeed(made.keys.signingSeed)]
  const rotation = await forge(anna, { type: 'rotate-epoch', space: null, rotation: made.part }, {}, signers)
  const own = deriveControlKeyId(made.part.epoch)
  const { controlKey } = made.keys
  const handout: Handout = {
    epoch: made.part.epoch,
    terms: made.part.commitments.terms,
    wrapsRoot: made.part.wrapsRoot,
    wraps: made.wraps,
    notices: [],
  }
  const seal = (operation: Operation, keyId: KeyId, key: Uint8Array, clear: Handout | null) =>
    encodeItem(sealEnvelope({ keyId, handout: clear }, key, encodeEnvelope(operation), random))
  // The wraps of the new epoch are sent along, so that Ben opens what is sealed under its key.
  const opener = seal(plain, deriveControlKeyId(old), oldKey, handout)
  const wrong = [
    opener,
    seal(rotation, own, controlKey, { ...handout, epoch: old }),
    seal(rotation, own, controlKey, { ...handout, terms: random(32) }),
    seal(rotation, own, controlKey, { ...handout, wrapsRoot: random(32) }),
    seal(rotation, own, controlKey, null),
    seal(rotation, deriveControlKeyId(old), oldKey, handout),
  ]
  const { accepted, refused } = await ben.receives(...wrong)
  expect(accepted).toEqual([])
  expect(refused.map(({ item, code }) => [wrong.indexOf(item), code]).toSorted()).toEqual(
    wrong.map((_, i) => [i, 'item-format']),
  )
  const whole = seal(rotation, own, controlKey, handout)
  const { handout: clear, ...rest } = decodeItem(whole)
  if (clear === null) throw new Error('a rotation hands out')
  // The seal is bound to what stands in the clear before the wraps.
  const moved = encodeItem({ ...rest, handout: { ...clear, wrapsRoot: random(32) } })
  expect((await ben.receives(moved)).refused.map(({ code }) => code)).toEqual(['item-open'])
  expect((await ben.receives(whole)).accepted).toHaveLength(1)
})

test('[KEY2] a made-up key of an epoch before keeps nobody from the true one', async () => {
  const { anna, ben, carl } = await three(43)
  const first = await anna.does(rotateEpoch)
  await carl.receives(first.item)
  const made = await forgeRotation(carl, ({ parents }) => ({
    parents: parents.map((link) => ({ ...link, controlKey: carl.random(32) })),
  }))
  const next = await anna.does(rotateEpoch)
  const { accepted } = await ben.receives(made, next.item, withoutWraps(first.item))
  expect(accepted.map(({ operation }) => operation.id)).toEqual([first.operation.id, next.operation.id])
})

test('[EPO2] a wrap that is not there is reported where nothing else brings the key', async () => {
  const { anna, ben, carl } = await three(44)
  const first = await anna.does(rotateEpoch)
  await carl.receives(first.item)
  const next = await forgeRotation(carl, ({ archive }) => ({ archive: { ...archive, entries: [] } }))
  const { accepted, badWraps } = await ben.receives(next, withoutWraps(first.item))
  expect(accepted).toHaveLength(2)
  expect(badWraps).toEqual([decodeItem(first.item).handout?.epoch])
})

async function three(seed: number) {
  const { anna, ben, carl } = await people(seed, 'anna', 'ben', 'carl')
  await anna.creates()
  for (const one of [ben, carl]) {
    await one.joins(await anna.invites(), anna.items)
    await anna.receives(...one.items)
  }
  await meet(anna, ben, carl)
  return { anna, ben, carl }
}

function withoutWraps(item: Uint8Array): Uint8Array {
  const parts = decodeItem(item)
  if (parts.handout === null) throw new Error('a rotation hands out')
  return encodeItem({ ...parts, handout: { ...parts.handout, wraps: null } })
}

test('[EPO2] an answer with another secret in it is reported like the bad wrap before', async () => {
  const { anna, ben, carl } = await three(45)
  const made = await forgeRotation(anna, () => ({}), {
    wraps: (wraps, epoch) => {
      const tag = wrapTag(epoch, hashRecipientKey(ben.device.kem.publicKey))
      return wraps.map((wrap) =>
        equal(wrap.tag, tag) ? { tag, wrapped: anna.random(wrap.wrapped.length) } : wrap,
      )
    },
  })
  const epoch = decodeItem(made).handout?.epoch
  await carl.receives(made)
  // Carl's next one leads Ben to what he cannot open, and does not bring its content.
  const next = await forgeRotation(carl, ({ archive }) => ({ archive: { ...archive, entries: [] } }))
  const { badWraps } = await ben.receives(made, next)
  expect(badWraps).toEqual([epoch])
  if (epoch === undefined) throw new Error('a rotation hands out')
  const complaint = await ben.does((log, me, options) => complain(log, me, epoch, options))
  await carl.receives(next, complaint.item)
  const answer = await forgeRewrap(carl, complaint.operation.id)
  const answered = await ben.receives(answer)
  expect(answered.accepted).toHaveLength(1)
  expect(answered.badWraps).toEqual([epoch])
})

test('[EPO3] wraps for as many, one of them somebody else, are for others', async () => {
  const { anna, ben } = await two(46)
  const item = await forgeRotation(anna, () => ({}), {
    wraps: (wraps, epoch) => {
      const own = wrapTag(epoch, hashRecipientKey(ben.device.kem.publicKey))
      const other = wraps.find(({ tag }) => !equal(tag, own))
      return wraps
        .map((wrap) => (wrap === other ? { ...wrap, tag: anna.random(16) } : wrap))
        .toSorted((a, b) => compareBytes(a.tag, b.tag))
    },
  })
  const { wrongWraps } = await ben.receives(item)
  expect(wrongWraps).toEqual([decodeItem(item).handout?.epoch])
})

test('[EPO5] [EPO7] a rotation follows the newest epochs, and seals away nothing but them', async () => {
  const { anna, ben } = await two(47)
  const [old] = anna.log.state.epochHeads
  const held = old === undefined ? undefined : anna.log.keyring.epochs.get(old)
  const info = old === undefined ? undefined : anna.log.state.epochs.get(old)
  if (old === undefined || held?.controlKey == null || info === undefined)
    throw new Error('there is an epoch')
  await anna.does(rotateEpoch)
  await meet(anna, ben)
  const { content: contentCommitment, signingKey, terms } = info.commitments
  const committed = { contentCommitment, signingKey, terms }
  const link = { epoch: old, controlKey: held.controlKey, ...committed }
  expect(await verdictOfItem(ben, await forgeRotation(anna, () => ({ parents: [link] })))).toBe(
    'rotation-parents',
  )
  const sealed = anna.random(sealedContentSize)
  const entry = { kind: 'content', epoch: old, sealed } as const
  const item = await forgeRotation(anna, ({ archive }) => ({ archive: { ...archive, entries: [entry] } }))
  expect(await verdictOfItem(ben, item)).toBe('rotation-archive')
})

test('[EPO6] nobody sends with a key that came out of an archive', async () => {
  const { anna, ben, carl, dora } = await people(48, 'anna', 'ben', 'carl', 'dora')
  await anna.creates()
  for (const one of [ben, carl, dora]) {
    await one.joins(await anna.invites({ role: one === carl ? 'admin' : 'member' }), anna.items)
    await anna.receives(...one.items)
  }
  await meet(anna, ben, carl, dora)
  const first = await anna.does(rotateEpoch)
  await carl.receives(first.item)
  // Carl's removal of Dora brings Ben the content of the epoch before, and falls.
  const removal = await carl.does((log, me, options) => removeMember(log, me, dora.root.id, options))
  const demotion = await anna.does((log, me, options) => setRole(log, me, carl.root.id, 'member', options))
  const { accepted } = await ben.receives(removal.item, withoutWraps(first.item), demotion.item)
  expect(accepted).toHaveLength(3)
  const { epoch } = decodeItem(first.item).handout ?? {}
  if (epoch === undefined) throw new Error('a rotation hands out')
  const held = ben.log.keyring.epochs.get(epoch)
  expect([held?.secret, held?.contentRoot === null]).toEqual([null, false])
  const [deepest] = findSafeEpochs(ben.log)
  expect(deepest?.id).toBe(epoch)
  const used = safeEpoch(ben.log)
  expect(used).not.toBe(epoch)
  expect(ben.log.keyring.epochs.get(used ?? epoch)?.secret).not.toBeNull()
})

test('[EPO9] a rotation is due where no epoch is safe, and where the safe ones leave somebody out', async () => {
  const { anna, ben, carl, dora } = await people(49, 'anna', 'ben', 'carl', 'dora')
  await anna.creates()
  await ben.joins(await anna.invites(), anna.items)
  await meet(anna, ben)
  await anna.does(rotateEpoch)
  await meet(anna, ben)
  const idle = { now: today, recordsSinceRotation: 0, epochStartedAt: today }
  expect(rotationDue(anna.log, anna.device.id, idle)).toBeNull()
  // Two come apart: each has an epoch that the other cannot open.
  await carl.joins(await ben.invites(), ben.items)
  await dora.joins(await anna.invites(), anna.items)
  await meet(anna, ben, carl, dora)
  expect(rotationDue(anna.log, anna.device.id, idle)?.cause).toBe('left-out')
  expect(rotationDue(ben.log, ben.device.id, idle)).toMatchObject({ cause: 'left-out', waitMs: 3_000 })
  await anna.does(rotateEpoch)
  await ben.receives(...anna.items)
  await ben.does(leaveClique)
  await anna.receives(...ben.items)
  expect(rotationDue(anna.log, anna.device.id, idle)?.cause).toBe('no-safe-epoch')
})
