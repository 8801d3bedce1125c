import { expect, test } from 'vitest'
import { decodeItem, encodeItem, sealEnvelope } from '../epochs/control-item.ts'
import { decodeKeyring, encodeKeyring } from '../epochs/keyring.ts'
import { entitledRecipients } from '../epochs/recipients.ts'
import { makeRotation } from '../epochs/rotate.ts'
import type { RotationPart } from '../epochs/rotation.ts'
import { safeEpoch } from '../epochs/sending.ts'
import { bytesToId } from '../ids.ts'
import { commitToControlKey, deriveControlKeyId, epochIdOf } from '../key-schedule.ts'
import { signerFromSeed } from '../signature.ts'
import { rotationOf } from './operation.ts'
import type { Operation } from './operation.ts'
import { epochSignerOf, forge, verdictOf, verdictOfItem } from '../testing/forge.ts'
import { meet, people } from '../testing/people.ts'
import type { Person } from '../testing/people.ts'
import { complain, revokeInvitation, rotateEpoch, setRelays } from './acts.ts'
import { RosterGraph } from './graph.ts'
import { addDevice, removeDevice, removeMember } from './member-acts.ts'
import { encodeEnvelope } from './operation-codec.ts'
import { sortedIds } from './sorted-ids.ts'

const noEpoch = bytesToId('epoch', new Uint8Array(32))
const takers = Array.from({ length: 66 }, (_, i) => `taker${i}`)

test('[ROS9] nobody can put more epochs side by side than a rotation leads back to', async () => {
  const { anna, ben } = await people(31, 'anna', 'ben')
  await anna.creates()
  await ben.joins(await anna.invites(), anna.items)
  await anna.receives(...ben.items)
  const invitation = await ben.invites()
  const early = [...ben.items]
  const joins: Operation[] = []
  for (const taker of Object.values(await people(32, ...takers))) {
    const { item, operation } = await taker.joins(invitation, early)
    joins.push(operation)
    await ben.receives(item)
  }
  await anna.receives(...ben.items)
  const ids = sortedIds(joins.map(({ id }) => id))
  const epoch = (text: string) => bytesToId('epoch', new TextEncoder().encode(text.padEnd(32)))

  const most = await forge(ben, { type: 'complain', epoch: epoch('one') }, { parents: ids.slice(0, 32) })
  expect(await verdictOf(anna, ben, most)).toBe('accepted')
  await ben.receives(...anna.items)
  const more = await forge(ben, { type: 'complain', epoch: epoch('two') }, { parents: ids.slice(32, 65) })
  expect(await verdictOf(anna, ben, more)).toBe('operation-parents')

  expect(safeEpoch(anna.log)).toBeNull()
  for (let i = 0; i < 3 && anna.log.state.epochHeads.length > 1; i++) await anna.does(rotateEpoch)
  expect(anna.log.state.epochHeads).toHaveLength(1)
  expect(safeEpoch(anna.log)).not.toBeNull()
  await ben.receives(...anna.items)
  expect(ben.log.state.hash).toBe(anna.log.state.hash)
}, 60_000)

test('[ROS2] what an epoch brought does not hang on which of two rotations with its id came first', async () => {
  const { anna, ben, carl } = await people(33, 'anna', 'ben', 'carl')
  await anna.creates()
  await ben.joins(await anna.invites({ role: 'admin' }), anna.items)
  await anna.receives(...ben.items)
  await carl.joins(await anna.invites(), anna.items)
  await meet(anna, ben, carl)

  const before = [...carl.log.operations.values()]
  const copied = await copyRotation(carl, ben, () =>
    ben.does((log, me, options) => rotateEpoch(log, me, { ...options, renewCapability: true })),
  )
  const generationBy = (order: readonly Operation[]): number => {
    const graph = new RosterGraph(carl.log.clique)
    for (const operation of [...before, ...order]) expect(graph.place(operation).kind).toBe('placed')
    const epoch = graph.stateAt(order.map(({ id }) => id)).epochs.get(copied.epoch)
    if (epoch === undefined) throw new Error('both begin this epoch')
    return graph.capabilityOf(epoch).generation
  }
  expect(generationBy([copied.original, copied.copy])).toBe(generationBy([copied.copy, copied.original]))
})

/** `holder` makes the epoch's key sign for it, which the copier does not hold. */
async function copyRotation(copier: Person, holder: Person, rotate: () => Promise<{ operation: Operation }>) {
  const { operation: original } = await rotate()
  const part = rotationOf(original.body)
  if (part === null) throw new Error('a rotation rotates')
  const { log, random } = copier
  const { state, graph, keyring } = log
  const own = await makeRotation({
    past: state,
    after: state,
    graph,
    keyring,
    renewCapability: false,
    random,
  })
  const { epoch, commitments, archive, recipientCount, recipientsHash } = part
  const named = { epoch, commitments, recipientCount, recipientsHash }
  const rotation = { ...own.part, ...named, archive: { ...own.part.archive, id: archive.id } }
  return {
    original,
    copy: await forge(copier, { type: 'rotate-epoch', space: null, rotation }, {}, [
      copier.device.signer,
      epochSignerOf(holder.log, part.epoch),
    ]),
    epoch: part.epoch,
  }
}

test('[ROS6] whoever came by somebody whose admission falls, falls with them, and those beside them stay', async () => {
  const { anna, ben, carl, dora } = await people(35, 'anna', 'ben', 'carl', 'dora')
  await anna.creates()
  await dora.joins(await anna.invites(), anna.items)
  await anna.receives(...dora.items)
  const invitation = await anna.invites()
  await ben.joins(invitation, anna.items)
  await carl.joins(await ben.invites(), ben.items)
  await dora.receives(...carl.items)
  const statuses = (person: Person) =>
    [dora, ben, carl].map(({ root }) => person.log.state.members.get(root.id)?.status)
  expect(statuses(dora)).toEqual(['in', 'in', 'in'])
  // Of neither of the two Anna knows.
  await anna.does((log, me, options) => revokeInvitation(log, me, invitation.invite, options))
  await meet(anna, dora)
  expect(statuses(anna)[0]).toBe('in')
  expect(statuses(anna).slice(1)).not.toContain('in')
  expect(statuses(dora)).toEqual(statuses(anna))
  expect(dora.log.state.hash).toBe(anna.log.state.hash)
})

test('[ITM4] what does not rotate can be opened and placed by whoever has the epoch that it is sealed under', async () => {
  const { anna, ben, carl, dora } = await people(36, 'anna', 'ben', 'carl', 'dora')
  await anna.creates()
  for (const one of [ben, carl, dora]) {
    await one.joins(await anna.invites(), anna.items)
    await anna.receives(...one.items)
  }
  await anna.does(rotateEpoch)
  await meet(anna, ben, carl, dora)
  // Side by side: nobody has opened both but Carl.
  const acts = [await anna.does(rotateEpoch), await ben.does(rotateEpoch)]
  await carl.receives(...acts.map(({ item }) => item))
  expect(carl.log.state.epochHeads).toHaveLength(2)
  const safe = safeEpoch(carl.log)
  const [under, beside] = acts.toSorted((act) => (rotationOf(act.operation.body)?.epoch === safe ? -1 : 1))
  if (under === undefined || beside === undefined || safe === null) throw new Error('two epochs')
  const epoch = bytesToId('epoch', new Uint8Array(32))
  const said = await carl.does((log, me, options) => complain(log, me, epoch, options))
  expect(decodeItem(said.item).keyId).toBe(deriveControlKeyId(safe))
  expect(said.operation.parents).not.toContain(beside.operation.id)
  const { accepted } = await dora.receives(said.item, under.item)
  expect(accepted.map(({ operation }) => operation.id).toSorted()).toEqual(
    [said.operation.id, under.operation.id].toSorted(),
  )
})

test('[ITM5] keys that somebody made up do not fill the keyring', async () => {
  const { anna, ben } = await people(34, 'anna', 'ben')
  await anna.creates()
  await ben.joins(await anna.invites(), anna.items)
  await anna.receives(...ben.items)
  const held = anna.log.keyring.epochs.size
  const { log, random } = ben
  const own = await makeRotation({
    past: log.state,
    after: log.state,
    graph: log.graph,
    keyring: log.keyring,
    renewCapability: false,
    random,
  })
  const madeUp = Array.from({ length: 64 }, () => {
    const controlKey = random(32)
    const [content, signingKey, terms] = [random(32), random(32), random(32)]
    const commitments = { control: commitToControlKey(controlKey), content, signingKey, terms }
    const committed = { contentCommitment: content, signingKey, terms }
    return { epoch: epochIdOf(commitments), controlKey, ...committed }
  }).sort((a, b) => (a.epoch < b.epoch ? -1 : 1))
  const rotation: RotationPart = { ...own.part, parents: madeUp }
  const operation = await forge(
    ben,
    { type: 'rotate-epoch', space: null, rotation },
    { parents: [bytesToId('operation', random(32))] },
    [ben.device.signer, signerFromSeed(own.keys.signingSeed)],
  )
  const { epoch, wrapsRoot, commitments } = rotation
  const handout = { epoch, terms: commitments.terms, wrapsRoot, wraps: own.wraps, notices: [] }
  const keyId = deriveControlKeyId(rotation.epoch)
  const item = encodeItem(
    sealEnvelope({ keyId, handout }, own.keys.controlKey, encodeEnvelope(operation), random),
  )
  expect(await verdictOfItem(anna, item)).toBe('waiting')
  expect(anna.log.keyring.epochs.size).toBe(held)
  expect(anna.log.keyring.controlKeys.size).toBe(held)
  expect(decodeKeyring(encodeKeyring(anna.log.keyring)).epochs.size).toBe(held)
})

test('[OPS4] what was refused for its signature is refused for ever, also once the true operation is known', async () => {
  const { anna, ben, carl } = await people(37, 'anna', 'ben', 'carl')
  await anna.creates()
  await ben.joins(await anna.invites(), anna.items)
  await anna.receives(...ben.items)
  await carl.joins(await anna.invites(), anna.items)
  await meet(anna, ben, carl)
  const { item, operation } = await anna.does(rotateEpoch)
  await ben.receives(item)
  // Ben has the key by now, and seals the same operation with a signature of his own.
  const [own] = (await forge(ben, operation.body)).signatures
  const key = ben.log.keyring.epochs.get(rotationOf(operation.body)?.epoch ?? noEpoch)?.controlKey
  if (own === undefined || key == null) throw new Error('Ben holds the epoch')
  const envelope = encodeEnvelope({ signed: operation.signed, signatures: [own] })
  const forged = encodeItem(sealEnvelope(decodeItem(item), key, envelope, ben.random))

  const early = await carl.receives(forged)
  expect([early.accepted, early.refused.map(({ code }) => code)]).toEqual([[], ['operation-signature']])
  expect(carl.log.operations.has(operation.id)).toBe(false)
  expect(carl.log.waiting).toEqual([])
  expect((await carl.receives(item)).accepted).toHaveLength(1)
  const late = await carl.receives(forged)
  expect(late.refused.map(({ code }) => code)).toEqual(['operation-signature'])
  // It takes no true copy's place either: what is kept of it would not be read again.
  expect(late.copies).toEqual([])
  expect((await carl.receives(item)).copies).toHaveLength(1)
})

test('[ROS12] whoever is removed wins nothing by trying again and again for another id', async () => {
  const { anna, ben, carl } = await people(38, 'anna', 'ben', 'carl')
  await anna.creates()
  await ben.joins(await anna.invites({ role: 'admin' }), anna.items)
  await anna.receives(...ben.items)
  await carl.joins(await anna.invites(), anna.items)
  await meet(anna, ben, carl)
  const { log, device, random } = ben
  const remove = () => removeMember(anna.log, anna.device, ben.root.id, anna)
  let removal = await remove()
  // Of all ids there are some on both sides of it.
  while (!/^[4-b]/.test(removal.operation.id)) removal = await remove()
  const before = anna.log.state.relays
  const { graph } = anna.log
  const sides = new Set<string>()
  for (let i = 0; i < 12 || sides.size < 2; i++) {
    const relays = [{ url: `http://ben${i}`, peer: `12D3KooWBen${i}` }]
    const acts = [
      await removeMember(log, device, carl.root.id, { random }),
      await setRelays(log, device, relays, { random }),
    ]
    for (const { operation } of acts) {
      sides.add(operation.id < removal.operation.id ? 'lower' : 'higher')
      expect(['placed', 'known']).toContain(graph.place(operation).kind)
      const state = graph.stateAt([removal.operation.id, operation.id])
      expect([ben, carl].map(({ root }) => state.members.get(root.id)?.status)).toEqual(['out', 'in'])
      expect(state.relays).toEqual(before)
    }
  }
})

test('[EPO6] nobody sends under an epoch whose author is out, though its recipients are the right ones', async () => {
  const { anna, ben, eva } = await people(39, 'anna', 'ben', 'eva')
  await anna.creates()
  await ben.joins(await anna.invites(), anna.items)
  await anna.receives(...ben.items)
  const { log } = await anna.does((own, me, options) => addDevice(own, me, eva.device, options))
  const { item, operation } = await removeDevice(log, eva.device, eva.device.id, { random: eva.random })
  await ben.receives(...anna.items, item)
  const epoch = ben.log.state.epochs.get(rotationOf(operation.body)?.epoch ?? noEpoch)
  expect(entitledRecipients(ben.log.state).holders).not.toContain(`device:${eva.device.id}`)
  expect(epoch?.holders).toContain(`device:${eva.device.id}`)
  expect(ben.log.keyring.epochs.get(epoch?.id ?? noEpoch)?.secret).toBeDefined()
  expect(safeEpoch(ben.log)).toBeNull()
  await ben.does(rotateEpoch)
  expect(safeEpoch(ben.log)).not.toBeNull()
})
