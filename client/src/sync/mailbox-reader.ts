import type { MailboxId, SpaceId } from '@clique/crypto'
import type { MailboxKind } from '@clique/relay/protocol'
import type { MailboxSigner } from '../network/relay-session.ts'
import type { CliqueReplica, MailboxSession } from './ports.ts'

/** Bytes asked for at once. A range is taken in before the next is asked for, so memory holds one. */
const readBytes = 512 * 1024

/** One mailbox of the clique, followed from where this device stopped reading it. */
export class MailboxReader {
  readonly mailbox: MailboxId
  readonly #session: MailboxSession
  readonly #replica: CliqueReplica
  readonly #relay: string
  readonly #key: MailboxSigner
  /** Null for the control mailbox. */
  readonly #space: SpaceId | null
  readonly #save: (cursor: number) => Promise<void>
  #cursor = 0
  #next = 0
  /** Where to begin again for what there was no room for; null while nothing was left out. */
  #again: number | null = null
  #isAgainDue = false

  constructor(
    session: MailboxSession,
    replica: CliqueReplica,
    relay: string,
    key: MailboxSigner,
    space: SpaceId | null,
    save: (cursor: number) => Promise<void>,
  ) {
    this.mailbox = key.mailbox
    this.#session = session
    this.#replica = replica
    this.#relay = relay
    this.#key = key
    this.#space = space
    this.#save = save
  }

  /** `saved`: the offset from which it was not read yet. */
  async open(saved: number): Promise<void> {
    const kind: MailboxKind = this.#space === null ? 'control' : 'content'
    const { next } = await this.#session.openMailbox(this.#key, kind)
    // A relay that went back in time gives offsets anew: what it holds now is read from its beginning.
    this.#cursor = saved > next ? 0 : saved
    this.#next = next
  }

  async subscribe(): Promise<void> {
    this.grew(await this.#session.subscribe(this.mailbox))
  }

  /** The relay says that there is more. */
  grew(next: number): void {
    this.#next = Math.max(this.#next, next)
  }

  /** Items that this device appended itself need not be read back, unless others stand between. */
  appended(first: number, count: number): void {
    this.grew(first + count)
    if (first === this.#cursor) this.#cursor = first + count
  }

  /** All before this offset was taken in. */
  get cursor(): number {
    return Math.min(this.#cursor, this.#again ?? this.#cursor)
  }

  get isBehind(): boolean {
    return this.#cursor < this.#next
  }

  /** Items that were read, of whatever worth. */
  itemsRead = 0

  /** There was no room for some of what was read. */
  get hasLeftOut(): boolean {
    return this.#again !== null
  }

  /** What was left out is read again by the next `catchUp`: there may be room now, or no need of any. */
  startAgain(): void {
    this.#isAgainDue = true
  }

  /**
   * Takes in all there is. The cursor moves after what was read is stored, so a crash in between reads it again;
   * what is garbage is counted by the replica and passed over, so it can never hold up what lies behind it. Neither
   * does what there is no room for, because it may be waiting for just that: it is read again once others were taken
   * in, and the cursor that is saved stays before it, so that the next session does so too. Returns how many were
   * taken in.
   */
  async catchUp(): Promise<number> {
    let all = 0
    for (;;) {
      if (this.#isAgainDue && this.#again !== null) {
        this.#cursor = Math.min(this.#cursor, this.#again)
        this.#again = null
      }
      this.#isAgainDue = false
      let accepted = 0
      while (this.isBehind) accepted += await this.#takeRange()
      all += accepted
      if (accepted > 0) this.#isAgainDue = true
      if (this.#again === null || !this.#isAgainDue) return all
    }
  }

  async #takeRange(): Promise<number> {
    const from = this.#cursor
    const range = await this.#session.read(this.mailbox, from, readBytes)
    const bytes = range.items.map((item) => item.bytes)
    this.itemsRead += bytes.length
    const { accepted, left } =
      bytes.length === 0
        ? { accepted: 0, left: 0 }
        : this.#space === null
          ? await this.#replica.takeItems(bytes, this.#relay)
          : await this.#replica.takeRecords(this.#space, bytes, this.#relay)
    // Of control items the oldest give way, and they may have come out of any range before.
    if (left > 0) this.#again = this.#space === null ? 0 : (this.#again ?? from)
    this.#cursor = range.to
    this.#next = Math.max(this.#next, range.next)
    await this.saveCursor()
    if (range.to >= range.next) this.#next = range.next
    return accepted
  }

  async saveCursor(): Promise<void> {
    await this.#save(this.cursor)
  }
}
