import type { CliqueId, DeviceId, MailboxId } from '@clique/crypto'
import type { Place } from './place.ts'
import { guarded, transact } from './store.ts'
import type { Store } from './store.ts'

/** Device -> last sequence of its chain that is held. */
export type Vector = Readonly<Record<string, number>>

/** What each device of the others says that it holds in this place. */
export async function readVectors(store: Store, place: Place): Promise<Map<DeviceId, Vector>> {
  const rows = await guarded(
    store.db.vectors.where('[place+peer]').between([place, ''], [place, '\uffff']).toArray(),
  )
  return new Map(rows.map(({ peer, held }) => [peer, held]))
}

/** Takes over what is higher than before: an old vector that comes late takes nothing back. */
export async function saveVector(
  store: Store,
  clique: CliqueId,
  place: Place,
  peer: DeviceId,
  held: Vector,
): Promise<void> {
  const { vectors } = store.db
  const grew = await transact(store, [vectors], async () => {
    const known = (await vectors.get([place, peer]))?.held ?? {}
    const higher = Object.entries(held).filter(([device, sequence]) => sequence > (known[device] ?? 0))
    if (higher.length === 0) return false
    await vectors.put({ place, peer, held: { ...known, ...Object.fromEntries(higher) } })
    return true
  })
  if (grew) store.changes.announce({ kind: 'vectors', clique, place })
}

export interface MailboxMark {
  /** Offset up to which everything was taken in. */
  readonly cursor: number
  /** Milliseconds since 1970 by the relay's clock: when a mailbox that grows no more was read to its end. */
  readonly settledAt: number | null
}

/** How far the mailboxes of one relay (`relay`: its PeerId) were read; those never read are not in it. */
export async function readMailboxMarks(
  store: Store,
  clique: CliqueId,
  relay: string,
): Promise<Map<MailboxId, MailboxMark>> {
  const rows = await guarded(
    store.db.cursors
      .where('[clique+relay+mailbox]')
      .between([clique, relay, ''], [clique, relay, '\uffff'])
      .toArray(),
  )
  return new Map(rows.map(({ mailbox, cursor, settledAt }) => [mailbox, { cursor, settledAt }]))
}

export async function saveMailboxMark(
  store: Store,
  clique: CliqueId,
  relay: string,
  mailbox: MailboxId,
  { cursor, settledAt }: MailboxMark,
): Promise<void> {
  await guarded(store.db.cursors.put({ clique, relay, mailbox, cursor, settledAt }))
}

/** The latest signed checkpoint that was seen of a relay's log. */
export async function readCheckpoint(
  store: Store,
  clique: CliqueId,
  relay: string,
): Promise<Uint8Array | null> {
  return (await guarded(store.db.checkpoints.get([clique, relay])))?.bytes ?? null
}

export async function saveCheckpoint(
  store: Store,
  clique: CliqueId,
  relay: string,
  bytes: Uint8Array,
): Promise<void> {
  await guarded(store.db.checkpoints.put({ clique, relay, bytes }))
}

/** Proof that a relay showed more than one log. The first one is kept. */
export async function readLogProof(
  store: Store,
  clique: CliqueId,
  relay: string,
): Promise<Uint8Array | null> {
  return (await guarded(store.db.logProofs.get([clique, relay])))?.bytes ?? null
}

export async function saveLogProof(
  store: Store,
  clique: CliqueId,
  relay: string,
  bytes: Uint8Array,
): Promise<void> {
  const { logProofs } = store.db
  await transact(store, [logProofs], async () => {
    if ((await logProofs.get([clique, relay])) === undefined) await logProofs.put({ clique, relay, bytes })
  })
}
