import { equal } from '../bytes.ts'
import type { DeviceId, OperationId } from '../ids.ts'
import type { CliqueLog } from './log.ts'
import type { Operation } from './operation.ts'
import { openInvitations } from './standing.ts'
import type { RosterState } from './state.ts'

/**
 * KEM keys (public halves, oldest first) of a device under which nothing new can come to it from anybody who is in.
 *
 * An epoch is wrapped to the keys that its author knows. Somebody who was away may begin one from as far back as the last
 * operation of their device, and whoever takes an invitation from as far back as the operation that made it: each of these
 * has to have the device's newer key in its past, or in between lie heads that name the older one.
 */
export function retiredKemKeys(log: CliqueLog, device: DeviceId): readonly Uint8Array[] {
  const keys = kemKeysOf(log.operations.values(), device)
  const named = [log.state, ...seenLast(log, device)].map((state) => {
    const kem = state.devices.get(device)?.kem
    // Where the device is not known yet, the way from there leads past its first key.
    return Math.max(
      0,
      keys.findIndex((key) => kem !== undefined && equal(key, kem)),
    )
  })
  return keys.slice(0, Math.min(...named))
}

/** What everybody else is certain to know, each by themselves. */
function* seenLast({ state, graph }: CliqueLog, device: DeviceId): Generator<RosterState> {
  const sinceOf = new Map<DeviceId, OperationId>()
  for (const { status, devices, since } of state.members.values()) {
    // Who waits in quarantine may not have heard of it.
    if (status !== 'out') for (const id of devices) sinceOf.set(id, state.devices.get(id)?.since ?? since)
  }
  for (const [id, since] of sinceOf) {
    if (id === device || state.devices.get(id)?.status !== 'in') continue
    yield graph.stateAt([state.tips.get(id)?.operation ?? since])
  }
  for (const { operation } of openInvitations(state)) yield graph.stateAt([operation])
}

/** All that a device ever had, oldest first. */
function kemKeysOf(operations: Iterable<Operation>, device: DeviceId): Uint8Array[] {
  const found: { readonly sequence: number; readonly kem: Uint8Array }[] = []
  for (const { body, author, sequence } of operations) {
    if (body.type === 'rotate-kem' && author.kind === 'device' && author.id === device) {
      found.push({ sequence: sequence ?? 0, kem: body.kem })
    }
    const came = body.type === 'genesis' ? body.founder : body.type === 'join' ? body.newcomer : body
    if ('device' in came && came.device === device && 'kem' in came)
      found.push({ sequence: 0, kem: came.kem })
  }
  return found.toSorted((a, b) => a.sequence - b.sequence).map(({ kem }) => kem)
}
