import {
  encodeRecoveryEntries,
  mailboxIdOf,
  recoveryMailboxSeedAt,
  sealRecoveryList,
  signerFromSeed,
  toBase64url,
} from '@clique/crypto'
import type { CliqueId, RecoveryEntry } from '@clique/crypto'
import { readCliques, readSecret } from '../storage/cliques.ts'
import { readProfileValue, saveProfileValue } from '../storage/profile.ts'
import type { Store } from '../storage/store.ts'
import { readRecoveryKit } from './recovery-kit.ts'
import type { RecoveryKit } from './recovery-kit.ts'
import type { KeyedMailbox } from './relay-door.ts'

/** Milliseconds after which a list that has not changed is put there again, so that it never ages away. */
const renewMs = 180 * 24 * 60 * 60 * 1000

/** What was put into which relay's recovery mailbox last, and whose session made that mailbox. */
type Published = Readonly<
  Record<string, { readonly list: string; readonly at: number; readonly maker?: CliqueId }>
>

/**
 * Appends to the recovery mailbox at one relay; resolves when the relay has signed for it. Where it is not there it is
 * made, if that `mayBe`, or else `missing`.
 */
export type AppendToRecovery = (
  mailbox: KeyedMailbox,
  sealed: Uint8Array,
  mayBe: 'made' | 'missing',
) => Promise<'added' | 'made' | 'missing'>

/**
 * Leaves the list of this person's cliques at a relay, sealed to the recovery words, whenever it has changed: it is
 * what a person with nothing but the words finds everything by. This device can add to it and cannot open it. `clique`
 * is the one whose session there has begun. A mailbox that another one made is not made again by it, whatever the
 * relay says: that would show the relay who is in both. The other one's next session does it.
 */
export async function publishRecoveryList(
  store: Store,
  { clique, relayPeer, now }: { readonly clique: CliqueId; readonly relayPeer: string; readonly now: number },
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
  const maker = entries.find((entry) => entry.clique === last?.maker)?.clique ?? clique
  const sealed = await sealRecoveryList(kit.listKey, encoded)
  const done = await append({ mailbox, signer }, sealed, maker === clique ? 'made' : 'missing')
  if (done === 'missing') return
  const kept = {
    list,
    at: now,
    ...(done === 'made' ? { maker: clique } : last?.maker && { maker: last.maker }),
  }
  await saveProfileValue(store, 'recovery-list', { ...published, [relayPeer]: kept })
}

async function readEntries(store: Store, kit: RecoveryKit): Promise<RecoveryEntry[]> {
  const profiles = new Map((await readCliques(store)).map((profile) => [profile.clique, profile]))
  const entries: RecoveryEntry[] = []
  for (const { use, salt } of kit.slots) {
    const profile = use === null ? undefined : profiles.get(use)
    if (profile === undefined) continue
    const { clique, member, relays } = profile
    const controlMailboxSeed = await readSecret(store, clique, 'control')
    if (controlMailboxSeed !== null) entries.push({ clique, member, salt, controlMailboxSeed, relays })
  }
  return entries
}
