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
import { readProfileValue, saveProfileValue } from '../storage/profile.ts'
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
  /** `taken` while a clique is being made or joined with it. */
  readonly use: CliqueId | 'taken' | null
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

/** A slot for a new clique; nobody else gets it. @throws CliqueError `recovery-kit-missing` */
export function takeSlot(store: Store): Promise<RecoverySlot> {
  return changeKit(store, (kit) => {
    const slot = kit.slots.find(({ use }) => use === null)
    if (slot === undefined) throw new CliqueError('recovery-kit-missing')
    return [withUse(kit, slot, 'taken'), slot]
  })
}

/** The slot belongs to that clique now, or (null) is free again because nothing came of it. */
export function settleSlot(store: Store, slot: RecoverySlot, use: CliqueId | null): Promise<void> {
  return changeKit(store, (kit) => [withUse(kit, slot, use), undefined])
}

/** Tabs share the kit, so every change reads it anew under a lock. */
function changeKit<T>(store: Store, change: (kit: RecoveryKit) => [RecoveryKit, T]): Promise<T> {
  return navigator.locks.request(`${store.name}/recovery-kit`, async () => {
    const kit = await readRecoveryKit(store)
    if (kit === null) throw new CliqueError('recovery-kit-missing')
    const [changed, result] = change(kit)
    await saveRecoveryKit(store, changed)
    return result
  })
}

function withUse(kit: RecoveryKit, slot: RecoverySlot, use: KitSlot['use']): RecoveryKit {
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
