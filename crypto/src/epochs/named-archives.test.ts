import { expect, test } from 'vitest'
import type { SpaceId } from '../ids.ts'
import { rotateEpoch } from '../roster/acts.ts'
import type { CliqueLog } from '../roster/log.ts'
import { removeMember } from '../roster/member-acts.ts'
import { isInSpace } from '../roster/spaces.ts'
import { codeThrown } from '../testing/damage.ts'
import { forgeRotation } from '../testing/forge.ts'
import { meet, people } from '../testing/people.ts'
import type { Person } from '../testing/people.ts'
import { changes, creates, four, rotates } from '../testing/space-people.ts'
import { archivesWithin } from './archive.ts'
import type { ArchiveId, RotationPart } from './rotation.ts'
import { keysOutOfReach } from './reach.ts'
import { contentMailboxes, safeEpoch, sendingKey, spaceKeys } from './sending.ts'

/** The archive of the epoch under which somebody sends. */
function archiveOf({ log }: Person, space?: SpaceId): ArchiveId {
  const epoch = safeEpoch(log, space)
  const info = epoch === null ? undefined : log.state.epochs.get(epoch)
  if (info === undefined) throw new Error('an epoch to send under')
  return info.archive
}

/** Begins an epoch as of `before` with an archive of which the author has read: its key they do not hold. */
async function names(author: Person, archive: ArchiveId, before: CliqueLog, space?: SpaceId) {
  const now = author.log
  expect(now.keyring.archives.has(archive)).toBe(false)
  author.rewind(before)
  const change = (part: RotationPart) => ({ archive: { ...part.archive, id: archive, entries: [] } })
  const item = await forgeRotation(author, change, space === undefined ? {} : { space })
  author.rewind(now)
  return item
}

async function takes(item: Uint8Array, ...all: readonly Person[]): Promise<void> {
  for (const one of all) {
    const { accepted, refused } = await one.receives(item)
    expect([accepted.length, refused]).toEqual([1, []])
  }
}

test('[EPO7] [EPO12] whoever was out of a space for a while gets no key of then for naming its archive, dated back', async () => {
  const { anna, ben, carl, dora } = await four(311, 'since-join')
  const space = await creates(carl, 'Plans', ben, dora)
  await meet(anna, ben, carl, dora)
  const before = dora.log
  await changes(carl, space, { remove: [dora] })
  const key = sendingKey(carl.log, space)
  const archive = archiveOf(carl, space)
  await meet(anna, ben, carl, dora)
  await rotates(ben, space)
  await meet(anna, ben, carl, dora)
  await changes(carl, space, { add: [dora] })
  await meet(anna, ben, carl, dora)
  await takes(await names(dora, archive, before, space), anna, ben, carl, dora)
  await rotates(carl, space)
  await meet(anna, ben, carl, dora)
  expect(dora.log.keyring.archives.has(archive)).toBe(false)
  if (key === null) throw new Error('a key')
  expect(keysOutOfReach(carl.log.state, space, dora.device.id)).toContain(key.keyId)
  expect(spaceKeys(carl.log, space).has(key.keyId)).toBe(true)
  expect(spaceKeys(dora.log, space).has(key.keyId)).toBe(false)
})

test('[EPO7] [EPO12] a newcomer gets no key from before their invitation for naming an archive that was begun beside it', async () => {
  const { anna, ben, carl, dora } = await people(312, 'anna', 'ben', 'carl', 'dora')
  await anna.creates({ history: 'since-join' })
  for (const [one, role] of [
    [ben, 'admin'],
    [dora, 'member'],
  ] as const) {
    await one.joins(await anna.invites({ role }), anna.items)
    await meet(anna, one)
  }
  await anna.does(rotateEpoch)
  await meet(anna, ben, dora)
  const old = sendingKey(anna.log, anna.conversation)
  await anna.does(rotateEpoch)
  await meet(anna, ben, dora)
  const link = await anna.invites()
  const items = [...anna.items]
  // Ben has not heard of the invitation.
  await ben.does((log, me, options) => removeMember(log, me, dora.root.id, options))
  const archive = archiveOf(ben)
  await carl.joins(link, items)
  const before = carl.log
  await meet(anna, ben, carl)
  await takes(await names(carl, archive, before), anna, ben, carl)
  await anna.does(rotateEpoch)
  await meet(anna, ben, carl)
  expect(carl.log.keyring.archives.has(archive)).toBe(false)
  if (old === null) throw new Error('a key')
  expect(keysOutOfReach(anna.log.state, anna.conversation, carl.device.id)).toContain(old.keyId)
  expect(spaceKeys(carl.log, carl.conversation).has(old.keyId)).toBe(false)
})

/** Somebody begins epochs of the clique as of `before`, so that one sends under what leads to no more than that. */
async function leadsAside(person: Person, before: CliqueLog, ...others: readonly Person[]): Promise<void> {
  const now = person.log
  person.rewind(before)
  for (let i = 0; i < 3; i++) await person.does(rotateEpoch)
  person.rewind(now)
  await person.receives(...person.items)
  await meet(person, ...others)
}

test('[EPO7] nothing of a space is handed on to who is out of it by what the epoch in use does not lead to', async () => {
  for (const history of ['full', 'since-join'] as const) {
    const { anna, ben, carl, dora } = await four(901, history)
    const space = await creates(carl, 'Plans', ben)
    await meet(anna, ben, carl, dora)
    const before = dora.log
    // Beside each other.
    await changes(ben, space, { add: [dora] })
    await rotates(carl, space)
    const key = sendingKey(carl.log, space)
    await anna.does(rotateEpoch)
    await meet(anna, ben, carl, dora)
    await changes(carl, space, { remove: [dora] })
    await meet(anna, ben, carl, dora)
    await leadsAside(dora, before, anna, ben, carl)
    for (const act of [() => changes(ben, space, { add: [anna] }), () => rotates(ben, space)]) {
      expect(await codeThrown(act)).toBe('no-safe-epoch')
    }
    await ben.does(rotateEpoch)
    await changes(ben, space, { add: [anna] })
    await meet(anna, ben, carl, dora)
    if (key === null) throw new Error('a key')
    expect(isInSpace(dora.log.state, space, dora.root.id)).toBe(false)
    expect(spaceKeys(dora.log, space).has(key.keyId)).toBe(false)
    expect(spaceKeys(anna.log, space).has(key.keyId)).toBe(history === 'full')
  }
})

test('[EPO7] who was in a space for a while reads nothing that was begun beside that by somebody cut off', async () => {
  const { anna, ben, carl, dora } = await four(911)
  const space = await creates(carl, 'Plans', ben)
  await meet(anna, ben, carl, dora)
  await rotates(ben, space)
  const key = sendingKey(ben.log, space)
  await rotates(ben, space)
  await changes(carl, space, { add: [dora] })
  await changes(carl, space, { remove: [dora] })
  await meet(anna, ben, carl, dora)
  if (key === null) throw new Error('a key')
  expect(spaceKeys(carl.log, space).has(key.keyId)).toBe(true)
  expect(spaceKeys(dora.log, space).has(key.keyId)).toBe(false)
})

test('[EPO7] an archive of an epoch that an operation does not build on is not among what it hands on', async () => {
  const { anna } = await people(315, 'anna')
  await anna.creates()
  const { state: past } = anna.log
  const before = anna.log.keyring.archives.size
  await anna.invites()
  await anna.does(rotateEpoch)
  const { keyring, state } = anna.log
  expect(archivesWithin(keyring, state, state).archives).toEqual(keyring.archives)
  const within = archivesWithin(keyring, past, state)
  const beside = [...state.epochs.values()].filter(({ id }) => !past.epochs.has(id))
  expect(beside).not.toEqual([])
  expect([...within.archives.keys()].filter((id) => beside.some((one) => one.archive === id))).toEqual([])
  expect(before).toBeGreaterThan(0)
  expect(within.epochs).toBe(keyring.epochs)
})

test('[KEY2] the mailbox of an epoch of which somebody begins another with its secret is there once, and the current one', async () => {
  const { anna, ben } = await people(313, 'anna', 'ben')
  await anna.creates()
  await ben.joins(await anna.invites(), anna.items)
  await meet(anna, ben)
  const before = ben.log
  for (let i = 0; i < 3; i++) await anna.does(rotateEpoch)
  await meet(anna, ben)
  const epoch = safeEpoch(anna.log)
  const secret = epoch === null ? null : ben.log.keyring.epochs.get(epoch)?.secret
  if (secret == null) throw new Error('a secret')
  // The first 32 bytes that are asked for are the secret.
  const bytes = [secret]
  const random = (size: number) => (size === 32 ? bytes.pop() : undefined) ?? ben.random(size)
  const held = contentMailboxes(anna.log, anna.conversation).length
  const item = await forgeRotation({ log: before, device: ben.device, random }, ({ archive }) => ({
    archive: { ...archive, id: 'ab'.repeat(32) as ArchiveId, entries: [] },
  }))
  await takes(item, anna, ben)
  const boxes = contentMailboxes(anna.log, anna.conversation)
  expect(boxes).toHaveLength(held)
  expect(new Set(boxes.map(({ mailbox }) => mailbox)).size).toBe(held)
  expect(boxes.filter(({ current }) => current).map((box) => box.epoch)).toEqual([epoch])
  expect(spaceKeys(anna.log, anna.conversation).size).toBe(held + 1)
})
