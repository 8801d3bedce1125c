import { equal, toHex } from '../bytes.ts'
import { decodeItem, encodeItem, openEnvelope } from '../epochs/control-item.ts'
import type { ControlItem } from '../epochs/control-item.ts'
import { emptyKeyring, KeyringDraft, withoutEpochs } from '../epochs/keyring.ts'
import type { Keyring } from '../epochs/keyring.ts'
import { isOfEpoch } from '../epochs/links.ts'
import { entitledRecipients, hashRecipientKey } from '../epochs/recipients.ts'
import type { Recipient } from '../epochs/recipients.ts'
import type { RotationPart } from '../epochs/rotation.ts'
import { areWrapsFor, openWraps, rootOfWraps } from '../epochs/wraps.ts'
import { CliqueError } from '../errors.ts'
import type { ErrorCode } from '../errors.ts'
import { sha256 } from '../hash.ts'
import type { KemPair } from '../hpke.ts'
import type { CliqueId, EpochId, OperationId, SpaceId } from '../ids.ts'
import { deriveControlKeyId } from '../key-schedule.ts'
import { labels } from '../labels.ts'
import { extendLog, startLog } from './log.ts'
import type { CliqueLog } from './log.ts'
import type { RosterNode } from './node.ts'
import { cliqueOf, decodeEnvelope } from './operation-codec.ts'
import { rotationOf } from './operation.ts'
import type { Operation } from './operation.ts'
import { verifyOperation } from './sign-operation.ts'

/** Items held back because something before them is missing: a long absence, with room. */
export const maxWaitingItems = 1024
/** Bytes of all of them. */
export const maxWaitingBytes = 16 * 1024 * 1024

export interface Intake {
  readonly log: CliqueLog
  /** In causal order. `item` is what to keep and to hand on; wraps that did not match are dropped from it. */
  readonly accepted: readonly { readonly item: Uint8Array; readonly operation: Operation }[]
  readonly refused: readonly { readonly item: Uint8Array; readonly code: ErrorCode }[]
  /** Epochs that should have a wrap for one of the recipients and have none that opens: complain. */
  readonly badWraps: readonly EpochId[]
  /** Epochs whose author wrapped to others than the roster says: rotate. */
  readonly wrongWraps: readonly EpochId[]
  /** Known operations that came again with all their wraps: what was kept of one may lack them (`lacksWraps`). */
  readonly copies: readonly { readonly item: Uint8Array; readonly operation: OperationId }[]
}

/** A log from what was kept: the items of a clique in any order, and the keyring out of the vault. */
export function restoreLog(
  clique: CliqueId,
  items: Iterable<Uint8Array>,
  recipients: readonly KemPair[],
  keyring: Keyring = emptyKeyring,
): Promise<Intake> {
  return receiveItems(startLog(clique, keyring), items, recipients)
}

interface Pending {
  readonly bytes: Uint8Array
  item: ControlItem
  operation: Operation | null
  /** Whose epoch the wraps were taken for: the clique's (null), then that of the space that the roster says. */
  readonly tried: (SpaceId | null)[]
}

/**
 * Takes items in any order, with twins and strangers among them, until nothing more can be placed.
 * `recipients`: the key pairs that wraps may be for: device (also replaced ones), recovery, invitation.
 */
export async function receiveItems(
  log: CliqueLog,
  items: Iterable<Uint8Array>,
  recipients: readonly KemPair[],
): Promise<Intake> {
  const receiver = new Receiver(log, recipients)
  for (const bytes of [...log.waiting, ...items]) receiver.take(bytes)
  while (await receiver.pass());
  return receiver.finish()
}

/** The work of one call: what was taken, and what has become of it so far. */
class Receiver {
  readonly #log: CliqueLog
  readonly #recipients: readonly KemPair[]
  readonly #keyring: KeyringDraft
  readonly #accepted: { item: Uint8Array; operation: Operation }[] = []
  readonly #placed = new Set<OperationId>()
  readonly #refused: { item: Uint8Array; code: ErrorCode }[] = []
  readonly #bad = new Set<EpochId>()
  readonly #wrong = new Set<EpochId>()
  readonly #copies = new Map<OperationId, Uint8Array>()
  #pending: Pending[] = []

  constructor(log: CliqueLog, recipients: readonly KemPair[]) {
    this.#log = log
    this.#recipients = recipients
    this.#keyring = new KeyringDraft(log.keyring)
  }

  take(bytes: Uint8Array): void {
    this.#guard(bytes, () => {
      this.#pending.push({ bytes, item: decodeItem(bytes), operation: null, tried: [] })
    })
  }

  /** Once over everything that is left. True when something came of it. */
  async pass(): Promise<boolean> {
    let progress = false
    const left: Pending[] = []
    for (const pending of this.#pending) {
      const outcome = await this.#advance(pending)
      if (outcome !== 'stuck') progress = true
      if (outcome !== 'done') left.push(pending)
    }
    this.#pending = left
    return progress && left.length > 0
  }

  finish(): Intake {
    const operations = this.#accepted.map(({ operation }) => operation)
    const extended = extendLog(this.#log, operations, this.#keyring.finish(), this.#keepWaiting())
    const log = { ...extended, keyring: this.#withoutStray(extended) }
    const lacks = (epoch: EpochId): boolean => log.keyring.epochs.get(epoch)?.contentRoot == null
    return {
      log,
      accepted: this.#accepted,
      refused: this.#refused,
      badWraps: [...this.#bad].filter(lacks),
      wrongWraps: [...this.#wrong],
      copies: [...this.#copies].map(([operation, item]) => ({ operation, item })),
    }
  }

  /**
   * Keys of epochs that no accepted operation begins are learned again when what names them finds its place. Until
   * then anybody could have made them up, as many as they like. Where nothing else was learned, it is the keyring from before.
   */
  #withoutStray({ keyring, state }: CliqueLog): Keyring {
    const before = this.#log.keyring
    const isStray = (epoch: EpochId): boolean => !state.epochs.has(epoch) && !before.epochs.has(epoch)
    const stray = [...keyring.epochs.keys()].filter(isStray)
    const rest = withoutEpochs(keyring, stray)
    const isKnown = [...rest.epochs].every(([epoch, held]) => before.epochs.get(epoch) === held)
    return isKnown && rest.archives.size === before.archives.size ? before : rest
  }

  /** `moved`: something was learned; `stuck`: it waits for something else. */
  async #advance(pending: Pending): Promise<'done' | 'moved' | 'stuck'> {
    let moved = await this.#openHandout(pending, null)
    if (pending.operation === null) {
      const controlKey = this.#keyring.controlKey(pending.item.keyId)
      if (controlKey === undefined) return moved ? 'moved' : 'stuck'
      const operation = await this.#open(pending, controlKey)
      if (operation === null) return 'done'
      pending.operation = operation
      moved = true
    }
    const placed = await this.#place(pending, pending.operation)
    return placed ? 'done' : moved ? 'moved' : 'stuck'
  }

  /**
   * Looks once whether one of the wraps is for us. Those of a space's epoch open only once the roster says which space:
   * before that only what the item itself says to be the clique's is known to be bad.
   */
  async #openHandout({ item, tried }: Pending, space: SpaceId | null, isKnown = false): Promise<boolean> {
    const { handout, keyId } = item
    if (handout === null || handout.wraps === null || (tried.includes(space) && !isKnown)) return false
    tried.push(space)
    const { epoch, terms, wraps } = handout
    if (this.#keyring.get(epoch)?.secret != null) return false
    const opened = await openWraps({ epoch, terms, space }, wraps, this.#recipients)
    if (opened.kind === 'bad' && (isKnown || keyId === deriveControlKeyId(epoch))) this.#bad.add(epoch)
    return opened.kind === 'secret' && this.#keyring.addSecret(epoch, opened.secret, terms, space)
  }

  /** Null when there is nothing more to do with it: known already, or refused. */
  async #open(pending: Pending, controlKey: Uint8Array): Promise<Operation | null> {
    return this.#guard(pending.bytes, async () => {
      const operation = decodeEnvelope(openEnvelope(pending.item, controlKey))
      if (this.#has(operation.id)) {
        await this.#noteCopy(pending, operation)
        return null
      }
      if (cliqueOf(operation) !== this.#log.clique) throw new CliqueError('operation-wrong-clique')
      pending.item = checkHandout(pending.item, operation)
      await verifyOperation(operation)
      const part = rotationOf(operation.body)
      if (part?.space === null) this.#learnLinks(part)
      return operation
    })
  }

  /**
   * It is the first copy that is kept, but wraps that the first had lost on its way are worth having. The id says nothing
   * of the signatures: a copy with others than the true ones would be refused when the log is restored from it.
   */
  async #noteCopy(pending: Pending, operation: Operation): Promise<void> {
    const { item, bytes } = pending
    const { handout } = item
    if (handout?.wraps == null || checkHandout(item, operation).handout?.wraps == null) return
    const node = this.#log.graph.get(operation.id)
    if (node?.epoch != null && !areWrapsFor(handout.epoch, handout.wraps, recipientsOf(node))) return
    if (node !== undefined) await this.#openInSpace(pending, node)
    await verifyOperation(operation)
    this.#copies.set(operation.id, bytes)
  }

  /** Keys of the epochs before. Each is believed because its epoch's id commits to it, whoever passes it on. */
  #learnLinks(part: RotationPart): void {
    for (const link of part.parents) {
      const { epoch, controlKey } = link
      if (!isOfEpoch(link, controlKey, null) || this.#keyring.get(epoch)?.controlKey != null) continue
      this.#keyring.addControlKey(epoch, controlKey)
    }
  }

  /** True when it has found its place or been refused. */
  async #place(pending: Pending, operation: Operation): Promise<boolean> {
    if (this.#has(operation.id)) return true
    const before =
      operation.previous === null ? operation.parents : [...operation.parents, operation.previous]
    if (before.some((id) => !this.#has(id))) return false
    const placement = this.#log.graph.place(operation)
    if (placement.kind === 'missing') return false
    if (placement.kind === 'refused') {
      this.#refused.push({ item: pending.bytes, code: placement.code })
      return true
    }
    const node = placement.kind === 'placed' ? placement.node : this.#log.graph.get(operation.id)
    if (node !== undefined) {
      await this.#openInSpace(pending, node)
      this.#checkWraps(pending, node)
    }
    const item = pending.item.handout === null ? pending.bytes : encodeItem(pending.item)
    this.#accepted.push({ item, operation })
    this.#placed.add(operation.id)
    return true
  }

  /** What the wraps are for is known now. */
  async #openInSpace(pending: Pending, node: RosterNode): Promise<void> {
    const { handout } = pending.item
    const epoch = handout === null ? undefined : node.after.epochs.get(handout.epoch)
    if (epoch === undefined || (epoch.space === null && node.epoch !== null)) return
    await this.#openHandout(pending, epoch.space, true)
  }

  /** The wraps against the roster: whom it names, and whether one of them is ours. */
  #checkWraps(pending: Pending, node: RosterNode): void {
    const { handout } = pending.item
    if (node.epoch === null || handout === null) return
    const recipients = recipientsOf(node)
    if (handout.wraps !== null && !areWrapsFor(handout.epoch, handout.wraps, recipients)) {
      this.#wrong.add(handout.epoch)
      pending.item = { ...pending.item, handout: { ...handout, wraps: null } }
    }
    if (this.#keyring.get(handout.epoch)?.secret != null) return
    const own = new Set(this.#recipients.map(({ publicKey }) => toHex(hashRecipientKey(publicKey))))
    if (recipients.some(({ keyHash }) => own.has(toHex(keyHash)))) this.#bad.add(handout.epoch)
  }

  #has(id: OperationId): boolean {
    return this.#log.operations.has(id) || this.#placed.has(id)
  }

  #keepWaiting(): Uint8Array[] {
    const byHash = new Map(
      this.#pending.map(({ bytes }) => [toHex(sha256(labels.waitingItem, bytes)), bytes]),
    )
    const waiting = [...byHash.values()]
    let size = waiting.reduce((sum, bytes) => sum + bytes.length, 0)
    while (waiting.length > maxWaitingItems || size > maxWaitingBytes) {
      const oldest = waiting.shift()
      if (oldest === undefined) break
      size -= oldest.length
      this.#refused.push({ item: oldest, code: 'waiting-full' })
    }
    return waiting
  }

  /** Turns what is wrong with an item into its refusal. Our own bugs pass through. */
  #guard<T>(item: Uint8Array, work: () => T | Promise<T>): Promise<T | null> | T | null {
    const refuse = (error: unknown): null => {
      if (!(error instanceof CliqueError)) throw error
      this.#refused.push({ item, code: error.code === 'aead-open' ? 'item-open' : error.code })
      return null
    }
    try {
      const result = work()
      return result instanceof Promise ? result.catch(refuse) : result
    } catch (error) {
      return refuse(error)
    }
  }
}

function recipientsOf(node: RosterNode): readonly Recipient[] {
  return entitledRecipients(node.after, node.epoch?.space ?? null).recipients
}

/**
 * What stands in the clear must be what was signed. Wraps that do not give the signed root were changed on the way,
 * or never matched: the item goes on without them. @throws CliqueError `item-format`
 */
function checkHandout(item: ControlItem, operation: Operation): ControlItem {
  const { body } = operation
  const part = rotationOf(body)
  const rewrap = body.type === 'rewrap' ? body : null
  const signed = part === null ? rewrap : { ...part, terms: part.commitments.terms }
  const { handout } = item
  if ((signed === null) !== (handout === null)) throw new CliqueError('item-format')
  if (signed === null || handout === null) return item
  if (
    !equal(handout.terms, signed.terms) ||
    handout.epoch !== signed.epoch ||
    !equal(handout.wrapsRoot, signed.wrapsRoot)
  ) {
    throw new CliqueError('item-format')
  }
  // One of a space is for everybody to read, and sealed as an operation is that leaves the keys as they are.
  if (part?.space === null && item.keyId !== deriveControlKeyId(part.epoch))
    throw new CliqueError('item-format')
  if (handout.wraps === null || equal(rootOfWraps(handout.wraps), handout.wrapsRoot)) return item
  return { ...item, handout: { ...handout, wraps: null } }
}
