import { CliqueError } from '@clique/crypto'
import type { MailboxId, Random, SpaceId } from '@clique/crypto'
import { limits } from '@clique/relay/protocol'
import { backoffMs, chanceFrom } from '../network/backoff.ts'
import type { MailboxSigner, RelaySession } from '../network/relay-session.ts'
import { MailboxReader } from './mailbox-reader.ts'
import { appendAll } from './outbox.ts'
import type { SetAside } from './outbox.ts'
import type { CliqueReplica, ContentMailbox, SealedRecord } from './ports.ts'

/** Newest epochs of a space whose mailboxes are watched: somebody may not have heard of the newest yet. */
const watchedEpochs = 8
/** Things appended in one go, before what arrived meanwhile is looked at. */
const outboxLimit = 512
/**
 * Milliseconds before this device appends what others wrote and nobody brought to the relay, and as much again by
 * chance: its author, and whoever is quicker, do so first.
 */
const fosterMs = 10_000
/** Milliseconds, the longest wait after a refusal that may pass. */
const longestWaitMs = 60_000
/**
 * Milliseconds before what there was no room for is read again although the roster has not changed; twice as long
 * each time, up to the longest: where it is garbage that fills the room, the relay is not asked in vain all day.
 */
const againMs = 30_000
const longestAgainMs = 3_600_000

export interface MailboxSyncHost {
  readonly session: RelaySession
  readonly replica: CliqueReplica
  readonly random: Random
  readonly later: (run: () => void, ms: number) => () => void
  /** What this relay will never take. */
  readonly setAside: SetAside
  /** A code that people should see: the relay is full, this device's storage is. Null when it has passed. */
  onTrouble(code: CliqueError['code'] | null): void
}

/**
 * One clique's mailboxes at one relay during one session: reads what it lacks, control first, because it holds
 * the keys to the rest; brings what no relay has; then follows. One round of work at a time.
 */
export class MailboxSync {
  readonly #host: MailboxSyncHost
  readonly #readers = new Map<MailboxId, MailboxReader>()
  readonly #watched = new Set<MailboxId>()
  readonly #stopListening: () => void
  #cancelFoster: (() => void) | null = null
  #cancelRetry: (() => void) | null = null
  #cancelAgain: (() => void) | null = null
  #failures = 0
  #trouble: CliqueError['code'] | null = null
  #readAgain = 0
  #isDue = false
  #isFosterDue = false
  #isWorking = false
  #isOver = false

  constructor(host: MailboxSyncHost) {
    this.#host = host
    this.#stopListening = host.replica.onChange((change) => {
      // New keys or members may be what was waited for.
      if (change.kind === 'roster') this.#startAgain()
      if (change.kind !== 'records') this.#work()
      if (change.kind === 'outbox') this.#fosterLater()
    })
    void host.session.ended.then(() => this.close())
    this.#fosterLater()
    this.#work()
  }

  /** The relay says that a mailbox grew. */
  grew(mailbox: MailboxId, next: number): void {
    this.#readers.get(mailbox)?.grew(next)
    this.#work()
  }

  close(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#stopListening()
    this.#cancelFoster?.()
    this.#cancelRetry?.()
    this.#cancelAgain?.()
  }

  #startAgain(): void {
    for (const reader of this.#readers.values()) reader.startAgain()
  }

  #againLater(): void {
    const hasLeftOut = [...this.#readers.values()].some((reader) => reader.hasLeftOut)
    if (!hasLeftOut) this.#readAgain = 0
    if (!hasLeftOut || this.#cancelAgain !== null || this.#isOver) return
    const ms = Math.min(againMs * 2 ** this.#readAgain++, longestAgainMs)
    this.#cancelAgain = this.#host.later(() => {
      this.#cancelAgain = null
      this.#startAgain()
      this.#work()
    }, ms)
  }

  #fosterLater(): void {
    if (this.#cancelFoster !== null || this.#isOver) return
    const ms = fosterMs * (1 + chanceFrom(this.#host.random))
    this.#cancelFoster = this.#host.later(() => {
      this.#cancelFoster = null
      this.#isFosterDue = true
      this.#work()
    }, ms)
  }

  #work(): void {
    this.#isDue = true
    if (this.#isWorking || this.#isOver) return
    this.#isWorking = true
    void this.#rounds()
  }

  async #rounds(): Promise<void> {
    try {
      while (this.#isDue && !this.#isOver) {
        this.#isDue = false
        await this.#round()
        this.#againLater()
        this.#failures = 0
        this.#tellTrouble(this.#host.setAside.trouble)
      }
    } catch (error) {
      if (!this.#isOver) this.#fail(error)
    } finally {
      // In the same breath as the last look at what is due: nothing that comes now is overlooked.
      this.#isWorking = false
    }
  }

  #fail(error: unknown): void {
    if (!(error instanceof CliqueError)) {
      reportError(error)
      this.#host.session.close()
      return
    }
    // Evidence that ran out or a forgotten mailbox: a new session proves and opens everything again.
    if (error.code === 'relay-not-attested' || error.code === 'relay-mailbox-not-open') {
      this.#host.session.close()
      return
    }
    this.#tellTrouble(error.code)
    this.#cancelRetry?.()
    const ms = backoffMs(++this.#failures, chanceFrom(this.#host.random), longestWaitMs)
    this.#cancelRetry = this.#host.later(() => this.#work(), ms)
  }

  #tellTrouble(code: CliqueError['code'] | null): void {
    if (this.#trouble === code) return
    this.#trouble = code
    this.#host.onTrouble(code)
  }

  async #round(): Promise<void> {
    const { replica } = this.#host
    await this.#follow(await this.#reader(replica.facts().control, null), true)
    const isFosterDue = this.#isFosterDue
    this.#isFosterDue = false
    const refusals = [await this.#bring('own')]
    for (const [box, isWatched] of this.#contents()) {
      if (this.#isOver) return
      await this.#follow(await this.#reader(box, box.space), isWatched)
    }
    if (isFosterDue) refusals.push(await this.#bring('all'))
    const refusal = refusals.find((one) => one !== null)
    if (refusal) throw refusal
  }

  /** Returns a refusal that may pass: a relay that is full must not keep this device from reading. */
  async #bring(whose: 'own' | 'all'): Promise<CliqueError | null> {
    const { replica, session } = this.#host
    let refusal: CliqueError | null = null
    const spaces = replica.facts().spaces.map((space) => () => this.#bringRecords(space, whose))
    for (const bring of [() => this.#bringItems(whose), ...spaces]) {
      try {
        await bring()
      } catch (error) {
        if (!(error instanceof CliqueError) || session.isOver) throw error
        refusal ??= error
      }
    }
    return refusal
  }

  /** The mailboxes of each space, newest first, and whether they are watched. */
  #contents(): [ContentMailbox, boolean][] {
    const counts = new Map<SpaceId, number>()
    return this.#host.replica.facts().contents.map((box) => {
      const place = counts.get(box.space) ?? 0
      counts.set(box.space, place + 1)
      return [box, box.isCurrent || place < watchedEpochs]
    })
  }

  async #reader(key: MailboxSigner, space: SpaceId | null): Promise<MailboxReader> {
    const known = this.#readers.get(key.mailbox)
    if (known !== undefined) return known
    const reader = new MailboxReader(this.#host.session, this.#host.replica, key, space)
    await reader.open()
    this.#readers.set(key.mailbox, reader)
    return reader
  }

  async #follow(reader: MailboxReader, isWatched: boolean): Promise<void> {
    if (isWatched && !this.#watched.has(reader.mailbox)) {
      await reader.subscribe()
      this.#watched.add(reader.mailbox)
    }
    await reader.catchUp()
  }

  async #bringItems(whose: 'own' | 'all'): Promise<void> {
    const { replica, session, setAside } = this.#host
    const { control } = replica.facts()
    const reader = await this.#reader(control, null)
    const items = await replica.unrelayedItems(whose, outboxLimit)
    await appendAll(items, {
      session,
      mailbox: control.mailbox,
      keepUntil: session.relayNow + limits.keepControl,
      onStored: async (stored, first) => {
        await replica.markItemsRelayed(stored)
        reader.appended(first, stored.length)
        await reader.saveCursor()
      },
      setAside,
      nameOf: ({ id }) => id,
    })
    if (items.filter(({ id }) => !setAside.has(id)).length >= outboxLimit) this.#moreOf(whose)
  }

  #moreOf(whose: 'own' | 'all'): void {
    this.#isDue = true
    if (whose === 'all') this.#isFosterDue = true
  }

  /** Into the mailbox of the epoch that is current now, whatever epoch a record was sealed in: all read that one. */
  async #bringRecords(space: SpaceId, whose: 'own' | 'all'): Promise<void> {
    const { replica, session, setAside } = this.#host
    const current = replica.facts().contents.find((box) => box.space === space && box.isCurrent)
    if (current === undefined) return
    const nameOf = ({ device, sequence }: SealedRecord): string => `${space} ${device} ${sequence}`
    const found = await replica.unrelayedRecords(space, whose, outboxLimit)
    const records = found.filter((record) => !setAside.has(nameOf(record)))
    if (records.length === 0) return
    const reader = await this.#reader(current, space)
    await appendAll(records, {
      session,
      mailbox: current.mailbox,
      keepUntil: session.relayNow + limits.keepContent,
      onStored: async (stored, first) => {
        await replica.markRecordsRelayed(space, stored)
        reader.appended(first, stored.length)
        await reader.saveCursor()
      },
      setAside,
      nameOf,
    })
    if (records.length >= outboxLimit) this.#moreOf(whose)
  }
}
