import { isAdmin, isDeviceIn } from '@clique/crypto'
import type { DeviceId, EpochId, MemberId, OperationId, RosterState } from '@clique/crypto'
import type { CliqueSession } from '../documents/clique-session.ts'
import { relayToTell } from '../storage/admin-keys.ts'
import { readHeardHeads } from '../storage/heard-heads.ts'
import { placeOf } from '../storage/place.ts'
import { readHeads, readRecordsAt } from '../storage/records.ts'
import { readRetired } from '../storage/retired-at-relay.ts'

/** What is known beside the roster, and read from storage when that has changed. */
export interface Evidence {
  /** The roster heads that each device of the others said last. */
  readonly heads: ReadonlyMap<DeviceId, readonly OperationId[]>
  /** The epochs under which each device last wrote, one for each space. */
  readonly wrote: ReadonlyMap<DeviceId, ReadonlySet<EpochId>>
  /** By relay: the generation up to which it lets nobody in any more. */
  readonly retired: ReadonlyMap<string, number>
  /** PeerId of the relay that this device may tell of a new capability. */
  readonly tellsRelay: string | null
  /** When something of a member was last heard of, where there is one admin alone. */
  readonly lastSigns: ReadonlyMap<MemberId, number>
}

export const noEvidence: Evidence = {
  heads: new Map(),
  wrote: new Map(),
  retired: new Map(),
  tellsRelay: null,
  lastSigns: new Map(),
}

export async function readEvidence(session: CliqueSession): Promise<Evidence> {
  const { store, clique, log } = session
  const [tellsRelay, heads, retired] = await Promise.all([
    relayToTell(store, clique, log.state.relays),
    readHeardHeads(store, clique),
    readRetired(store, clique),
  ])
  const { wrote, receivedAt } = await readWritten(session, soleAdmin(log.state))
  return {
    heads,
    wrote,
    retired,
    tellsRelay,
    lastSigns: receivedAt,
  }
}

/** The one owner or admin, where there is one alone. */
export function soleAdmin({ members }: RosterState): MemberId | null {
  const admins = [...members.values()].filter(({ status, role }) => status === 'in' && isAdmin(role))
  return admins.length === 1 ? (admins[0]?.id ?? null) : null
}

async function readWritten(
  session: CliqueSession,
  admin: MemberId | null,
): Promise<Pick<Evidence, 'wrote'> & { receivedAt: Map<MemberId, number> }> {
  const { store, clique, log } = session
  const wrote = new Map<DeviceId, Set<EpochId>>()
  const receivedAt = new Map<MemberId, number>()
  for (const space of log.state.spaces.keys()) {
    const place = placeOf(clique, space)
    const heads = await readHeads(store, place)
    const keys = session.keysOf(space)
    for (const { device, keyId } of heads) {
      const epoch = keys.get(keyId)?.epoch
      if (epoch !== undefined && isDeviceIn(log.state, device)) {
        wrote.set(device, (wrote.get(device) ?? new Set<EpochId>()).add(epoch))
      }
    }
    if (admin === null) continue
    const theirs = heads.filter(({ device }) => log.state.devices.get(device)?.member === admin)
    for (const row of await readRecordsAt(store, place, theirs)) {
      receivedAt.set(admin, Math.max(receivedAt.get(admin) ?? 0, row.receivedAt))
    }
  }
  return { wrote, receivedAt }
}
