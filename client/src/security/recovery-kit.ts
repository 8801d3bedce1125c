import {
  CliqueError,
  fromBase64url,
  makeRecoveryPhrase,
  phraseToSeed,
  phraseToWords,
  recoveryKeyPair,
  recoveryListPair,
  recoveryMailboxSeed,
  recoverySaltSize,
  toBase64url,
} from '@clique/crypto'
import type { CliqueId, Random, RecoverySlot } from '@clique/crypto'
import type { MetaRow } from '../storage/database.ts'
import { readProfileValue, saveProfileValue, sealProfileValue } from '../storage/profile.ts'
import type { Store } from '../storage/store.ts'

/**
 * How many cliques one kit serves. Each takes a slot of its own, so that two cliques never see one key; the slots
 * are made while the words are at hand, because afterwards the device knows only public halves.
 */
export const recoverySlotCount = 32

/** The half of a recovery kit that stays on the device. It opens nothing. */
export interface RecoveryKit {
  readonly slots: readonly KitSlot[]
  /** Ed25519 seed that the names of the recovery mailboxes follow from. */
  readonly mailboxSeed: Uint8Array
  /** X-Wing public key to which the list of cliques is sealed. */
  readonly listKey: Uint8Array
}

export interface KitSlot extends RecoverySlot {
  readonly use: CliqueId | null
}

export interface NewKit {
  readonly words: readonly string[]
  readonly kit: RecoveryKit
}

/** A new phrase, and what follows from it. About 150 ms: 33 key pairs. */
export async function makeRecoveryKit(random: Random): Promise<NewKit> {
  const phrase = makeRecoveryPhrase(random)
  const seed = phraseToSeed(phrase)
  const slots: KitSlot[] = []
  for (let i = 0; i < recoverySlotCount; i++) {
    const salt = random(recoverySaltSize)
    slots.push({ salt, publicKey: (await recoveryKeyPair(seed, salt)).publicKey, use: null })
  }
  const kit: RecoveryKit = {
    slots,
    mailboxSeed: recoveryMailboxSeed(seed),
    listKey: (await recoveryListPair(seed)).publicKey,
  }
  return { words: phraseToWords(phrase), kit }
}

/** Two different places from 1 to `count`, ascending: the words that are asked back. */
export function chooseAsked(random: Random, count: number): [number, number] {
  const [a = 0, b = 0] = random(2)
  const first = a % count
  const second = (first + 1 + (b % (count - 1))) % count
  return first < second ? [first + 1, second + 1] : [second + 1, first + 1]
}

/** Null for a person who has none yet. */
export async function readRecoveryKit(store: Store): Promise<RecoveryKit | null> {
  const kept = await readProfileValue<KeptKit>(store, 'recovery-kit')
  return kept === null ? null : keptToKit(kept)
}

/** Keeps the kit once the words are known to be written down. */
export async function saveRecoveryKit(store: Store, kit: RecoveryKit): Promise<void> {
  await saveProfileValue(store, 'recovery-kit', kitToKept(kit))
}

/** Whether another clique can be created or joined without a new kit. */
export function hasFreeSlot(kit: RecoveryKit | null): boolean {
  return kit !== null && kit.slots.some(({ use }) => use === null)
}

/** A slot for a clique that is being made or joined. */
export interface TakenSlot extends RecoverySlot {
  /** The kit once that clique has it, for the commit that keeps the clique: a stop leaves both or neither. */
  usedBy(clique: CliqueId): Promise<MetaRow>
  /** To be called in any case: until then nobody else gets a slot. */
  release(): void
}

/** @throws CliqueError `recovery-kit-missing` where there is none that is free */
export async function takeSlot(store: Store): Promise<TakenSlot> {
  const release = await lockKit(store)
  try {
    const kit = await readRecoveryKit(store)
    const slot = kit?.slots.find(({ use }) => use === null)
    if (kit === null || slot === undefined) throw new CliqueError('recovery-kit-missing')
    return { ...slot, usedBy: (clique) => sealKit(store, withUse(kit, slot, clique)), release }
  } catch (error) {
    release()
    throw error
  }
}

/** Nothing came of a clique: `forget` is given the kit with its slot free again, for the commit that deletes it. */
export async function freeSlot(
  store: Store,
  clique: CliqueId,
  forget: (kit: MetaRow) => Promise<void>,
): Promise<void> {
  const release = await lockKit(store)
  try {
    const kit = await readRecoveryKit(store)
    const slot = kit?.slots.find(({ use }) => use === clique)
    if (kit === null || slot === undefined) throw new CliqueError('recovery-kit-missing')
    await forget(await sealKit(store, withUse(kit, slot, null)))
  } finally {
    release()
  }
}

/** Tabs share the kit, so whoever changes it holds it alone from the reading on. Returns what lets go of it. */
function lockKit(store: Store): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    const held = navigator.locks.request(`${store.name}/recovery-kit`, () => {
      resolve(release)
      return released
    })
    held.catch(reject)
  })
}

function sealKit(store: Store, kit: RecoveryKit): Promise<MetaRow> {
  return sealProfileValue(store, 'recovery-kit', kitToKept(kit))
}

function withUse(kit: RecoveryKit, slot: RecoverySlot, use: CliqueId | null): RecoveryKit {
  const salt = toBase64url(slot.salt)
  return {
    ...kit,
    slots: kit.slots.map((each) => (toBase64url(each.salt) === salt ? { ...each, use } : each)),
  }
}

/** As it rests, inside the vault. */
interface KeptKit {
  readonly slots: readonly { salt: string; publicKey: string; use: KitSlot['use'] }[]
  readonly mailboxSeed: string
  readonly listKey: string
}

function kitToKept(kit: RecoveryKit): KeptKit {
  return {
    slots: kit.slots.map(({ salt, publicKey, use }) => ({
      salt: toBase64url(salt),
      publicKey: toBase64url(publicKey),
      use,
    })),
    mailboxSeed: toBase64url(kit.mailboxSeed),
    listKey: toBase64url(kit.listKey),
  }
}

function keptToKit(kept: KeptKit): RecoveryKit {
  return {
    slots: kept.slots.map(({ salt, publicKey, use }) => ({
      salt: fromBase64url(salt),
      publicKey: fromBase64url(publicKey),
      use,
    })),
    mailboxSeed: fromBase64url(kept.mailboxSeed),
    listKey: fromBase64url(kept.listKey),
  }
}
