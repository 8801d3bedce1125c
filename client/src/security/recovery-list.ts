import {
  encodeRecoveryEntries,
  mailboxIdOf,
  recoveryMailboxSeedAt,
  sealRecoveryList,
  signerFromSeed,
  toBase64url,
} from '@clique/crypto'
import type { RecoveryEntry } from '@clique/crypto'
import { readCliques, readSecret } from '../storage/cliques.ts'
import { readProfileValue, saveProfileValue } from '../storage/profile.ts'
import type { Store } from '../storage/store.ts'
import { readRecoveryKit } from './recovery-kit.ts'
import type { RecoveryKit } from './recovery-kit.ts'
import type { KeyedMailbox } from './relay-door.ts'

/** Milliseconds after which a list that has not changed is put there again, so that it never ages away. */
const renewMs = 180 * 24 * 60 * 60 * 1000

/** What was put into which relay's recovery mailbox last. */
type Published = Readonly<Record<string, { readonly list: string; readonly at: number }>>

/** Appends to the recovery mailbox at one relay; resolves when the relay has signed for it. */
export type AppendToRecovery = (mailbox: KeyedMailbox, sealed: Uint8Array) => Promise<void>

/**
 * Leaves the list of this person's cliques at a relay, sealed to the recovery words, whenever it has changed: it is
 * what a person with nothing but the words finds everything by. This device can add to it and cannot open it.
 */
export async function publishRecoveryList(
  store: Store,
  relayPeer: string,
  now: number,
  append: AppendToRecovery,
): Promise<void> {
  const kit = await readRecoveryKit(store)
  if (kit === null) return
  const entries = await readEntries(store, kit)
  if (entries.length === 0) return
  const encoded = encodeRecoveryEntries(entries)
  const list = toBase64url(encoded)
  const published = (await readProfileValue<Published>(store, 'recovery-list')) ?? {}
  const last = published[relayPeer]
  if (last !== undefined && last.list === list && now - last.at < renewMs) return
  const signer = signerFromSeed(recoveryMailboxSeedAt(kit.mailboxSeed, relayPeer))
  const mailbox = mailboxIdOf(signer.publicKey)
  await append({ mailbox, signer }, await sealRecoveryList(kit.listKey, encoded))
  await saveProfileValue(store, 'recovery-list', { ...published, [relayPeer]: { list, at: now } })
}

async function readEntries(store: Store, kit: RecoveryKit): Promise<RecoveryEntry[]> {
  const profiles = new Map((await readCliques(store)).map((profile) => [profile.clique, profile]))
  const entries: RecoveryEntry[] = []
  for (const { use, salt } of kit.slots) {
    const profile = use === null || use === 'taken' ? undefined : profiles.get(use)
    if (profile === undefined) continue
    const { clique, member, relays } = profile
    const controlMailboxSeed = await readSecret(store, clique, 'control')
    if (controlMailboxSeed !== null) entries.push({ clique, member, salt, controlMailboxSeed, relays })
  }
  return entries
}
