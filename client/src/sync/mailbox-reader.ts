import type { MailboxId, SpaceId } from '@clique/crypto'
import type { MailboxKind } from '@clique/relay/protocol'
import type { MailboxSigner, RelaySession } from '../network/relay-session.ts'
import type { CliqueReplica } from './ports.ts'

/** Bytes asked for at once. A range is taken in before the next is asked for, so memory holds one. */
const readBytes = 512 * 1024

/** One mailbox of the clique, followed from where this device stopped reading it. */
export class MailboxReader {
  readonly mailbox: MailboxId
  readonly #session: RelaySession
  readonly #replica: CliqueReplica
  readonly #key: MailboxSigner
  /** Null for the control mailbox. */
  readonly #space: SpaceId | null
  #cursor = 0
  #next = 0

  constructor(session: RelaySession, replica: CliqueReplica, key: MailboxSigner, space: SpaceId | null) {
    this.mailbox = key.mailbox
    this.#session = session
    this.#replica = replica
    this.#key = key
    this.#space = space
  }

  async open(): Promise<void> {
    const kind: MailboxKind = this.#space === null ? 'control' : 'content'
    const { next } = await this.#session.openMailbox(this.#key, kind)
    const saved = await this.#replica.cursor(this.mailbox)
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

  get isBehind(): boolean {
    return this.#cursor < this.#next
  }

  /**
   * Takes in all there is. The cursor moves after what was read is stored, so a crash in between reads it again;
   * what is garbage is counted by the replica and passed over, so it can never hold up what lies behind it.
   */
  async catchUp(): Promise<void> {
    while (this.isBehind) {
      const range = await this.#session.read(this.mailbox, this.#cursor, readBytes)
      const bytes = range.items.map((item) => item.bytes)
      if (bytes.length > 0) {
        if (this.#space === null) await this.#replica.takeItems(bytes, true)
        else await this.#replica.takeRecords(this.#space, bytes, true)
      }
      this.#cursor = range.to
      this.#next = Math.max(this.#next, range.next)
      await this.#replica.saveCursor(this.mailbox, this.#cursor)
      if (range.to >= range.next) this.#next = range.next
    }
  }

  async saveCursor(): Promise<void> {
    await this.#replica.saveCursor(this.mailbox, this.#cursor)
  }
}
