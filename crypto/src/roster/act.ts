import { compareBytes } from '../bytes.ts'
import { headsOf } from '../epochs/check-rotation.ts'
import { encodeItem, sealEnvelope } from '../epochs/control-item.ts'
import type { ControlItem, Handout } from '../epochs/control-item.ts'
import { cutsToName } from '../epochs/cuts.ts'
import type { HeldRecords } from '../epochs/cuts.ts'
import { devicesEnded, makeEndNotices } from '../epochs/end-notice.ts'
import type { Ended } from '../epochs/end-notice.ts'
import { archivesWithin, learnArchive } from '../epochs/archive.ts'
import { KeyringDraft } from '../epochs/keyring.ts'
import { makeRotation } from '../epochs/rotate.ts'
import { maxEpochHeads } from '../epochs/rotation-codec.ts'
import type { RotationPart, Wrap } from '../epochs/rotation.ts'
import { safeEpoch } from '../epochs/sending.ts'
import { leadsToAll, withinReachOf } from '../epochs/within.ts'
import { CliqueError } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import { bytesToId } from '../ids.ts'
import type { CliqueId, DeviceId, EpochId, KeyId, MemberId, OperationId, SpaceId } from '../ids.ts'
import { deriveControlKeyId } from '../key-schedule.ts'
import type { EpochKeys } from '../key-schedule.ts'
import type { Random } from '../platform.ts'
import { signerFromSeed } from '../signature.ts'
import type { Signer } from '../signature.ts'
import { authorOf } from './author.ts'
import { Draft } from './draft.ts'
import { isStrongAlone } from './ends.ts'
import { establish } from './facts.ts'
import { extendLog } from './log.ts'
import type { CliqueLog } from './log.ts'
import { decodeEnvelope, encodeEnvelope, maxParents } from './operation-codec.ts'
import type { Operation, OperationBody, OperationHeader, RosterBody } from './operation.ts'
import type { RosterGraph } from './graph.ts'
import { signOperation } from './sign-operation.ts'
import { sortedIds } from './sorted-ids.ts'
import type { Device, RosterState } from './state.ts'

export interface Act {
  readonly log: CliqueLog
  /** For the control mailbox and for peers. */
  readonly item: Uint8Array
  readonly operation: Operation
}

/** What every act needs: whose voice, and who signs besides. */
export interface Actor {
  readonly header: OperationHeader
  /** In the order of `signingKeysOf`. */
  readonly signers: readonly Signer[]
}

/** The next operation of a device. @throws CliqueError `operation-author-unknown` */
export function deviceHeader(log: CliqueLog, id: DeviceId): OperationHeader {
  if (!log.state.devices.has(id)) throw new CliqueError('operation-author-unknown')
  const tip = log.state.tips.get(id)
  const member = log.state.devices.get(id)?.member
  const since = member === undefined ? undefined : log.state.members.get(member)?.since
  return {
    clique: log.clique,
    author: { kind: 'device', id },
    sequence: (tip?.sequence ?? 0) + 1,
    previous: tip?.operation ?? null,
    parents: parentsFor(log, tip?.operation ?? since ?? null),
  }
}

/** The roster heads that a record of this device names. @throws CliqueError `operation-author-unknown` */
export function headsFor(log: CliqueLog, id: DeviceId): readonly OperationId[] {
  return deviceHeader(log, id).parents
}

/**
 * The heads to build on: all of them, nearly always. Where more epochs lie side by side than one rotation can lead back
 * to, as many as it can, and the next rotation takes more. `needed`: what gives the author its right to speak.
 */
export function parentsFor(log: CliqueLog, needed: OperationId | null): OperationId[] {
  const heads = log.state.heads.slice(0, maxParents)
  const own = needed === null ? [] : [needed]
  const fits = (parents: readonly OperationId[]): boolean =>
    headsOf(log.graph.stateAt([...own, ...parents])).length <= maxEpochHeads
  const isComplete = heads.length === log.state.heads.length
  if (isComplete && fits(heads)) return heads
  const chosen: OperationId[] = [...own]
  for (const head of log.state.heads) {
    if (chosen.length < maxParents && !chosen.includes(head) && fits([...chosen, head])) chosen.push(head)
  }
  return sortedIds(chosen)
}

export interface Foreseen {
  readonly member: MemberId
  readonly past: RosterState
  readonly after: RosterState
}

/**
 * The state of exactly what an operation with this header builds on, and that state with the operation in it.
 * @throws CliqueError when the operation would not be allowed
 */
export function foresee(
  log: { readonly graph: Pick<RosterGraph, 'stateAt' | 'get'> },
  header: OperationHeader,
  body: RosterBody,
): Foreseen {
  const foreseen = foreseeOrCode(log, header, body)
  if (typeof foreseen === 'string') throw new CliqueError(foreseen)
  return foreseen
}

/** As `foresee`; the code where the operation would not be allowed. */
export function foreseeOrCode(
  log: { readonly graph: Pick<RosterGraph, 'stateAt' | 'get'> },
  header: OperationHeader,
  body: RosterBody,
): Foreseen | ErrorCode {
  const before = header.previous === null ? header.parents : [...header.parents, header.previous]
  const past = log.graph.stateAt(before)
  const change = { ...header, id: bytesToId('operation', new Uint8Array(32)), body }
  const found = establish(change, past, log.graph)
  if (typeof found === 'string') return found
  const draft = new Draft(past)
  draft.apply(change, authorOf(found, isStrongAlone(found, past)), true, 'in')
  return { member: found.member, past, after: draft.finish([change.id]) }
}

/**
 * Signs, places and seals an operation that begins an epoch. One of a space (`space`) is for everybody in the clique to
 * read, as an operation that leaves the keys as they are. @throws CliqueError `no-safe-epoch` of a space's
 */
export async function actWithRotation(
  log: CliqueLog,
  actor: Actor,
  body: RosterBody,
  complete: (rotation: RotationPart, keys: EpochKeys) => OperationBody,
  options: {
    random: Random
    renewCapability?: boolean | undefined
    /** What the author holds of others' records: how far those of devices that are out still count. */
    held?: HeldRecords | undefined
    space?: SpaceId | null
    graph?: (operation: Operation) => RosterGraph
  },
): Promise<Act> {
  const { random, space = null, held } = options
  // Of who is out by what lies beside, nothing of the space is handed on, nor kept.
  if (space !== null && body.type !== 'create-space' && !leadsToAll(log))
    throw new CliqueError('no-safe-epoch')
  const carrier = space === null ? null : carrierOf(log, actor.header)
  const header = carrier?.header ?? actor.header
  const { member, past, after } = foresee(log, header, body)
  const made = await makeRotation({
    past,
    after,
    space,
    graph: log.graph,
    keyring: archivesWithin(log.keyring, past, log.state),
    renewCapability: options.renewCapability ?? false,
    cuts:
      held === undefined
        ? []
        : cutsToName(after, member, held, {
            own: body.type === 'remove-device',
            rotated: space,
            past,
            by: actor.header.author.kind === 'device' ? actor.header.author.id : null,
            body,
          }),
    random,
  })
  const signers = [...actor.signers, signerFromSeed(made.keys.signingSeed)]
  const operation = await signOperation(header, complete(made.part, made.keys), signers)
  const keyring = new KeyringDraft(log.keyring)
  const { terms, signingKey } = made.keys.commitments
  keyring.addSecret(made.keys.epoch, made.secret, terms, space, signingKey)
  learnArchive(made.part, keyring)
  const graph = options.graph?.(operation) ?? log.graph
  const { wrapsRoot, epoch } = made.part
  const ends = await noticesOfEnd(log.clique, actor, body, epoch, devicesEnded(past, after))
  const notices = onePerTag([...ends, ...made.notices])
  const handout: Handout = { epoch, terms, wrapsRoot, wraps: made.wraps, notices }
  const item = sealEnvelope(
    { keyId: carrier?.keyId ?? made.keys.controlKeyId, handout },
    carrier?.controlKey ?? made.keys.controlKey,
    encodeEnvelope(operation),
    random,
  )
  return finishAct({ ...log, graph, clique: graph.clique }, operation, item, keyring)
}

/** Ascending. Whoever introduced one key twice, as a device's and an invitation's, gets the first notice to it alone. */
function onePerTag(notices: readonly Wrap[]): Wrap[] {
  const sorted = notices.toSorted((a, b) => compareBytes(a.tag, b.tag))
  return sorted.filter(({ tag }, at) => compareBytes(sorted[at - 1]?.tag ?? new Uint8Array(0), tag) !== 0)
}

/** Word for the devices that a removal puts out, which get none of its keys. */
async function noticesOfEnd(
  clique: CliqueId,
  { header: { author, sequence }, signers: [signer] }: Actor,
  body: RosterBody,
  epoch: EpochId,
  devices: readonly Device[],
): Promise<Wrap[]> {
  if (author.kind === 'invitation' || signer === undefined) return []
  if (body.type !== 'remove-member' && body.type !== 'remove-device') return []
  const ended: Ended =
    body.type === 'remove-member'
      ? { kind: 'member', id: body.member }
      : { kind: 'device', id: body.last.device }
  return makeEndNotices({ clique, epoch, ended, author, sequence }, signer, devices)
}

/**
 * Signs, places and seals an operation that leaves the keys as they are. Sealed under the safe epoch, as content
 * is: the roster is not for somebody who is known to be out. @throws CliqueError `no-safe-epoch`
 */
export async function actWithoutRotation(
  log: CliqueLog,
  actor: Actor,
  body: Exclude<OperationBody, { rotation: RotationPart }>,
  options: { random: Random; handout?: Handout },
): Promise<Act> {
  const { header, keyId, controlKey } = carrierOf(log, actor.header)
  foresee(log, header, body)
  const operation = await signOperation(header, body, actor.signers)
  const item = sealEnvelope(
    { keyId, handout: options.handout ?? null },
    controlKey,
    encodeEnvelope(operation),
    options.random,
  )
  return finishAct(log, operation, item, new KeyringDraft(log.keyring))
}

/** What seals an operation that everybody is to read, and on what it may build. @throws CliqueError `no-safe-epoch` */
function carrierOf(
  log: CliqueLog,
  header: OperationHeader,
): { header: OperationHeader; keyId: KeyId; controlKey: Uint8Array } {
  const epoch = safeEpoch(log)
  const controlKey = epoch === null ? undefined : log.keyring.epochs.get(epoch)?.controlKey
  if (epoch === null || controlKey == null) throw new CliqueError('no-safe-epoch')
  const parents = parentsWithin(log, epoch, header)
  return { header: { ...header, parents }, keyId: deriveControlKeyId(epoch), controlKey }
}

/**
 * Tips that everybody who holds this epoch can open. What came beside it, sealed for others, is left to the next
 * rotation, which leads to all of it; to build on it before would leave somebody waiting.
 * @throws CliqueError `no-safe-epoch` when the author's own last operation is beside it
 */
function parentsWithin(log: CliqueLog, epoch: EpochId, header: OperationHeader): OperationId[] {
  const isWithin = withinReachOf(log, epoch)
  if (isWithin === null) throw new CliqueError('no-safe-epoch')
  if (header.previous !== null && !isWithin(header.previous)) throw new CliqueError('no-safe-epoch')
  const within = header.parents.every(isWithin)
    ? header.parents
    : log.graph.stateAt([...log.operations.keys()].filter(isWithin)).heads
  return within.slice(0, maxParents)
}

function finishAct(log: CliqueLog, made: Operation, item: ControlItem, keyring: KeyringDraft): Act {
  // Through the door that everybody else's operations come by: what it refuses must not leave this device.
  const operation = decodeEnvelope(encodeEnvelope(made))
  const placement = log.graph.place(operation)
  if (placement.kind === 'refused') throw new CliqueError(placement.code)
  if (placement.kind === 'missing') throw new Error('an act builds on what its log holds')
  return {
    log: extendLog(log, [operation], keyring.finish(), log.waiting),
    item: encodeItem(item),
    operation,
  }
}
