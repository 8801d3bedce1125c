import { encodeKeyring, lacksWraps } from '@clique/crypto'
import type { CliqueId, CliqueLog, Intake, Keyring } from '@clique/crypto'
import { readItemsById, saveItems } from '../storage/items.ts'
import type { Store } from '../storage/store.ts'
import { addWaiting, readWaiting, removeWaiting } from '../storage/waiting.ts'
import type { Waiting } from '../storage/waiting.ts'
import { waitingId } from './reception.ts'
import { relaysByItem } from './relays-by-item.ts'

/** Keeps what came of items that were received: those that were accepted, better copies, and those that wait. */
export async function keepIntake(
  { store, clique }: { readonly store: Store; readonly clique: CliqueId },
  intake: Intake,
  from: {
    readonly items: readonly Uint8Array[]
    readonly relay: string | null
    readonly keyringBefore: Keyring
    readonly now: number
  },
): Promise<void> {
  const { log, accepted } = intake
  const { items, relay, keyringBefore, now } = from
  const wrong = new Set(intake.wrongWraps.map((epoch) => log.state.epochs.get(epoch)?.operation))
  const stored = accepted.map(({ item, operation: { id } }) => {
    const kept = { id, bytes: item, heardAt: now }
    return wrong.has(id) ? { ...kept, wrongWraps: true as const } : kept
  })
  const come = intake.copies.map(({ item, operation }) => ({ id: operation, bytes: item }))
  const ids = come.map(({ id }) => id)
  const there = await readItemsById(store, clique, ids, Infinity)
  const copies = come.filter(({ id }) => !there.some((row) => row.id === id && !lacksWraps(row.bytes)))
  const kept = await readWaiting(store, clique)
  const relaysOf = relaysByItem(items, relay, kept)
  if (stored.length > 0 || copies.length > 0 || log.keyring !== keyringBefore) {
    const keyring = encodeKeyring(log.keyring)
    const atRelays = new Map<string, string[]>()
    for (const { id, bytes } of [...stored, ...copies]) {
      for (const at of relaysOf(bytes)) atRelays.set(at, [...(atRelays.get(at) ?? []), id])
    }
    await saveItems(store, clique, stored, keyring, { atRelays, copies })
  }
  const waiting = log.waiting.map((bytes) => ({ bytes, relays: relaysOf(bytes) }))
  await keepWaiting(store, clique, waiting, kept)
}

/** The log with what other tabs have had come and waits for something: this one takes it up, and settles it for them. */
export async function withStoredWaiting(
  { store, clique }: { readonly store: Store; readonly clique: CliqueId },
  log: CliqueLog,
): Promise<CliqueLog> {
  const known = new Set(log.waiting.map(waitingId))
  const kept = await readWaiting(store, clique)
  const others = kept.filter(({ id }) => !known.has(id)).map(({ bytes }) => bytes)
  return others.length === 0 ? log : { ...log, waiting: [...log.waiting, ...others] }
}

/** What waits in the log waits in storage too, so that it outlives the tab. */
async function keepWaiting(
  store: Store,
  clique: CliqueId,
  waiting: readonly Pick<Waiting, 'bytes' | 'relays'>[],
  kept: readonly Waiting[],
): Promise<void> {
  const wanted = waiting.map((one) => ({ ...one, id: waitingId(one.bytes), author: null }))
  const names = new Set(wanted.map(({ id }) => id))
  const settled = kept.filter(({ id }) => !names.has(id)).map(({ id }) => id)
  await removeWaiting(store, clique, settled)
  await addWaiting(store, clique, wanted)
}
