import { CliqueError } from '@clique/crypto'
import type { MailboxId, Random, SpaceId } from '@clique/crypto'
import { limits } from '@clique/relay/protocol'
import { backoffMs, chanceFrom } from '../network/backoff.ts'
import { followedEpochs, maxFollowed, planMailboxes } from './mailbox-plan.ts'
import type { MailboxPlan } from './mailbox-plan.ts'
import { OpenMailboxes } from './open-mailboxes.ts'
import { appendAll } from './outbox.ts'
import type { SetAside } from './outbox.ts'
import type { CliqueReplica, ContentMailbox, MailboxSession, SealedRecord, Whose } from './ports.ts'

/** Things appended in one go, before what arrived meanwhile is looked at. */
const outboxLimit = 512
/**
 * Milliseconds before this device appends what others wrote and nobody brought to the relay, and as much again by
 * chance: its author, and whoever is quicker, do so first.
 */
export const fosterMs = 10_000
/** Times in a row that this device lets others go first. */
const fosterPatience = 3
/** Milliseconds, the longest wait after a refusal that may pass. */
const longestWaitMs = 60_000
/**
 * Milliseconds before what there was no room for is read again although the roster has not changed; twice as long
 * each time, up to the longest: where it is garbage that fills the room, the relay is not asked in vain all day.
 */
const againMs = 30_000
const longestAgainMs = 3_600_000
/** Mailboxes of old epochs that are looked at again when a session begins, and as many each hour that it lasts. */
export const sweptAtOnce = 32
export const sweepEveryMs = 3_600_000
/** Mailboxes of old epochs that are read before what came meanwhile is looked at. */
const oldAtOnce = 8
/** Codes that are about one mailbox: somebody made it who should not have, and the others are as good as before. */
const mailboxCodes: readonly string[] = ['relay-other-tenant', 'relay-mailbox-kind', 'relay-mailbox-unknown']

export interface MailboxSyncHost {
  readonly session: MailboxSession
  readonly replica: CliqueReplica
  /** The relay's PeerId. */
  readonly relay: string
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
  readonly #open: OpenMailboxes
  /** Old ones that the relay refused to open in this session. */
  readonly #refused = new Set<MailboxId>()
  readonly #stopListening: () => void
  #cancelFoster: (() => void) | null = null
  #cancelRetry: (() => void) | null = null
  #cancelAgain: (() => void) | null = null
  #cancelSweep: () => void
  /** Old mailboxes that may still be looked at again before the hour is over. */
  #sweepsLeft = sweptAtOnce
  #failures = 0
  #trouble: CliqueError['code'] | null = null
  #readAgain = 0
  /** Each pass over the followed mailboxes, newest first, can free what lies in the next newer one. */
  #againsLeft = followedEpochs
  #isDue = false
  #isFosterDue = false
  #fostersLeft = fosterPatience
  #isWorking = false
  #isOver = false

  constructor(host: MailboxSyncHost) {
    this.#host = host
    this.#open = new OpenMailboxes(host)
    this.#cancelSweep = this.#sweepLater()
    this.#stopListening = host.replica.onChange((change) => {
      // New keys or members may be what was waited for.
      if (change.kind === 'roster') this.#open.startAgain()
      if (change.kind !== 'records') this.#work()
      if (change.kind === 'outbox') this.#fosterLater()
    })
    void host.session.ended.then(() => this.close())
    this.#fosterLater()
    this.#work()
  }

  /** The relay says that a mailbox grew. */
  grew(mailbox: MailboxId, next: number): void {
    this.#open.grew(mailbox, next)
    this.#work()
  }

  close(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#stopListening()
    this.#cancelFoster?.()
    this.#cancelRetry?.()
    this.#cancelAgain?.()
    this.#cancelSweep()
  }

  #sweepLater(): () => void {
    return this.#host.later(() => {
      this.#sweepsLeft = sweptAtOnce
      this.#cancelSweep = this.#sweepLater()
      this.#work()
    }, sweepEveryMs)
  }

  #againLater(): void {
    const { hasLeftOut } = this.#open
    if (!hasLeftOut) this.#readAgain = 0
    if (!hasLeftOut || this.#cancelAgain !== null || this.#isOver) return
    const ms = Math.min(againMs * 2 ** this.#readAgain++, longestAgainMs)
    this.#cancelAgain = this.#host.later(() => {
      this.#cancelAgain = null
      this.#againsLeft = followedEpochs
      this.#open.startAgain()
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
    const { replica, session } = this.#host
    const { accepted: before, itemsRead } = this.#open
    await this.#open.follow(replica.facts().control, null)
    const refusals = [await this.#bring('own')]
    const { contents, control } = replica.facts()
    await this.#open.giveBackOthers(new Set([control, ...contents].map(({ mailbox }) => mailbox)))
    const plan = planMailboxes(contents, ({ mailbox }) => this.#open.markOf(mailbox), session.relayNow)
    const followed = new Set(plan.followed)
    const dropped = contents.filter((box) => !followed.has(box) && this.#open.isOpen(box.mailbox))
    refusals.push(await this.#eachMailbox(dropped, (box) => this.#open.readThrough(box)))
    refusals.push(await this.#readAll(plan))
    if (this.#open.accepted > before) this.#againAtOnce()
    // What came meanwhile is looked at first; then this goes on.
    if (this.#isFosterDue && !this.#isDue) {
      this.#isFosterDue = false
      refusals.push(await this.#foster(this.#open.itemsRead > itemsRead))
    }
    this.#againLater()
    const refusal = firstOf(refusals)
    if (refusal !== null) throw refusal
  }

  /**
   * Brings what this relay lacks, whoever made it: all of it, where the relay is new to the clique. Every device is
   * about to; while another one does so, this one waits, and meanwhile sees what is there already.
   */
  async #foster(isAnotherAtIt: boolean): Promise<CliqueError | null> {
    if (isAnotherAtIt && this.#fostersLeft > 0) {
      this.#fostersLeft--
      this.#fosterLater()
      return null
    }
    this.#fostersLeft = fosterPatience
    const refusal = await this.#bring('all')
    if (refusal?.code !== 'relay-too-fast') return refusal
    // It goes on at the relay's pace. Nobody waits for it.
    this.#fosterLater()
    return null
  }

  /** What was left out may have waited for just what came. With an end, or what never finds room is read for ever. */
  #againAtOnce(): void {
    if (!this.#open.hasLeftOut || this.#againsLeft === 0) return
    this.#againsLeft--
    this.#open.startAgain()
    this.#isDue = true
  }

  /**
   * Follows the newest mailboxes, those of a space after its history is read: before that, nothing in them could be
   * taken in. Old ones are read to their end once and given back. Who did not hear of the epochs since may still append
   * there, so a few are looked at again in every session, those first that were not for the longest time.
   */
  async #readAll({ followed, unread, due }: MailboxPlan): Promise<CliqueError | null> {
    const isOpenable = ({ mailbox }: ContentMailbox): boolean =>
      !this.#refused.has(mailbox) && !this.#open.isLeftOut(mailbox)
    const old = unread.filter(isOpenable)
    const behind = new Set(old.map(({ space }) => space))
    const follow = (box: ContentMailbox): Promise<void> => this.#open.follow(box, box.space)
    const readThrough = (box: ContentMailbox): Promise<void> => this.#open.readThrough(box)
    const upToDate = followed.filter(({ space }) => !behind.has(space))
    const refusals = [await this.#eachMailbox(upToDate, follow)]
    for (const [i, box] of old.entries()) {
      // A long history must not keep what is new waiting: the next round goes on here.
      if (this.#isDue && i >= oldAtOnce) return firstOf(refusals)
      refusals.push(await this.#eachMailbox([box], readThrough))
    }
    const others = followed.filter(({ space }) => behind.has(space))
    refusals.push(await this.#eachMailbox(others, follow))
    for (const box of due.filter(isOpenable).slice(0, this.#sweepsLeft)) {
      if (this.#isDue) break
      this.#sweepsLeft--
      refusals.push(await this.#eachMailbox([box], readThrough))
    }
    return firstOf(refusals)
  }

  /** One mailbox that the relay refuses must not hide the others. Returns the first refusal. */
  async #eachMailbox(
    boxes: readonly ContentMailbox[],
    read: (box: ContentMailbox) => Promise<void>,
  ): Promise<CliqueError | null> {
    let refusal: CliqueError | null = null
    for (const box of boxes) {
      if (this.#isOver) return refusal
      try {
        await read(box)
      } catch (error) {
        if (!(error instanceof CliqueError) || !mailboxCodes.includes(error.code)) throw error
        this.#refused.add(box.mailbox)
        refusal ??= error
      }
    }
    return refusal
  }

  /** Returns a refusal that may pass: a relay that is full must not keep this device from reading. */
  async #bring(whose: Whose): Promise<CliqueError | null> {
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

  async #bringItems(whose: Whose): Promise<void> {
    const { replica, session, relay, setAside } = this.#host
    const { control } = replica.facts()
    const reader = await this.#open.reader(control, null)
    const items = await replica.unrelayedItems(relay, whose, outboxLimit)
    await appendAll(items, {
      session,
      mailbox: control.mailbox,
      keepUntil: session.relayNow + limits.keepControl,
      onStored: async (stored, first) => {
        await replica.markItemsRelayed(relay, stored)
        reader.appended(first, stored.length)
        await reader.saveCursor()
      },
      setAside,
      nameOf: ({ id }) => id,
    })
    if (items.filter(({ id }) => !setAside.has(id)).length >= outboxLimit) this.#moreOf(whose)
  }

  #moreOf(whose: Whose): void {
    this.#isDue = true
    if (whose === 'all') this.#isFosterDue = true
  }

  /** Into the mailbox of the epoch that is current now, whatever epoch a record was sealed in: all read that one. */
  async #bringRecords(space: SpaceId, whose: Whose): Promise<void> {
    const { replica, session, relay, setAside } = this.#host
    const current = replica.facts().contents.find((box) => box.space === space && box.isCurrent)
    if (current === undefined) return
    const nameOf = ({ device, sequence, aside }: SealedRecord): string =>
      `${space} ${device} ${sequence} ${aside ?? ''}`
    const since = session.relayNow - limits.keepContent
    const found = await replica.unrelayedRecords(relay, space, whose, outboxLimit, since)
    const records = found.filter((record) => !setAside.has(nameOf(record)))
    if (records.length === 0) return
    const reader = await this.#open.reader(current, space)
    await appendAll(records, {
      session,
      mailbox: current.mailbox,
      keepUntil: session.relayNow + limits.keepContent,
      onStored: async (stored, first) => {
        await replica.markRecordsRelayed(relay, space, stored)
        reader.appended(first, stored.length)
        await reader.saveCursor()
      },
      setAside,
      nameOf,
    })
    // With very many spaces not all can be followed: the others make room at once.
    if (this.#open.size > maxFollowed) await this.#open.giveBack(current.mailbox)
    if (records.length >= outboxLimit) this.#moreOf(whose)
  }
}

function firstOf(refusals: readonly (CliqueError | null)[]): CliqueError | null {
  return refusals.find((one) => one !== null) ?? null
}
