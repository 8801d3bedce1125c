import { epochsSince, isBuiltOn, newestCapability, newestCapabilityOf } from '@clique/crypto'
import type { CliqueLog, DeviceId, EpochInfo, MemberId, OperationId } from '@clique/crypto'
import type { Evidence } from './evidence.ts'
import type { Membership } from './membership.svelte.ts'
import type { Named } from './person-view.ts'
import type {
  Confirmation,
  Following,
  ForceAtRelay,
  RelayForce,
  RemovalReceipt,
  RemovalsView,
} from './removals-view.ts'

/** What ended, and how far each end has come. See `RemovalsView`. */
export class Removals implements RemovalsView {
  readonly #membership: Membership
  readonly #receipts = $derived.by(() => this.#read())

  constructor(membership: Membership) {
    this.#membership = membership
  }

  get ready(): boolean {
    return true
  }

  get receipts(): readonly RemovalReceipt[] {
    return this.#receipts
  }

  receipt(id: OperationId): RemovalReceipt | null {
    return this.#receipts.find((receipt) => receipt.id === id) ?? null
  }

  of(member: MemberId): readonly RemovalReceipt[] {
    return this.#receipts.filter((receipt) => receipt.member.id === member)
  }

  #read(): RemovalReceipt[] {
    const { log } = this.#membership
    const { members, devices } = log.state
    const ends = new Set([
      ...[...members.values()].flatMap(({ endedBy }) => endedBy),
      ...[...devices.values()].flatMap(({ endedBy }) => endedBy),
    ])
    const depthOf = (id: OperationId): number => log.graph.get(id)?.depth ?? 0
    return [...ends]
      .toSorted((a, b) => depthOf(b) - depthOf(a) || (a < b ? -1 : 1))
      .flatMap((id) => this.#receiptOf(id) ?? [])
  }

  #receiptOf(id: OperationId): RemovalReceipt | null {
    const { log, session } = this.#membership
    const node = log.graph.get(id)
    const ended = node === undefined ? null : endedBy(log, id)
    if (node === undefined || ended === null) return null
    const signers = [node.member, ...node.signatures.map(({ member }) => member)]
    const fresh = epochsSince(log, id)
    const confirmations = this.#confirmations(fresh)
    return {
      id,
      kind: ended.kind,
      member: this.#membership.named(ended.member),
      device: ended.device,
      by: [...new Set(signers)].map((signer) => this.#membership.named(signer)),
      heardAt: session.heardAt(id),
      madeHere: node.device === session.device,
      following: this.#following(ended),
      hasNewKeys: fresh.some((epoch) => log.keyring.epochs.get(epoch.id)?.secret != null),
      confirmations,
      isConfirmed: confirmations.every(({ devices, confirmed }) => devices === confirmed),
      relays: this.#relays(ended),
    }
  }

  #following({ member, device }: EndedBy): Following {
    const { end, me, session } = this.#membership
    const isOwn = device === null ? member === me : device === session.device
    if (isOwn) return 'never'
    return end === null ? 'on' : 'ended'
  }

  #confirmations(fresh: readonly EpochInfo[]): Confirmation[] {
    const { log, evidence, session, me } = this.#membership
    const { members, devices } = log.state
    return [...members.values()]
      .filter(({ status }) => status === 'in')
      .map((member) => {
        const others = member.devices.filter(
          (id) => id !== session.device && devices.get(id)?.status === 'in',
        )
        const confirmed = others.filter((id) => hasOneOf(log, evidence, id, fresh))
        return {
          member: this.#membership.named(member.id),
          devices: others.length,
          confirmed: confirmed.length,
        }
      })
      .filter((confirmation) => confirmation.devices > 0)
      .toSorted((a, b) => byName(a.member, b.member, me))
  }

  #relays({ devices }: EndedBy): RelayForce[] {
    const { log, evidence, end } = this.#membership
    const held = Math.max(0, ...devices.map((device) => newestCapabilityOf(log, device)))
    const newest = newestCapability(log)
    return log.state.relays.map(({ peer, url }) => {
      const force = forceOf(evidence.retired.get(peer), held, newest)
      return { peer, url, force, byMe: force !== 'in-force' && end === null && evidence.tellsRelay === peer }
    })
  }
}

interface EndedBy {
  readonly kind: RemovalReceipt['kind']
  readonly member: MemberId
  readonly device: DeviceId | null
  readonly devices: readonly DeviceId[]
}

function endedBy({ graph, state }: CliqueLog, id: OperationId): EndedBy | null {
  const node = graph.get(id)
  if (node === undefined) return null
  const { body } = node.operation
  if (body.type === 'remove-device') {
    const { device } = body.last
    return { kind: 'device', member: node.member, device, devices: [device] }
  }
  if (body.type !== 'remove-member' && body.type !== 'leave') return null
  const member = body.type === 'leave' ? node.member : body.member
  const devices = state.members.get(member)?.devices ?? []
  return { kind: body.type === 'leave' ? 'left' : 'removed', member, device: null, devices }
}

/** Whether a device has shown that it holds an epoch's keys: it built on it, said that it knows it, or wrote under it. */
function hasOneOf(
  log: CliqueLog,
  { heads, wrote }: Evidence,
  device: DeviceId,
  fresh: readonly EpochInfo[],
): boolean {
  const tip = log.state.tips.get(device)?.operation
  const known = [...(tip === undefined ? [] : [tip]), ...(heads.get(device) ?? [])]
  const written = wrote.get(device)
  return fresh.some(
    ({ id, operation, holders }) =>
      holders.has(`device:${device}`) &&
      (written?.has(id) === true || known.some((head) => isBuiltOn(log, operation, head))),
  )
}

function forceOf(retired: number | undefined, held: number, newest: number): ForceAtRelay {
  if (retired !== undefined && retired >= held) return 'in-force'
  return newest > held && retired === undefined ? 'unknown' : 'not-yet'
}

function byName(a: Named, b: Named, me: MemberId): number {
  return Number(b.id === me) - Number(a.id === me) || a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1)
}
