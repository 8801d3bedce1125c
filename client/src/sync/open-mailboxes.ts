import type { MailboxId, SpaceId } from '@clique/crypto'
import type { MailboxSigner } from '../network/relay-session.ts'
import { MailboxReader } from './mailbox-reader.ts'
import type { CliqueReplica, ContentMailbox, MailboxMark, MailboxSession } from './ports.ts'

export interface OpenMailboxesHost {
  readonly session: MailboxSession
  readonly replica: CliqueReplica
  /** The relay's PeerId. */
  readonly relay: string
}

/** The mailboxes that one session holds open, and how far each mailbox of this relay was ever read. */
export class OpenMailboxes {
  readonly #host: OpenMailboxesHost
  readonly #readers = new Map<MailboxId, MailboxReader>()
  readonly #subscribed = new Set<MailboxId>()
  /** Closed again, though there was no room for some of what lies there. */
  readonly #leftOut = new Set<MailboxId>()
  #marks: Map<MailboxId, MailboxMark> | null = null
  /** Records and items that were read, and those of them that were taken in. */
  itemsRead = 0
  accepted = 0

  constructor(host: OpenMailboxesHost) {
    this.#host = host
  }

  async load(): Promise<void> {
    this.#marks ??= new Map(await this.#host.replica.mailboxMarks(this.#host.relay))
  }

  markOf(mailbox: MailboxId): MailboxMark | undefined {
    return this.#marks?.get(mailbox)
  }

  /** The relay says that a mailbox grew. */
  grew(mailbox: MailboxId, next: number): void {
    this.#readers.get(mailbox)?.grew(next)
  }

  /** There was no room for some of what was read. */
  get hasLeftOut(): boolean {
    return this.#leftOut.size > 0 || [...this.#readers.values()].some((reader) => reader.hasLeftOut)
  }

  /** What was left out is read again. */
  startAgain(): void {
    this.#leftOut.clear()
    for (const reader of this.#readers.values()) reader.startAgain()
  }

  /** Not worth reading before `startAgain`. */
  isLeftOut(mailbox: MailboxId): boolean {
    return this.#leftOut.has(mailbox)
  }

  async reader(key: MailboxSigner, space: SpaceId | null): Promise<MailboxReader> {
    const known = this.#readers.get(key.mailbox)
    if (known !== undefined) return known
    await this.load()
    const { session, replica, relay } = this.#host
    const save = (cursor: number): Promise<void> => this.#save(key.mailbox, { cursor, settledAt: null })
    const reader = new MailboxReader(session, replica, relay, key, space, save)
    await reader.open(this.markOf(key.mailbox)?.cursor ?? 0)
    this.#readers.set(key.mailbox, reader)
    return reader
  }

  /** Reads a mailbox to its end and hears from then on when it grows. */
  async follow(key: MailboxSigner, space: SpaceId | null): Promise<void> {
    const reader = await this.reader(key, space)
    if (!this.#subscribed.has(key.mailbox)) {
      await reader.subscribe()
      this.#subscribed.add(key.mailbox)
    }
    await this.#catchUp(reader)
  }

  /** Reads a mailbox to its end, remembers that, and gives it back. */
  async readThrough(box: ContentMailbox): Promise<void> {
    const reader = await this.reader(box, box.space)
    try {
      await this.#catchUp(reader)
      if (reader.hasLeftOut) this.#leftOut.add(box.mailbox)
      else await this.#save(box.mailbox, { cursor: reader.cursor, settledAt: this.#host.session.relayNow })
    } finally {
      await this.giveBack(box.mailbox)
    }
  }

  async #catchUp(reader: MailboxReader): Promise<void> {
    const before = reader.itemsRead
    this.accepted += await reader.catchUp()
    this.itemsRead += reader.itemsRead - before
  }

  get size(): number {
    return this.#readers.size
  }

  isOpen(mailbox: MailboxId): boolean {
    return this.#readers.has(mailbox)
  }

  /** Gives back what is none of these: of a space that this device's member is in no more. */
  async giveBackOthers(kept: ReadonlySet<MailboxId>): Promise<void> {
    for (const mailbox of this.#readers.keys()) if (!kept.has(mailbox)) await this.giveBack(mailbox)
  }

  async giveBack(mailbox: MailboxId): Promise<void> {
    if (!this.#readers.delete(mailbox)) return
    this.#subscribed.delete(mailbox)
    if (!this.#host.session.isOver) await this.#host.session.closeMailbox(mailbox)
  }

  async #save(mailbox: MailboxId, mark: MailboxMark): Promise<void> {
    await this.#host.replica.saveMailboxMark(this.#host.relay, mailbox, mark)
    this.#marks?.set(mailbox, mark)
  }
}
