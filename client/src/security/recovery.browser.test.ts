import {
  bytesToId,
  decodeRecoveryEntries,
  openRecoveryList,
  phraseToSeed,
  recoveryKeyPair,
  recoveryListPair,
  systemRandom,
  toHex,
} from '@clique/crypto'
import type { CliqueId } from '@clique/crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { saveNewClique } from '../storage/new-clique.ts'
import { deleteClique } from '../storage/delete-clique.ts'
import { deleteStore, openStore } from '../storage/store.ts'
import type { Store } from '../storage/store.ts'
import { makeDevice } from './device-keys.ts'
import {
  chooseAsked,
  freeSlot,
  hasFreeSlot,
  makeRecoveryKit,
  readRecoveryKit,
  recoverySlotCount,
  saveRecoveryKit,
  takeSlot,
} from './recovery-kit.ts'
import type { NewKit } from './recovery-kit.ts'
import { publishRecoveryList } from './recovery-list.ts'
import type { KeyedMailbox } from './relay-door.ts'

let name: string
let store: Store
let made: NewKit
beforeEach(async () => {
  name = `test-${toHex(systemRandom(8))}`
  store = await openStore(name)
  made = await makeRecoveryKit(systemRandom)
  await saveRecoveryKit(store, made.kit)
})
afterEach(async () => {
  store.close()
  await deleteStore(name)
})

const someClique = () => bytesToId('clique', systemRandom(32))

async function enter(clique: CliqueId): Promise<void> {
  const slot = await takeSlot(store)
  const device = await makeDevice(systemRandom)
  await saveNewClique(store, {
    profile: {
      clique,
      member: device.root.id,
      device: device.keys.id,
      peer: device.keys.peer,
      name: 'Marmots',
      accent: 'teal',
      relays: [{ url: 'https://relay.example', peer: 'relay-a' }],
      conversation: bytesToId('space', systemRandom(16)),
      since: 1,
      registration: null,
      ownsRelay: false,
    },
    signer: device.signer.secret,
    secrets: { control: new Uint8Array(32).fill(9) },
    items: [],
    keyring: new Uint8Array(1),
    kit: await slot.usedBy(clique),
  })
  slot.release()
}

test('the words give the private half of every slot that stayed on the device', async () => {
  const kit = await readRecoveryKit(store)
  expect(kit?.slots).toHaveLength(recoverySlotCount)
  const seed = phraseToSeed(made.words.join(' '))
  for (const { salt, publicKey } of kit?.slots.slice(0, 3) ?? []) {
    expect((await recoveryKeyPair(seed, salt)).publicKey).toEqual(publicKey)
  }
})

test('two tabs that take slots at once never get the same one', async () => {
  await Promise.all(Array.from({ length: 8 }, () => enter(someClique())))
  const kit = await readRecoveryKit(store)
  expect(kit?.slots.filter(({ use }) => use !== null)).toHaveLength(8)
})

test('a slot that came to nothing is free again, and a kit without a free one says so', async () => {
  const [first] = made.kit.slots
  if (first === undefined) throw new Error('no slots')
  const unused = await takeSlot(store)
  unused.release()
  expect(toHex(unused.salt)).toBe(toHex(first.salt))
  const clique = someClique()
  await enter(clique)
  for (let i = 1; i < recoverySlotCount; i++) await enter(someClique())
  expect(hasFreeSlot(await readRecoveryKit(store))).toBe(false)
  await expect(takeSlot(store)).rejects.toMatchObject({ code: 'recovery-kit-missing' })
  await freeSlot(store, clique, (kit) => deleteClique(store, clique, [], kit))
  const again = await takeSlot(store)
  again.release()
  expect(toHex(again.salt)).toBe(toHex(first.salt))
})

test('two different words are asked back, in order', () => {
  for (let a = 0; a < 256; a += 5) {
    for (let b = 0; b < 256; b += 7) {
      const [first, second] = chooseAsked(() => Uint8Array.of(a, b), 24)
      expect(first).toBeLessThan(second)
      expect(first).toBeGreaterThanOrEqual(1)
      expect(second).toBeLessThanOrEqual(24)
    }
  }
})

test('the list at a relay is opened by the words, names every clique, and is left again only when it has changed', async () => {
  const marmots = someClique()
  await enter(marmots)
  const left: { mailbox: KeyedMailbox; sealed: Uint8Array }[] = []
  const publish = (relayPeer: string) =>
    publishRecoveryList(store, { clique: marmots, relayPeer, now: 1_000 }, async (mailbox, sealed) => {
      left.push({ mailbox, sealed })
      return 'made'
    })
  await publish('relay-a')
  await publish('relay-a')
  expect(left).toHaveLength(1)

  const choir = someClique()
  await enter(choir)
  await publish('relay-a')
  await publish('relay-b')
  expect(left).toHaveLength(3)
  expect(left[0]?.mailbox.mailbox).toBe(left[1]?.mailbox.mailbox)
  expect(left[2]?.mailbox.mailbox).not.toBe(left[1]?.mailbox.mailbox)

  const { privateKey } = await recoveryListPair(phraseToSeed(made.words.join(' ')))
  const sealed = left[1]?.sealed ?? new Uint8Array(0)
  const entries = decodeRecoveryEntries(await openRecoveryList(privateKey, sealed))
  expect(entries.map(({ clique }) => clique).toSorted()).toEqual([marmots, choir].toSorted())
})

test('a list that a relay did not take is left again', async () => {
  const clique = someClique()
  await enter(clique)
  const place = { clique, relayPeer: 'relay-a', now: 1_000 }
  const refused = publishRecoveryList(store, place, () => Promise.reject(new Error('gone')))
  await expect(refused).rejects.toThrow('gone')
  let count = 0
  await publishRecoveryList(store, place, async () => {
    count++
    return 'added'
  })
  expect(count).toBe(1)
})

test('a list whose mailbox is said to be gone is made again by the clique that made it, and by no other', async () => {
  const [marmots, choir] = [someClique(), someClique()]
  await enter(marmots)
  const asked: string[] = []
  const publish = (clique: CliqueId) =>
    publishRecoveryList(store, { clique, relayPeer: 'relay-a', now: 1_000 }, async (_box, _sealed, mayBe) => {
      asked.push(mayBe)
      return mayBe
    })
  await publish(marmots)
  await enter(choir)
  await publish(choir)
  await publish(choir)
  await publish(marmots)
  await publish(choir)
  expect(asked).toEqual(['made', 'missing', 'missing', 'made'])
})
