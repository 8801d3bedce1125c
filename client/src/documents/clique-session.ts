import { CliqueError, decodeKeyring, encodeKeyring, epochsOwner, equal, isCliqueError } from '@clique/crypto'
import { cutsToName, leadsToAll, makeSessionId, receiveItems } from '@clique/crypto'
import { sendingKey, startLog, systemRandom } from '@clique/crypto'
import type { Act, CliqueId, CliqueLog, ContentCut, DeviceId, HeldRecords, Intake } from '@clique/crypto'
import type { KeyId, MemberId, OperationId, OutOfReach, Random, RosterState } from '@clique/crypto'
import type { SessionId, SpaceId, SpaceKey } from '@clique/crypto'
import { readClique } from '../storage/cliques.ts'
import type { CliqueProfile } from '../storage/cliques.ts'
import { keyringContext, readItems, readSealedKeyring, saveItems } from '../storage/items.ts'
import { saveVector } from '../storage/peers.ts'
import { placeOf } from '../storage/place.ts'
import type { Place } from '../storage/place.ts'
import type { AlsoWritten, Store } from '../storage/store.ts'
import type { AttachedFiles } from './attached-file.ts'
import { mayWrite } from './author-verdict.ts'
import { OwnKeys } from './device-keys.ts'
import { EndWatch } from './end-watch.ts'
import type { KnownEnd } from './end-watch.ts'
import { endsToTell } from './forked-chain.ts'
import { messageEntry } from './message-entry.ts'
import { isSomebodyOut, readHeld, rotateWithCuts } from './held-records.ts'
import type { Writing } from './journal.ts'
import { keepIntake, withStoredWaiting } from './keep-intake.ts'
import { checkOwnChain } from './own-chain.ts'
import { receiveSealed, retryWaiting } from './reception.ts'
import type { RecordReception } from './reception.ts'
import type { ReceptionContext } from './record-commit.ts'
import { Serial } from './serial.ts'
import type { DeviceAct, ItemReception, SessionChange, SessionOptions } from './session-change.ts'
import { SpaceDocuments } from './space-documents.ts'
import { SpaceKeys } from './space-keys.ts'
import { spacesOf } from './spaces-of.ts'
import { writeTitle } from './title.ts'
import { hasMoreFaults, noFaults, noteFaults } from './wrap-faults.ts'
import type { WrapFaults } from './wrap-faults.ts'
import { withCliqueLock } from './write-lock.ts'
import { writeMessage } from './write-message.ts'

/**
 * One clique, open in one tab: its roster log, its documents, and the only way to write either. Other tabs have
 * their own; storage is what they share, and each catches up with it when it hears of a commit.
 */
export class CliqueSession {
  readonly store: Store
  readonly profile: CliqueProfile
  readonly clique: CliqueId
  readonly member: MemberId
  readonly device: DeviceId
  readonly me: OwnKeys
  readonly now: () => number
  readonly #random: Random
  /** Fresh at every start of a tab, so that no two writers ever share a Yjs client id. */
  readonly #session: SessionId
  readonly #serial = new Serial()
  readonly #spaces = new Map<SpaceId, Promise<SpaceDocuments>>()
  readonly #listeners = new Set<(change: SessionChange) => void>()
  readonly #stopListening: () => void
  readonly #keys = new SpaceKeys()
  #log: CliqueLog
  readonly #ends: EndWatch
  readonly #heardAt = new Map<OperationId, number>()
  #faults = noFaults
  #itemOrder = 0
  #lastSealedKeyring: Uint8Array = new Uint8Array()
  /** With which what waits was last tried. */
  #tried: CliqueLog['keyring'] | null = null
  #following: Promise<unknown> = Promise.resolve()

  private constructor(store: Store, profile: CliqueProfile, keys: OwnKeys, options: SessionOptions) {
    this.store = store
    this.profile = profile
    this.clique = profile.clique
    this.member = profile.member
    this.device = profile.device
    this.me = keys
    this.now = options.now ?? Date.now
    this.#random = options.random ?? systemRandom
    this.#session = makeSessionId(this.#random)
    this.#log = startLog(profile.clique)
    this.#ends = new EndWatch(store, profile.clique, profile.device, keys, (id) => this.heardAt(id))
    this.#stopListening = store.changes.listen((change) => {
      if (!('clique' in change) || change.clique !== this.clique) return
      if (change.kind === 'items') this.#follow(() => this.catchUp())
      else if (change.kind === 'records') this.#follow(() => this.#followRecords(change.place, change.order))
      else if ('place' in change) {
        for (const space of this.#spaces.keys()) {
          if (placeOf(this.clique, space) !== change.place) continue
          if (change.kind === 'forgotten') this.#spaces.delete(space)
          this.#notify({ kind: 'delivery', space })
        }
      }
    })
  }

  /** @throws CliqueError `clique-unknown`, `clique-keys-missing`, `storage-failed` */
  static async open(store: Store, clique: CliqueId, options: SessionOptions = {}): Promise<CliqueSession> {
    const profile = await readClique(store, clique)
    const session = new CliqueSession(store, profile, await OwnKeys.read(store, profile), options)
    await session.catchUp()
    session.#tried = session.#log.keyring
    return session
  }

  get log(): CliqueLog {
    return this.#log
  }

  /** Keys that did not come to this device, and keys that went to others than they should. */
  get faults(): WrapFaults {
    return this.#faults
  }

  /** Those that this device's member is in. */
  get spaces(): SpaceId[] {
    return spacesOf(this.#log.state, this.member)
  }

  /** Null while this device is in. With an end all that is here can be read, and nothing is written. */
  get end(): KnownEnd | null {
    return this.#ends.endOf(this.#log)
  }

  /** When this device heard of an operation, or made it; null where that was not kept. */
  heardAt(operation: OperationId): number | null {
    return this.#heardAt.get(operation) ?? null
  }

  /** Takes in the roster that other tabs have committed, without waiting for word of it. */
  catchUp(): Promise<void> {
    return this.#serial.run(() => this.#catchUpItems())
  }

  onChange(listener: (change: SessionChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Runs a roster act (`createInvitation`, `rotateEpoch` ...) on the newest log and keeps what came of it. What
   * `make` returns comes back, its own extras included. Where an act needs an epoch to be sealed under and none is
   * safe, a new one begins first. KEM keys that come with it are kept in the same commit.
   */
  act<A extends DeviceAct>(make: (log: CliqueLog, me: OwnKeys) => Promise<A>): Promise<A> {
    return this.#locked(async () => {
      try {
        return await this.#act(make)
      } catch (error) {
        if (!isCliqueError(error, 'no-safe-epoch')) throw error
        await this.#rotate(null)
        return this.#act(make)
      }
    })
  }

  /** Begins an epoch, of the clique or of a space that has its own, and says there what is held of devices that are out. */
  rotate(space: SpaceId | null = null, renewCapability = false): Promise<Act> {
    return this.#locked(() => this.#rotate(space, renewCapability))
  }

  /** What a rotation of this device would say of devices that are out. */
  async cuts(): Promise<readonly ContentCut[]> {
    const [{ state }, { member, device: by }] = [this.#log, this]
    return isSomebodyOut(state) ? cutsToName(state, member, await this.held(state), { by }) : []
  }

  /** What this device holds of others' records, for an act that says how far those of devices that are out count. */
  held(state: RosterState): Promise<HeldRecords> {
    return readHeld(spacesOf(state, this.member), this.device, (space) => this.documents(space))
  }

  /** Takes in control items from a mailbox of `relay` (its PeerId) or, where that is null, from a peer. */
  async receiveItems(items: readonly Uint8Array[], relay: string | null): Promise<ItemReception> {
    const reception = await this.#locked(() => this.#serial.run(() => this.#receiveItems(items, relay)))
    const { keyring } = this.#log
    // Keys come with better copies of known items, too, and from a tab that was stopped before it tried them.
    if (reception.accepted > 0 || keyring !== this.#tried) {
      for (const space of this.spaces) await retryWaiting(await this.#reception(space))
      this.#tried = keyring
    }
    return reception
  }

  /** Takes in sealed records from a mailbox of `relay`, or from a peer. @throws CliqueError `storage-full` */
  async receiveRecords(
    space: SpaceId,
    sealed: readonly Uint8Array[],
    relay: string | null,
  ): Promise<RecordReception> {
    return receiveSealed(await this.#reception(space), sealed, relay)
  }

  /**
   * Writes a message, and `also` in the same commit; the chunks of its files are held already. When it resolves the
   * message is on the disk and on screen; when it throws it is neither.
   * @throws CliqueError `message-empty`, `message-too-long`, `membership-ended`, `not-allowed`, `own-chain-forked`, `storage-full`,
   * `storage-failed`
   */
  async say(space: SpaceId, text: string, files: AttachedFiles = [], also?: AlsoWritten): Promise<void> {
    await this.write(space, (context) => writeMessage(context, messageEntry(text, files)), also)
  }

  /** Gives a conversation another name, 1 to `maxTitleSize` bytes long. @throws like `say`, and CliqueError `shape-out-of-range` */
  name(space: SpaceId, title: string): Promise<void> {
    return this.write(space, (context) => writeTitle(context, title))
  }

  /** Writes as `write` does with the key to send with, and `also` in the same commit. @throws as `say` */
  async write(space: SpaceId, write: Writing, also?: AlsoWritten): Promise<void> {
    const documents = await this.documents(space)
    await this.#locked(async () => {
      await this.catchUp()
      await documents.catchUp()
      if (this.end !== null) throw new CliqueError('membership-ended')
      // Nobody would take it.
      if (!mayWrite(this.#log.state, this.device, space)) throw new CliqueError('not-allowed')
      await checkOwnChain(documents, this.device)
      const key = await this.#keyToSend(space)
      const own = { me: this.me, random: this.#random, session: this.#session, now: this.now() }
      await write({ ...own, documents, log: this.#log, key, also })
    })
  }

  /** The documents of a space, as storage has them. */
  documents(space: SpaceId): Promise<SpaceDocuments> {
    const open = this.#spaces.get(space)
    if (open !== undefined) return open
    const { store, clique } = this
    const opening = SpaceDocuments.open({
      store,
      clique,
      space,
      keys: () => this.keysOf(space),
      roster: () => this.#log.state,
      rosterAt: (heads) => this.#log.graph.stateAt(heads),
      outOfReach: () => this.outOfReach(space, this.device),
    })
    this.#spaces.set(space, opening)
    opening.then(
      (documents) => {
        documents.listen(() => this.#notify({ kind: 'records', space }))
        // What it waited for may have come just before the last start was stopped.
        this.#follow(async () => void (await retryWaiting(await this.#reception(space))))
      },
      // The next call tries again; whoever asked now hears of the error.
      () => this.#spaces.delete(space),
    )
    return opening
  }

  /**
   * Device -> last sequence that is held, with all before it that is for this device. For a `reader`: without the
   * chains whose end that reader is not meant to open, so that two who have told each other all they may are even.
   */
  async vector(space: SpaceId, reader = this.device): Promise<Map<DeviceId, number>> {
    const ends = await endsToTell(await this.documents(space))
    const out = this.outOfReach(space, reader)
    const shared = [...ends].filter(([, { keyId }]) => !out.has(keyId))
    return new Map(shared.map(([device, { sequence }]) => [device, sequence]))
  }

  keysOf(space: SpaceId): ReadonlyMap<KeyId, SpaceKey> {
    return this.#keys.held(this.#log, space)
  }

  /** Keys of a space that a device is not meant to hold: what is sealed under them is nothing to it. */
  outOfReach(space: SpaceId, device: DeviceId): OutOfReach {
    return this.#keys.outOfReach(this.#log.state, space, device)
  }

  /** What a device of somebody else says that it holds. */
  async noteVector(space: SpaceId, device: DeviceId, held: ReadonlyMap<DeviceId, number>): Promise<void> {
    await saveVector(this.store, this.clique, placeOf(this.clique, space), device, Object.fromEntries(held))
  }

  async close(): Promise<void> {
    this.#stopListening()
    this.#listeners.clear()
    await this.#following
    const spaces = await Promise.allSettled(this.#spaces.values())
    for (const space of spaces) if (space.status === 'fulfilled') await space.value.close()
  }

  #locked<T>(task: () => Promise<T>): Promise<T> {
    return withCliqueLock(this.store.name, this.clique, task)
  }

  #notify(change: SessionChange): void {
    for (const listener of this.#listeners) listener(change)
  }

  async #reception(space: SpaceId): Promise<ReceptionContext> {
    return {
      documents: await this.documents(space),
      log: () => this.#log,
      now: this.now,
      lock: (task) => this.#locked(task),
    }
  }

  /** Under the lock. Where no epoch is safe to send under, a new one begins first. */
  async #keyToSend(space: SpaceId): Promise<SpaceKey> {
    const key = sendingKey(this.#log, space)
    if (key !== null) return key
    await this.#rotate(epochsOwner(this.#log.state, space))
    const fresh = sendingKey(this.#log, space)
    if (fresh === null) throw new CliqueError('no-safe-epoch')
    return fresh
  }

  /** Under the lock, so that nobody becomes known to be out in between. */
  async #rotate(space: SpaceId | null, renewCapability = false): Promise<Act> {
    await this.catchUp()
    // One of a space builds on what a safe epoch of the clique leads to.
    if (space !== null && !leadsToAll(this.#log)) await this.#rotate(null)
    const options = { random: this.#random, space, renewCapability }
    return this.#act((log, me) => rotateWithCuts(log, me, options, () => this.held(log.state)))
  }

  /** Under the lock. What is on the disk is made: keys that cannot be read back now are by the next catching up. */
  #act<A extends DeviceAct>(make: (log: CliqueLog, me: OwnKeys) => Promise<A>): Promise<A> {
    return this.#serial.run(async () => {
      await this.#catchUpItems()
      if (this.end !== null) throw new CliqueError('membership-ended')
      const made = await make(this.#log, this.me)
      const heardAt = this.now()
      const items = [{ id: made.operation.id, bytes: made.item, heardAt }]
      const secrets = made.kemKeys === undefined ? [] : [await this.me.seal(made.kemKeys)]
      await saveItems(this.store, this.clique, items, encodeKeyring(made.log.keyring), { secrets })
      this.#heardAt.set(made.operation.id, heardAt)
      this.#setLog(made.log)
      if (secrets.length > 0) await this.#follow(() => this.me.catchUp())
      return made
    })
  }

  async #receiveItems(items: readonly Uint8Array[], relay: string | null): Promise<ItemReception> {
    await this.#catchUpItems()
    const intake = await receiveItems(await withStoredWaiting(this, this.#log), items, this.me.recipients)
    const { log, accepted, refused } = intake
    const now = this.now()
    await keepIntake(this, intake, { items, relay, keyringBefore: this.#log.keyring, now })
    for (const { operation } of accepted) this.#heardAt.set(operation.id, now)
    const given = new Set(items)
    // What it names may have come just now, and then it says more than before.
    const looked = accepted.length > 0 ? log.waiting : log.waiting.filter((item) => given.has(item))
    const isTold = await this.#ends.look(log, looked, now)
    this.#setLog(log, intake)
    if (isTold) this.#notify({ kind: 'roster' })
    return { accepted: accepted.length, waiting: log.waiting.length, refused }
  }

  async #catchUpItems(): Promise<void> {
    const { items, order } = await readItems(this.store, this.clique, this.#itemOrder)
    if (await this.#ends.catchUp()) this.#notify({ kind: 'roster' })
    const sealed = await readSealedKeyring(this.store, this.clique)
    // Another tab may have learned a key by a better copy of an item that is known here.
    if (items.length === 0 && equal(sealed, this.#lastSealedKeyring)) return
    for (const { id, heardAt } of items) {
      if (heardAt !== undefined) this.#heardAt.set(id as OperationId, heardAt)
    }
    const stored = await this.store.vault.open(keyringContext(this.clique), sealed)
    await this.me.catchUp()
    const bytes = items.map((item) => item.bytes)
    // What waits is taken up by a reception alone, which stores it: nothing is built on what a restart would not find.
    const base = { ...this.#log, keyring: decodeKeyring(stored, this.#log.keyring), waiting: [] }
    const { log: caught, badWraps, wrongWraps } = await receiveItems(base, bytes, this.me.recipients)
    const log = { ...caught, waiting: [...caught.waiting, ...this.#log.waiting] }
    this.#itemOrder = order
    this.#lastSealedKeyring = sealed
    const marked = new Set(items.flatMap(({ id, wrongWraps: isWrong }) => (isWrong ? [id] : [])))
    const known = [...log.state.epochs.values()].filter(({ operation }) => marked.has(operation))
    this.#setLog(log, { badWraps, wrongWraps: [...wrongWraps, ...known.map(({ id }) => id)] })
  }

  #setLog(log: CliqueLog, found?: Pick<Intake, 'badWraps' | 'wrongWraps'>): void {
    const before = this.#faults
    this.#faults = noteFaults(before, found ?? { badWraps: [], wrongWraps: [] }, log)
    const { state, keyring } = this.#log
    const hasChanged = hasMoreFaults(this.#faults, before) || log.state !== state || log.keyring !== keyring
    this.#log = log
    if (hasChanged) this.#notify({ kind: 'roster' })
  }

  /** Another tab, or this one, has committed something. What fails with a code is told, and holds up nobody. */
  #follow(catchUp: () => Promise<void>): Promise<void> {
    const following = catchUp().catch((error: unknown) => {
      if (!isCliqueError(error)) throw error
      this.#notify({ kind: 'fault', code: error.code })
    })
    this.#following = Promise.allSettled([this.#following, following])
    return following
  }

  async #followRecords(place: Place, order: number | undefined): Promise<void> {
    for (const [space, opening] of this.#spaces) {
      if (placeOf(this.clique, space) === place) await (await opening).catchUp(order)
    }
  }
}
