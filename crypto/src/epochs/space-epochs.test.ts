import { expect, test } from 'vitest'
import { bytesToId } from '../ids.ts'
import type { RecordId, SpaceId } from '../ids.ts'
import { deriveControlKeyId, deriveEpochKeys, deriveKeyId, epochIdOf } from '../key-schedule.ts'
import type { EpochCommitments } from '../key-schedule.ts'
import { complain, revokeInvitation, rewrap, rotateEpoch, setRelays } from '../roster/acts.ts'
import { leaveClique, removeMember } from '../roster/member-acts.ts'
import { encodeEnvelope } from '../roster/operation-codec.ts'
import { rotationOf } from '../roster/operation.ts'
import { restoreLog } from '../roster/receive.ts'
import { setAudience, titleOf } from '../roster/space-acts.ts'
import { forgeRotation, verdictOfItem } from '../testing/forge.ts'
import { meet, nextWeek, people, today } from '../testing/people.ts'
import type { Person } from '../testing/people.ts'
import { changes, creates, four, rotates } from '../testing/space-people.ts'
import { headsOf } from './check-rotation.ts'
import { decodeItem, encodeItem, sealEnvelope } from './control-item.ts'
import { cutOf, raisesIn } from './cuts.ts'
import type { HeldRecords } from './cuts.ts'
import { decodeKeyring, emptyKeyring, encodeKeyring, KeyringDraft } from './keyring.ts'
import { keysOutOfReach } from './reach.ts'
import { entitledRecipients } from './recipients.ts'
import { rotationDue } from './rotation-due.ts'
import { capabilities, contentMailboxes, gateKeys, safeEpoch, sendingKey, spaceKeys } from './sending.ts'

const fresh = { now: today, recordsSinceRotation: 0, epochStartedAt: today }

/** Carl's space with Dora; Anna and Ben know that there is one. */
async function plans(seed: number, history: 'full' | 'since-join' = 'full') {
  const all = await four(seed, history)
  const { anna, ben, carl, dora } = all
  const space = await creates(carl, 'Plans', dora)
  await meet(anna, ben, carl, dora)
  return { ...all, everybody: [anna, ben, carl, dora], space }
}

function held(person: Person, space: SpaceId): number {
  return spaceKeys(person.log, space).size
}

function epochOf(person: Person, space: SpaceId) {
  const epoch = safeEpoch(person.log, space)
  const info = epoch === null ? undefined : person.log.state.epochs.get(epoch)
  if (info === undefined) throw new Error('there is a safe epoch')
  return info
}

test('[EPO13] the recipients are the devices and recovery keys of who is in it, and no invitation', async () => {
  const { anna, carl, dora, space } = await plans(82)
  await anna.invites()
  await meet(anna, carl)
  await rotates(carl, space)
  await meet(anna, carl, dora)
  const expected = [carl, dora].flatMap(({ device, root }) => [`device:${device.id}`, `recovery:${root.id}`])
  expect([...epochOf(dora, space).holders].toSorted()).toEqual(expected.toSorted())
  expect([...entitledRecipients(anna.log.state, space).holders].toSorted()).toEqual(expected.toSorted())
  expect(sendingKey(carl.log, space)).toEqual(sendingKey(dora.log, space))
  // Nothing of it is the clique's: neither what one sends under nor what one shows at the door.
  expect(safeEpoch(carl.log)).toBe(safeEpoch(anna.log))
  expect(capabilities(carl.log)).toEqual(capabilities(anna.log))
  expect(gateKeys(dora.log).map(({ epoch }) => carl.log.state.epochs.get(epoch)?.space)).not.toContain(space)
})

test('[EPO13] whoever is taken out has no key of what comes after, and the others do not send before', async () => {
  const { anna, ben, carl, dora, everybody, space } = await plans(83)
  await changes(carl, space, { add: [ben] })
  await meet(...everybody)
  const before = sendingKey(dora.log, space)
  await changes(carl, space, { remove: [dora] })
  await meet(...everybody)
  expect(sendingKey(carl.log, space)?.epoch).not.toBe(before?.epoch)
  expect(sendingKey(ben.log, space)).toEqual(sendingKey(carl.log, space))
  expect(sendingKey(dora.log, space)).toBe(null)
  expect(spaceKeys(dora.log, space).has(deriveKeyId(epochOf(carl, space).id, space))).toBe(false)
  expect(contentMailboxes(dora.log, space).some(({ current }) => current)).toBe(false)

  // Who leaves chooses no key for the others: there is none to send under until one of them begins an epoch.
  await changes(ben, space, { remove: [ben] })
  await meet(anna, carl, ben)
  expect(sendingKey(carl.log, space)).toBe(null)
  expect(rotationDue(carl.log, carl.device.id, fresh)).toEqual({ cause: 'no-safe-epoch', waitMs: 0, space })
  expect(rotationDue(ben.log, ben.device.id, fresh)?.space ?? null).toBe(null)
  await rotates(carl, space)
  await meet(carl, ben)
  expect(sendingKey(carl.log, space)).not.toBe(null)
  expect(sendingKey(ben.log, space)).toBe(null)
})

test('[EPO13] a removal from the clique by somebody who is not in a space leaves it without a safe epoch', async () => {
  const { anna, carl, dora, everybody, space } = await plans(84)
  await anna.does((log, me, options) => removeMember(log, me, dora.root.id, options))
  await meet(...everybody)
  expect(safeEpoch(carl.log)).not.toBe(null)
  expect(sendingKey(carl.log, space)).toBe(null)
  expect(rotationDue(carl.log, carl.device.id, fresh)).toMatchObject({ cause: 'no-safe-epoch', space })
  const record = bytesToId('record', new Uint8Array(32).fill(7))
  const holding: HeldRecords = (_, of) => (of === space ? { sequence: 7, id: record } : null)
  const { operation } = await carl.does((log, me, options) =>
    rotateEpoch(log, me, { ...options, space, held: holding }),
  )
  const cut = { device: dora.device.id, space, sequence: 7, record }
  expect(rotationOf(operation.body)?.cuts).toEqual([cut])
  await meet(anna, carl)
  for (const one of [anna, carl]) {
    expect(cutOf(one.log.state, dora.device.id, space)).toEqual({ sequence: 7, records: new Set([record]) })
    expect(one.log.state.hash).toBe(anna.log.state.hash)
  }
  expect(sendingKey(carl.log, space)).not.toBe(null)
})

test('[EPO6] whose invitation was revoked may be let into a space by somebody who has not heard of it, so nothing is sent there before', async () => {
  const { anna, ben, carl, dora, eve } = await people(86, 'anna', 'ben', 'carl', 'dora', 'eve')
  await anna.creates()
  for (const one of [carl, dora]) {
    await one.joins(await anna.invites({ role: 'admin' }), anna.items)
    await meet(anna, one)
  }
  // Ben and Eve come by the same one, so that he cannot undo what she was let into before that was known.
  const invitation = await anna.invites({ role: 'admin', uses: 3 })
  await ben.joins(invitation, anna.items)
  await meet(anna, ben, carl, dora)
  await ben.does((log, me, options) => revokeInvitation(log, me, invitation.invite, options))
  await eve.joins(invitation, carl.items)
  await meet(carl, dora, eve)
  await carl.does((log, me, options) => revokeInvitation(log, me, invitation.invite, options))
  const space = await creates(carl, 'Plans', dora)
  await meet(carl, dora, eve)
  const key = sendingKey(dora.log, space)
  expect(key).not.toBe(null)

  await meet(ben, dora)
  expect(dora.log.state.members.get(eve.root.id)?.status).toBe('out')
  await changes(carl, space, { add: [eve] })
  await meet(carl, eve)
  expect([...spaceKeys(eve.log, space).keys()]).toContain(key?.keyId)
  expect(sendingKey(dora.log, space)).toBe(null)
  // The clique first, whose epochs beside each other are too many for one rotation.
  expect(rotationDue(dora.log, dora.device.id, fresh)).toMatchObject({ cause: 'no-safe-epoch', space: null })
  await dora.does(rotateEpoch)
  expect(rotationDue(dora.log, dora.device.id, fresh)).toMatchObject({ cause: 'no-safe-epoch', space })
  await rotates(dora, space)
  await meet(ben, carl, dora, eve)
  expect([...spaceKeys(eve.log, space).keys()]).not.toContain(sendingKey(dora.log, space)?.keyId)
})

test('[EPO11] who takes somebody out says how far their records count; nobody says it of a space that they are not in', async () => {
  const { anna, carl, dora, everybody, space } = await plans(85)
  const record = (n: number): RecordId => bytesToId('record', new Uint8Array(32).fill(n))
  const holding =
    (n: number): HeldRecords =>
    () => ({ sequence: n, id: record(n) })
  await carl.does((log, me, options) =>
    setAudience(log, me, space, { remove: [dora.root.id] }, { ...options, held: holding(3) }),
  )
  await meet(...everybody)
  expect(cutOf(anna.log.state, dora.device.id, space)?.sequence).toBe(3)
  // She is out of this space alone, and who was never in it is not out of it.
  expect(cutOf(anna.log.state, dora.device.id, anna.conversation)).toBe(null)
  expect(cutOf(anna.log.state, anna.device.id, space)).toBe(null)
  const cuts = [{ device: dora.device.id, space, sequence: 5, record: record(5) }]
  expect(await verdictOfItem(carl, await forgeRotation(anna, () => ({ cuts })))).toBe('rotation-cuts')
  const elsewhere = [
    { ...cuts[0], device: dora.device.id, space: carl.conversation, sequence: 5, record: record(5) },
  ]
  expect(await verdictOfItem(anna, await forgeRotation(carl, () => ({ cuts: elsewhere }), { space }))).toBe(
    'rotation-cuts',
  )
  // One of the clique by somebody who is in the space may say it as well.
  await carl.does((log, me, options) => rotateEpoch(log, me, { ...options, held: holding(6) }))
  await meet(...everybody)
  expect(cutOf(anna.log.state, dora.device.id, space, () => true)?.sequence).toBe(6)
  expect(raisesIn(anna.log.state, space)).toMatchObject([{ device: dora.device.id, sequence: 6 }])
  // Whoever is let in again has no cut.
  await changes(carl, space, { add: [dora] })
  await meet(...everybody)
  expect(cutOf(anna.log.state, dora.device.id, space)).toBe(null)
})

test('[EPO13] under full history who is let in reads what was before; under since-join the title alone', async () => {
  for (const history of ['full', 'since-join'] as const) {
    const { anna, ben, carl, dora, everybody, space } = await plans(86, history)
    await rotates(carl, space)
    await meet(...everybody)
    await rotates(dora, space)
    await meet(...everybody)
    await changes(carl, space, { add: [ben] })
    await meet(...everybody)
    expect(titleOf(ben.log, space)).toBe('Plans')
    expect(titleOf(anna.log, space)).toBe(null)
    expect(held(carl, space)).toBe(4)
    expect(held(ben, space)).toBe(history === 'full' ? 4 : 1)
    const outOfReach = keysOutOfReach(ben.log.state, space, ben.device.id)
    expect(outOfReach.size).toBe(4 - held(ben, space))
    for (const key of spaceKeys(ben.log, space).keys()) expect(outOfReach).not.toContain(key)
    expect(sendingKey(ben.log, space)).toEqual(sendingKey(dora.log, space))
    expect(keysOutOfReach(ben.log.state, ben.conversation, ben.device.id).size).toBeLessThan(9)
  }
})

test('[EPO13] who knows one of two removals may let in again, so an epoch must have known both', async () => {
  const { anna, ben, carl, dora, everybody, space } = await plans(87)
  await changes(carl, space, { add: [ben] })
  await meet(...everybody)
  // Beside each other, without knowing: Ben and Carl take Dora out. Ben lets her in again and seals for her.
  await changes(ben, space, { remove: [dora] })
  await changes(carl, space, { remove: [dora] })
  const byCarl = epochOf(carl, space)
  await carl.receives(...ben.items)
  expect(carl.log.state.epochs.has(byCarl.id)).toBe(true)
  expect(sendingKey(carl.log, space)).toBe(null)
  expect(rotationDue(carl.log, carl.device.id, fresh)).toMatchObject({ cause: 'no-safe-epoch', space })
  await rotates(carl, space)
  expect(sendingKey(carl.log, space)).not.toBe(null)
  await changes(ben, space, { add: [dora] })
  await meet(...everybody)
  expect(anna.log.state.spaces.get(space)?.audience).toEqual(new Set([carl.root.id, ben.root.id]))
  expect(
    spaceKeys(dora.log, space).has(sendingKey(carl.log, space)?.keyId ?? deriveKeyId(byCarl.id, space)),
  ).toBe(false)
})

test('[EPO7] an archive key whose maker did not know of all that took somebody out is not used again', async () => {
  const { anna, carl, dora, everybody, space } = await plans(89, 'since-join')
  await changes(carl, space, { add: [anna] })
  await meet(...everybody)
  // Beside each other: Anna goes, and Carl takes her out, under a new key that was never hers.
  await changes(anna, space, { remove: [anna] })
  await changes(carl, space, { remove: [anna] })
  const { id, archive } = epochOf(carl, space)
  await meet(...everybody)
  expect(headsOf(carl.log.state, space).map((head) => head.id)).toEqual([id])
  const kept = await forgeRotation(
    carl,
    (part) => ({ archive: { ...part.archive, id: archive, entries: [] } }),
    {
      space,
    },
  )
  expect(await verdictOfItem(dora, kept)).toBe('rotation-archive')
  await rotates(carl, space)
  const next = epochOf(carl, space).archive
  expect(next).not.toBe(archive)
  await rotates(carl, space)
  expect(epochOf(carl, space).archive).toBe(next)
})

test('[EPO9] [EPO13] who holds an epoch of a space that others lack hands it on, whoever rotates first', async () => {
  const { anna, ben, carl, dora, everybody, space } = await plans(88)
  await changes(carl, space, { add: [anna] })
  await meet(...everybody)
  // Two are let in beside each other, and the most senior rotates without having the other's epoch.
  await changes(anna, space, { add: [ben] })
  await rotates(dora, space)
  const byDora = epochOf(dora, space)
  await changes(carl, space, { remove: [carl] })
  await meet(...everybody)
  await rotates(ben, space)
  await meet(...everybody)
  expect(headsOf(anna.log.state, space).map(({ id }) => id)).toContain(byDora.id)
  expect(spaceKeys(ben.log, space).has(deriveKeyId(byDora.id, space))).toBe(false)
  expect(rotationDue(ben.log, ben.device.id, fresh)).toBe(null)
  expect(rotationDue(dora.log, dora.device.id, fresh)).toMatchObject({ cause: 'left-out', space })
  await rotates(dora, space)
  await meet(...everybody)
  expect(headsOf(anna.log.state, space)).toHaveLength(1)
  expect(held(ben, space)).toBe(held(dora, space))
  for (const one of [anna, ben, dora]) expect(rotationDue(one.log, one.device.id, fresh)).toBe(null)
})

test('[EPO9] a rotation of a space is due by its own age and records, in turn among those who are in it', async () => {
  const { anna, carl, dora, space } = await plans(89, 'since-join')
  const use = (changed: object) => ({ ...fresh, spaces: new Map([[space, { ...fresh, ...changed }]]) })
  expect(rotationDue(carl.log, carl.device.id, use({}))).toBe(null)
  const due = { cause: 'records', waitMs: 0, space }
  expect(rotationDue(carl.log, carl.device.id, use({ recordsSinceRotation: 5000 }))).toEqual(due)
  const old = { ...use({ epochStartedAt: today - (nextWeek - today) }) }
  expect(rotationDue(carl.log, carl.device.id, old)).toEqual({ cause: 'age', waitMs: 0, space })
  expect(rotationDue(dora.log, dora.device.id, old)).toEqual({ cause: 'age', waitMs: 60_000, space })
  expect(rotationDue(anna.log, anna.device.id, old)).toBe(null)
  // First of all a key to say it under.
  await anna.does((log, me, options) => leaveClique(log, me, options))
  await meet(anna, carl, dora)
  expect(rotationDue(carl.log, carl.device.id, old)).toMatchObject({ cause: 'no-safe-epoch', space: null })
  await expect(rotates(carl, space)).rejects.toMatchObject({ code: 'no-safe-epoch' })
})

test('[EPO5] [EPO13] the space of a rotation, its parents, recipients, archive and capability are checked', async () => {
  const { anna, ben, carl, dora, everybody, space } = await plans(90)
  const other = await creates(carl, 'Other', dora)
  await rotates(carl, space)
  await meet(...everybody)
  const { state } = carl.log
  const clique = headsOf(state)[0]
  if (clique === undefined) throw new Error('the clique has an epoch')
  const link = (epoch: typeof clique, changes: Partial<EpochCommitments> = {}) => {
    const { content, signingKey, terms } = { ...epoch.commitments, ...changes }
    const committed = { contentCommitment: content, signingKey, terms }
    return { epoch: epoch.id, controlKey: new Uint8Array(72), ...committed }
  }
  const superseded = [...state.epochs.values()].find((one) => one.space === space && one.depth === 1)
  const [head, ofOther] = [headsOf(state, space)[0], headsOf(state, other)[0]]
  if (superseded === undefined || head === undefined || ofOther === undefined)
    throw new Error('there are three')
  const wrong: [Parameters<typeof forgeRotation>[1], string][] = [
    [() => ({ parents: [link(clique)] }), 'rotation-parents'],
    [() => ({ parents: [link(superseded)] }), 'rotation-parents'],
    [() => ({ parents: [link(ofOther)] }), 'rotation-parents'],
    [() => ({ parents: [link(head, { content: new Uint8Array(32) })] }), 'rotation-parents'],
    [() => ({ parents: [link(head, { signingKey: new Uint8Array(32) })] }), 'rotation-parents'],
    [() => ({ parents: [link(head, { terms: new Uint8Array(32) })] }), 'rotation-parents'],
    [
      ({ parents }) => ({ parents: parents.map((one) => ({ ...one, controlKey: new Uint8Array(32) })) }),
      'shape-out-of-range',
    ],
    [() => ({ capability: { generation: 1, seed: new Uint8Array(32) } }), 'operation-format'],
    [({ recipientCount }) => ({ recipientCount: recipientCount + 2 }), 'rotation-recipients'],
    [() => ({ stateHash: new Uint8Array(32) }), 'rotation-state'],
    // Content of what it does not lead back to.
    [() => ({ parents: [] }), 'rotation-archive'],
    // The archive of the clique, or of the other space: what goes on under it would go to those.
    [({ archive }) => ({ archive: { ...archive, id: clique.archive } }), 'rotation-archive'],
    [({ archive }) => ({ archive: { ...archive, id: ofOther.archive } }), 'rotation-archive'],
    [
      () => ({ archive: { id: clique.archive, sealed: new Uint8Array(72), entries: [] }, parents: [] }),
      'rotation-archive',
    ],
  ]
  for (const [change, code] of wrong) {
    expect(await verdictOfItem(anna, await forgeRotation(carl, change, { space })), code).toBe(code)
  }
  const after = { ...state, spaces: new Map(state.spaces) }
  const found = state.spaces.get(space)
  if (found === undefined) throw new Error('there is the space')
  after.spaces.set(space, { ...found, audience: new Set([carl, dora, anna].map(({ root }) => root.id)) })
  expect(await verdictOfItem(ben, await forgeRotation(carl, () => ({}), { space, after }))).toBe(
    'rotation-recipients',
  )
  // By somebody who is not in it, and of one that everybody is in.
  expect(await verdictOfItem(ben, await forgeRotation(anna, () => ({}), { space }))).toBe('not-allowed')
  expect(await verdictOfItem(ben, await forgeRotation(anna, () => ({}), { space: anna.conversation }))).toBe(
    'not-allowed',
  )
  const nowhere = bytesToId('space', new Uint8Array(16))
  const stray = await forgeRotation(carl, () => ({}), {
    space,
    body: (rotation) => ({ type: 'set-audience', space: nowhere, add: [anna.root.id], remove: [], rotation }),
  })
  expect(await verdictOfItem(ben, stray)).toBe('space-unknown')
  const misplaced = await forgeRotation(carl, () => ({}), {
    space: other,
    body: (rotation) => ({ type: 'set-audience', space, add: [anna.root.id], remove: [], rotation }),
  })
  expect(await verdictOfItem(ben, misplaced)).toBe('rotation-space')
  const silent = await forgeRotation(carl, () => ({}), {
    space,
    body: (rotation) => ({ type: 'set-audience', space, add: [], remove: [carl.root.id], rotation }),
  })
  expect(await verdictOfItem(ben, silent)).toBe('rotation-space')
  expect(
    await verdictOfItem(
      ben,
      await forgeRotation(carl, () => ({ parents: [], archive: emptied() }), { space }),
    ),
  ).toBe('accepted')
})

function emptied() {
  return { id: 'ab'.repeat(32) as never, sealed: new Uint8Array(72), entries: [] }
}

test('[EPO13] what is sealed under a control key of a space is no operation, also for who is in it', async () => {
  const { anna, carl, dora, space } = await plans(91)
  const { operation } = await carl
    .does((log, me, options) => setRelays(log, me, [], options))
    .catch(() => carl.does((log, me, options) => leaveClique(log, me, options)))
  const epoch = epochOf(dora, space).id
  const controlKey = dora.log.keyring.epochs.get(epoch)?.controlKey
  if (controlKey == null) throw new Error('Dora holds the key')
  const keyId = deriveControlKeyId(epoch)
  const item = encodeItem(
    sealEnvelope({ keyId, handout: null }, controlKey, encodeEnvelope(operation), carl.random),
  )
  expect(await verdictOfItem(dora, item)).toBe('waiting')
  expect(await verdictOfItem(anna, item)).toBe('waiting')
})

test('[EPO2] a wrap of a space that does not open is complained of and answered', async () => {
  const { anna, carl, dora, space } = await plans(92)
  const bad = await forgeRotation(carl, () => ({}), {
    space,
    wraps: (wraps) =>
      wraps.map(({ tag, wrapped }) => ({
        tag,
        wrapped: wrapped.map((byte, i) => (i > 1150 ? byte ^ 1 : byte)),
      })),
  })
  const { badWraps, accepted } = await dora.receives(bad)
  expect(accepted).toHaveLength(1)
  const epoch = rotationOf(accepted[0]?.operation.body ?? { type: 'leave' })?.epoch
  expect(badWraps).toEqual([epoch])
  expect((await anna.receives(bad)).badWraps).toEqual([])
  const head = headsOf(dora.log.state, space)[0]
  if (epoch === undefined || head === undefined) throw new Error('there is an epoch')
  expect(head.id).toBe(epoch)
  await carl.receives(bad)
  const good = await rotates(carl, space)
  const lost = { ...decodeItem(good.item) }
  const stripped = encodeItem({
    ...lost,
    handout: lost.handout === null ? null : { ...lost.handout, wraps: null },
  })
  const received = await dora.receives(stripped)
  const missing = rotationOf(good.operation.body)?.epoch
  if (missing === undefined) throw new Error('a rotation rotates')
  expect(received.badWraps).toEqual([missing])
  const asked = await dora.does((log, me, options) => complain(log, me, missing, options))
  await carl.receives(asked.item)
  const answer = await carl.does((log, me, options) => rewrap(log, me, asked.operation.id, options))
  await dora.receives(answer.item)
  expect(dora.log.keyring.epochs.get(missing)?.secret).toEqual(carl.log.keyring.epochs.get(missing)?.secret)
  expect(sendingKey(dora.log, space)).toEqual(sendingKey(carl.log, space))
})

test('[EPO8] [EPO10] the keys of spaces come back from the vault, and from a recovery key', async () => {
  const { anna, carl, dora, space } = await plans(93)
  await rotates(carl, space)
  await meet(anna, carl, dora)
  const bytes = encodeKeyring(dora.log.keyring)
  expect(decodeKeyring(bytes)).toEqual(dora.log.keyring)
  for (const [recipients, keyring] of [
    [[], decodeKeyring(bytes)],
    [[dora.recoveryPair], undefined],
  ] as const) {
    const { log, badWraps } = await restoreLog(dora.log.clique, anna.items, recipients, keyring)
    expect(badWraps).toEqual([])
    expect(log.state.hash).toBe(dora.log.state.hash)
    expect(spaceKeys(log, space)).toEqual(spaceKeys(dora.log, space))
    expect(sendingKey(log, space)).toEqual(sendingKey(dora.log, space))
    expect(titleOf(log, space)).toBe('Plans')
  }
  const others = await restoreLog(dora.log.clique, anna.items, [anna.recoveryPair])
  expect(spaceKeys(others.log, space).size).toBe(0)
})

test('[EPO13] nobody has the clique go on under the archive key of a space', async () => {
  const { anna, ben, carl, dora } = await four(94)
  const before = anna.log
  const space = await creates(carl, 'Plans', dora)
  const { archive } = epochOf(carl, space)
  const key = carl.log.keyring.archives.get(archive)
  expect(key).toBeDefined()
  // Anna has read the operation, names its archive as the clique's, and lets it look as if she had not.
  await anna.receives(...carl.items)
  anna.rewind(before)
  const item = await forgeRotation(anna, (part) => ({
    archive: { ...part.archive, id: archive, entries: [] },
  }))
  for (const one of [ben, carl, dora]) expect(await verdictOfItem(one, item)).toBe('accepted')
  expect(headsOf(carl.log.state).map((head) => head.archive)).toEqual([archive])
  const { operation } = await carl.does(rotateEpoch)
  expect(rotationOf(operation.body)?.archive.id).not.toBe(archive)
  expect(rotationOf(operation.body)?.archive.entries.map(({ kind }) => kind)).toEqual(['content'])
  await ben.receives(...carl.items)
  expect([...ben.log.keyring.archives.values()]).not.toContainEqual(key)
  expect(held(ben, space)).toBe(0)
})

test('[KEY2] an epoch of a space is named with the space', () => {
  const secret = new Uint8Array(32).fill(5)
  const archive = new Uint8Array(32).fill(6)
  const [one, other] = [1, 2].map((n) => bytesToId('space', new Uint8Array(16).fill(n)))
  const names = [null, one, other].map((space) => deriveEpochKeys(secret, archive, space).epoch)
  expect(new Set(names).size).toBe(3)
  const { commitments } = deriveEpochKeys(secret, archive, one)
  expect(epochIdOf(commitments, one)).toBe(names[1])
  const draft = new KeyringDraft(emptyKeyring)
  expect(draft.addSecret(deriveEpochKeys(secret, archive, one).epoch, secret, archive, other)).toBe(false)
  expect(draft.addSecret(deriveEpochKeys(secret, archive, one).epoch, secret, archive)).toBe(false)
  expect(draft.addSecret(deriveEpochKeys(secret, archive, one).epoch, secret, archive, one)).toBe(true)
  expect(draft.finish().controlKeys.size).toBe(0)
})

test('[EPO9] [EPO13] after epochs of the clique beside each other the clique rotates before a space does', async () => {
  for (const seed of [101, 102]) {
    const { anna, ben, carl, dora } = await four(seed)
    const space = await creates(carl, 'Plans', ben, dora)
    await meet(anna, ben, carl, dora)
    await carl.does(rotateEpoch)
    await changes(carl, space, { remove: [dora] })
    await ben.does(rotateEpoch)
    await changes(ben, space, { add: [anna] })
    await meet(anna, ben, carl, dora)

    // Either epoch of the clique is safe, and neither leads to both changes.
    const dues: (SpaceId | null)[] = []
    for (let due = dueNow(); due !== null; due = dueNow()) {
      dues.push(due.space)
      if (dues.length > 4) break
      await due.by.does((log, me, options) => rotateEpoch(log, me, { ...options, space: due.space }))
      await meet(anna, ben, carl, dora)
    }
    // One of Anna's, who lacks what Ben and Carl have, and one of theirs that hands it on.
    expect(dues).toEqual([null, space, space])
    expect(sendingKey(anna.log, space)).not.toBe(null)
    for (const other of [ben, carl]) expect(sendingKey(other.log, space)).toEqual(sendingKey(anna.log, space))
    expect(sendingKey(dora.log, space)).toBe(null)

    function dueNow() {
      for (const by of [anna, ben, carl]) {
        const due = rotationDue(by.log, by.device.id, fresh)
        if (due !== null) return { by, space: due.space }
      }
      return null
    }
  }
})
