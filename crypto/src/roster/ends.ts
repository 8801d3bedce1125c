import type { DeviceId, InviteId, MemberId, OperationId, SpaceId } from '../ids.ts'
import { hasBit } from './bit-set.ts'
import type { RosterNode } from './node.ts'
import type { RosterChange } from './operation.ts'
import { isStrictlySenior } from './rank.ts'
import { reaches } from './roles.ts'
import { compareIds } from './sorted-ids.ts'
import { isLeaving } from './spaces.ts'
import type { RosterState } from './state.ts'

/** Two operations of one device with one sequence number. */
export interface Fork {
  readonly device: DeviceId
  readonly sequence: number
  /** All of that number, in the order of their ids. */
  readonly twins: readonly RosterNode[]
  /** These, and all others of that device that share a number: who knows two of one group knows that it forked. */
  readonly proofs: readonly (readonly RosterNode[])[]
}

/**
 * What in one set of operations ends memberships, devices and roles, whether it counts or not; and the forks, which
 * follow from the set alone.
 */
export class Ends {
  readonly forks: ReadonlyMap<DeviceId, Fork>
  readonly #ofMembers = new Map<MemberId, RosterNode[]>()
  readonly #ofDevices = new Map<DeviceId, RosterNode[]>()
  /** Removals of those who took an invitation, or of the device that they took it with. */
  readonly #ofTakers = new Map<InviteId, RosterNode[]>()
  readonly #demotions = new Map<MemberId, RosterNode[]>()
  /** Changes of audiences, by the space and whom they take out. */
  readonly #ofPlaces = new Map<string, RosterNode[]>()

  constructor(nodes: readonly RosterNode[]) {
    const bySequence = new Map<string, RosterNode[]>()
    for (const node of nodes) {
      const { body } = node.operation
      if (body.type === 'remove-member') this.#endMember(body.member, node)
      if (body.type === 'leave') this.#endMember(node.member, node)
      if (body.type === 'remove-device') this.#endDevice(body.last.device, node)
      if (body.type === 'set-role' && node.demotesTo !== null) push(this.#demotions, body.member, node)
      if (body.type === 'set-audience') {
        for (const member of body.remove) push(this.#ofPlaces, placeName(body.space, member), node)
      }
      if (node.device !== null) push(bySequence, `${node.device} ${node.operation.sequence}`, node)
    }
    this.forks = findForks(bySequence.values())
  }

  /** Removals of this member or device that did not know of an operation. */
  outsideOf(node: RosterNode, member: MemberId, device: DeviceId | null): RosterNode[] {
    const ofDevice = device === null ? [] : (this.#ofDevices.get(device) ?? [])
    // Nobody else removes one of their devices, though they may have brought it for themselves beside that.
    const removals = [
      ...(this.#ofMembers.get(member) ?? []),
      ...ofDevice.filter((removal) => removal.member === member),
    ]
    return removals.filter((removal) => removal !== node && !hasBit(removal.past, node.index))
  }

  /**
   * What its author said of themselves without having known of it: that they leave, that they do with a lesser role than it
   * needs, or, by their root, that its device is out, or one that had added that one. A root signs without a number, so its
   * member can say this as of any day. A leave or a loss that it knew of had no effect there, as its author was in.
   */
  ownEndsOf(node: RosterNode): RosterNode[] {
    if (node.operation.type === 'leave') return []
    const leaves = this.outsideOf(node, node.member, null).filter(
      ({ operation }) => operation.type === 'leave',
    )
    return [
      ...[...leaves, ...this.#dropsOutside(node)].filter((end) => !hasBit(node.past, end.index)),
      ...this.#demotionsBeside(node).filter((end) => end.member === node.member),
    ]
  }

  #dropsOutside(node: RosterNode): RosterNode[] {
    const { device } = node
    if (device === null) return []
    const own = this.outsideOf(node, node.member, device).filter(isRootDrop)
    const adding = node.rests.filter(isAdding)
    return [...own, ...adding.flatMap((rest) => this.#dropsOutside(rest))]
  }

  /** What had taken a role from a member, of which one operation that gives them one knew and another one did not. */
  liftedBy(lift: RosterNode, grant: RosterNode, member: MemberId): RosterNode[] {
    if (!isGrant(lift) || !isGrant(grant)) return []
    return (this.#demotions.get(member) ?? []).filter(
      ({ index }) => hasBit(lift.past, index) && !hasBit(grant.past, index),
    )
  }

  /** Whether it knew of all that took a role from its member. */
  knewRoles({ member, past }: RosterNode): boolean {
    return (this.#demotions.get(member) ?? []).every((end) => hasBit(past, end.index))
  }

  /** Removals that end an invitation without having known of this join: of its maker, or of another taker. */
  ofInvitationOutside(join: RosterNode): RosterNode[] {
    const invite = join.rests[0]
    const { author } = join.operation
    if (invite === undefined || author.kind !== 'invitation') return []
    const ofTakers = (this.#ofTakers.get(author.id) ?? []).filter(({ past }) => !hasBit(past, join.index))
    return [...this.outsideOf(join, invite.member, invite.device), ...ofTakers]
  }

  /**
   * Strong changes of the author's role to one that is not enough for this operation, that did not know of it, and that
   * nothing which gave the author that role knew of.
   */
  demotionsOutsideOf(node: RosterNode): RosterNode[] {
    return this.#demotionsBeside(node).filter((demotion) => this.isStrong(demotion))
  }

  #demotionsBeside(node: RosterNode): RosterNode[] {
    const { needs } = node
    if (needs === null) return []
    return (this.#demotions.get(node.member) ?? []).filter(
      (demotion) =>
        demotion !== node &&
        demotion.demotesTo !== null &&
        !reaches(demotion.demotesTo, needs) &&
        !hasBit(demotion.past, node.index) &&
        !node.rests.some((rest) => isGrant(rest) && (rest === demotion || hasBit(rest.past, demotion.index))),
    )
  }

  /**
   * Changes of an audience that took the author of another one out of it, without having known of that one; of strictly
   * stronger authority, and not of a device that had forked.
   */
  placeEndsOutsideOf(node: RosterNode): RosterNode[] {
    const { body } = node.operation
    if (body.type !== 'set-audience') return []
    return (this.#ofPlaces.get(placeName(body.space, node.member)) ?? []).filter(
      (end) =>
        isPlaceEndOutsideOf(end, node) && isStrictlySenior(end.strength, node.rank) && !this.isTainted(end),
    )
  }

  /**
   * Strong enough that what its past does not hold never counts. What a forked device signed, or helped to sign, from
   * the fork on is not: an old stolen key could else undo everything that came since.
   */
  isStrong(removal: RosterNode): boolean {
    return (removal.isCountersigned || removal.isSenior) && !this.isTainted(removal)
  }

  forkOf(node: RosterNode): Fork | null {
    const fork = node.device === null ? undefined : this.forks.get(node.device)
    return fork !== undefined && (node.operation.sequence ?? 0) >= fork.sequence ? fork : null
  }

  #endMember(id: MemberId, node: RosterNode): void {
    push(this.#ofMembers, id, node)
    const invite = node.after.members.get(id)?.invite
    if (invite != null) push(this.#ofTakers, invite, node)
  }

  #endDevice(id: DeviceId, node: RosterNode): void {
    push(this.#ofDevices, id, node)
    const device = node.after.devices.get(id)
    const invite = device?.since === null ? node.after.members.get(device.member)?.invite : null
    if (invite != null) push(this.#ofTakers, invite, node)
  }

  /** What it knew of is asked, too: a fork may lie before all that is looked at here. */
  isTainted(removal: RosterNode): boolean {
    return [removal, ...removal.signatures].some(
      (node) => this.#isOfForked(node) || restsOnForked(node.rests, removal.after),
    )
  }

  /** By what it is tainted; null where it knew of that itself, so that nobody who heard of it can have known less. */
  forksOf(removal: RosterNode): readonly Fork[] | null {
    const said = [removal, ...removal.signatures]
    if (said.some(({ rests }) => restsOnForked(rests, removal.after))) return null
    return said.flatMap((node) => this.#forksBelow(node))
  }

  #forksBelow(node: RosterNode): readonly Fork[] {
    const below = node.rests.filter(isAdding).flatMap((rest) => this.#forksBelow(rest))
    return [this.forkOf(node) ?? [], ...below].flat()
  }

  /** Of a device that had forked, or that one added which had: what a copied key cannot sign, a new device of it would. */
  #isOfForked(node: RosterNode): boolean {
    if (this.forkOf(node) !== null) return true
    return node.rests.some((rest) => isAdding(rest) && this.#isOfForked(rest))
  }
}

/** Whether it is strong by what is known in its own past, where its author and who signed are in. */
export function isStrongAlone(
  found: Pick<RosterNode, 'isCountersigned' | 'isSenior' | 'rests' | 'signatures'>,
  past: RosterState,
): boolean {
  return (
    (found.isCountersigned || found.isSenior) &&
    ![found, ...found.signatures].some(({ rests }) => restsOnForked(rests, past))
  )
}

/** On what added a device, by one that had forked. */
function restsOnForked(rests: readonly RosterNode[], known: RosterState): boolean {
  return rests.some((rest) => isAdding(rest) && (hadForked(rest, known) || restsOnForked(rest.rests, known)))
}

function hadForked({ device, operation }: RosterNode, { devices }: RosterState): boolean {
  const forkedAt = device === null ? null : (devices.get(device)?.forkedAt ?? null)
  return forkedAt !== null && (operation.sequence ?? 0) >= forkedAt
}

/** What gives a role. */
function isGrant({ operation: { type } }: RosterNode): boolean {
  return type === 'set-role' || type === 'recover'
}

/** A member's root takes out one of their devices. */
export function isRootDrop({ operation: { type, author } }: RosterNode): boolean {
  return type === 'remove-device' && author.kind === 'root'
}

export function isAdding({ operation: { type } }: RosterNode): boolean {
  return type === 'add-device'
}

/** Ends something of its author's alone: their membership, a device of theirs or their place in a space. */
export function isOwnWord({ operation: { body }, member }: RosterNode): boolean {
  return (
    body.type === 'leave' ||
    body.type === 'remove-device' ||
    (body.type === 'set-audience' && isLeaving(body, member))
  )
}

/** Takes something away, and stands whatever becomes of its author's other operations. */
export function isRemoval({ operation: { body }, demotesTo }: RosterNode): boolean {
  switch (body.type) {
    case 'revoke-invite':
    case 'remove-member':
    case 'remove-device':
    case 'leave':
    case 'countersign':
      return true
    case 'set-audience':
      return body.add.length === 0
    default:
      return demotesTo !== null
  }
}

/** Whether it ends a membership, a device or somebody's place in a space. */
export function takesOut(body: RosterChange['body']): boolean {
  if (body.type === 'set-audience') return body.remove.length > 0
  return body.type === 'remove-member' || body.type === 'leave' || body.type === 'remove-device'
}

export function push<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

/** What was found for a key, or is found now. */
export function once<Key, Value>(map: Map<Key, Value>, key: Key, find: () => Value): Value {
  const known = map.get(key)
  if (known !== undefined) return known
  const found = find()
  map.set(key, found)
  return found
}

/** Whether what put the author of a change in had not known of this end, which did not know of the change. */
export function isPlaceEndOutsideOf(end: RosterNode, change: RosterNode): boolean {
  const place = change.rests.at(-1)
  const isUndone = place !== undefined && hasBit(place.past, end.index)
  return end !== change && !hasBit(end.past, change.index) && !isUndone
}

/** Of somebody in a space. */
export function placeName(space: SpaceId, member: MemberId): string {
  return `${space} ${member}`
}

function findForks(groups: Iterable<readonly RosterNode[]>): Map<DeviceId, Fork> {
  const forks = new Map<DeviceId, Fork>()
  for (const group of groups) {
    const [node] = group
    if (group.length < 2 || node === undefined || node.device === null) continue
    const sequence = node.operation.sequence ?? 0
    const known = forks.get(node.device)
    const proofs = [...(known?.proofs ?? []), group]
    if (known !== undefined && known.sequence <= sequence) {
      forks.set(node.device, { ...known, proofs })
      continue
    }
    const twins = group.toSorted((a, b) => compareIds(a.operation.id, b.operation.id))
    forks.set(node.device, { device: node.device, sequence, twins, proofs })
  }
  return forks
}

export function proofOf(fork: Fork): [OperationId, OperationId] {
  const [a, b] = fork.twins
  if (a === undefined || b === undefined) throw new Error('a fork has two sides')
  return [a.operation.id, b.operation.id]
}
