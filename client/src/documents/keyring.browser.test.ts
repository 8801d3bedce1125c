import { createSpace, decodeKeyring, encodeKeyring, receiveItems, rotateEpoch } from '@clique/crypto'
import { systemRandom as random } from '@clique/crypto'
import type { EpochId } from '@clique/crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { decodeItem, encodeItem } from '../../../crypto/src/epochs/control-item.ts'
import { readItems, readKeyring, readSealedKeyring, saveItems } from '../storage/items.ts'
import { deleteClique } from '../storage/delete-clique.ts'
import { readWaiting, removeWaiting } from '../storage/waiting.ts'
import type { CliqueSession } from './clique-session.ts'
import { TestMember } from './testing/members.ts'

let anna: TestMember
let ben: TestMember
/** Of the same profile as Ben's first one. */
let second: CliqueSession
beforeEach(async () => {
  anna = await TestMember.founder('Anna')
  ben = await anna.invites('Ben')
  await ben.tells(anna)
  await anna.tells(ben)
  second = await ben.tab()
})
afterEach(async () => {
  await anna.leaves()
  await ben.leaves()
})

/** Begins an epoch for Ben, as an item that is whole and as one that lost its wraps on the way: these are outside its seal. */
async function beginsSpace() {
  const audience = { kind: 'channel', title: 'Two', members: [ben.session.member] } as const
  const { item, operation } = await anna.session.act((log, me) => createSpace(log, me, audience, { random }))
  const { handout, ...rest } = decodeItem(item)
  const { body } = operation
  if (handout === null || body.type !== 'create-space') throw new Error('it begins an epoch')
  const stripped = encodeItem({ ...rest, handout: { ...handout, wraps: null } })
  return { space: body.space, epoch: handout.epoch, whole: item, stripped }
}

async function stored(): Promise<Uint8Array> {
  const bytes = await readKeyring(ben.store, ben.session.clique)
  if (bytes === null) throw new Error('no keyring')
  return bytes
}

/** Whether the first tab, the second and the disk have an epoch's secret. */
async function holders(epoch: EpochId): Promise<boolean[]> {
  const keyrings = [ben.session.log.keyring, second.log.keyring, decodeKeyring(await stored())]
  return keyrings.map(({ epochs }) => epochs.get(epoch)?.secret != null)
}

test('[EPO10] a key that came with a better copy of a known item is every tab’s, and outlives what any of them does', async () => {
  const { epoch, whole, stripped } = await beginsSpace()
  await ben.session.receiveItems([stripped], null)
  await second.catchUp()
  expect(await holders(epoch)).toEqual([false, false, false])
  await ben.session.receiveItems([whole], null)
  await second.catchUp()
  expect(await holders(epoch)).toEqual([true, true, true])
  await second.act((log, me) => rotateEpoch(log, me, { random }))
  await ben.session.catchUp()
  expect(await holders(epoch)).toEqual([true, true, true])
})

test('[EPO10] what waited for a key that comes with a better copy of a known item is read then', async () => {
  const { space, whole, stripped } = await beginsSpace()
  await anna.says('for two', space)
  await ben.session.receiveItems([stripped], null)
  const early = await ben.session.receiveRecords(space, await anna.records(space), null)
  expect(early).toMatchObject({ accepted: 0, waiting: 1, refused: [] })
  expect(await ben.session.receiveItems([whole], null)).toMatchObject({ accepted: 0 })
  expect(await ben.sees(ben.session, space)).toEqual(['Anna: for two'])
})

test('[EPO10] what waited for a key is tried again also where the tab that stored the key was stopped before it did', async () => {
  const { space, whole, stripped } = await beginsSpace()
  await anna.says('for two', space)
  await second.receiveItems([stripped], null)
  expect(await second.receiveRecords(space, await anna.records(space), null)).toMatchObject({ waiting: 1 })
  const { session, store } = ben
  await session.catchUp()
  const { log, copies } = await receiveItems(session.log, [whole], session.me.recipients)
  const better = copies.map(({ item: bytes, operation: id }) => ({ id, bytes }))
  await saveItems(store, session.clique, [], encodeKeyring(log.keyring), { copies: better })
  await second.catchUp()
  expect(await second.receiveItems([], null)).toMatchObject({ accepted: 0 })
  expect(await ben.sees(second, space)).toEqual(['Anna: for two'])
})

test('[EPO10] an item that waits and brings a key, which is not kept, leaves the keyring as it was and stores nothing', async () => {
  const rotate = async () => (await anna.session.act((log, me) => rotateEpoch(log, me, { random }))).item
  const [, later] = [await rotate(), await rotate()]
  await ben.session.receiveItems([later], null)
  const [{ keyring }, row] = [ben.session.log, await readSealedKeyring(ben.store, ben.session.clique)]
  expect(await ben.session.receiveItems([], null)).toMatchObject({ accepted: 0, waiting: 1 })
  expect(ben.session.log.keyring).toBe(keyring)
  expect(await readSealedKeyring(ben.store, ben.session.clique)).toEqual(row)
})

test('[EPO10] a known item that comes again with no key changes no tab’s keyring and is not stored again', async () => {
  const { item } = await anna.session.act((log, me) => rotateEpoch(log, me, { random }))
  await ben.session.receiveItems([item], null)
  await second.catchUp()
  const held = () => [ben.session.log.keyring, second.log.keyring]
  const [before, row] = [held(), await readSealedKeyring(ben.store, ben.session.clique)]
  await second.receiveItems([item], null)
  await ben.session.catchUp()
  expect(await readSealedKeyring(ben.store, ben.session.clique)).toEqual(row)
  await saveItems(ben.store, ben.session.clique, [], await stored())
  await Promise.all([ben.session.catchUp(), second.catchUp()])
  expect(held().map((keyring, i) => keyring === before[i])).toEqual([true, true])
})

test('[EPO10] a stored keyring takes no key from a tab that holds more, which then stores it too', async () => {
  const before = await stored()
  const { epoch, whole } = await beginsSpace()
  await ben.session.receiveItems([whole], null)
  await second.catchUp()
  await saveItems(ben.store, ben.session.clique, [], before)
  await Promise.all([ben.session.catchUp(), second.catchUp()])
  expect(await holders(epoch)).toEqual([true, true, false])
  await second.act((log, me) => rotateEpoch(log, me, { random }))
  expect(await holders(epoch)).toEqual([true, true, true])
})

test('[EPO10] the keyring of a clique that was deleted is not stored again by a tab that still has it', async () => {
  const { clique } = ben.session
  await deleteClique(ben.store, clique)
  const act = second.act((log, me) => rotateEpoch(log, me, { random }))
  await expect(act).rejects.toMatchObject({ code: 'clique-keys-missing' })
  expect(await readKeyring(ben.store, clique)).toBeNull()
})

test('[ITM3] what waits in one tab is dropped by none, and another tab takes it up when what it needs has come', async () => {
  const rotate = async () => (await anna.session.act((log, me) => rotateEpoch(log, me, { random }))).item
  const [first, later] = [await rotate(), await rotate()]
  expect(await second.receiveItems([later], null)).toMatchObject({ accepted: 0, waiting: 1 })
  expect(await ben.session.receiveItems([], null)).toMatchObject({ waiting: 1 })
  await second.close()
  expect(await ben.session.receiveItems([first], null)).toMatchObject({ accepted: 2, waiting: 0 })
})

test('[ITM3] what waits in one tab and was dropped by another is taken up by none before it is stored', async () => {
  const rotate = async () => await anna.session.act((log, me) => rotateEpoch(log, me, { random }))
  const [first, later] = [await rotate(), await rotate()]
  expect(await second.receiveItems([later.item], null)).toMatchObject({ accepted: 0, waiting: 1 })
  for (const { id } of await readWaiting(ben.store, ben.session.clique)) {
    await removeWaiting(ben.store, ben.session.clique, [id])
  }
  expect(await ben.session.receiveItems([first.item], null)).toMatchObject({ accepted: 1, waiting: 0 })
  const own = await second.act((log, me) => rotateEpoch(log, me, { random }))
  expect(own.operation.parents).toEqual([first.operation.id])
  expect(await second.receiveItems([], null)).toMatchObject({ accepted: 1, waiting: 0 })
  const { items } = await readItems(ben.store, ben.session.clique)
  expect(items.map(({ id }) => id)).toContain(later.operation.id)
})
