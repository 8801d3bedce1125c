import { CliqueError } from '@clique/crypto'
import type { MailboxId } from '@clique/crypto'
import { limits } from '@clique/relay/protocol'
import type { MailboxSigner } from '../../network/relay-session.ts'
import type { MailboxSession } from '../ports.ts'

/** A relay's mailboxes in memory: no network, no signatures, and the limit of a session that real ones have. */
export class MemoryRelay {
  readonly peer: string
  now = 1_800_000_000_000
  readonly mailboxes = new Map<MailboxId, Uint8Array[]>()
  readonly sessions = new Set<MemoryRelaySession>()
  /** How many items each append brought. */
  readonly appends: number[] = []
  /** Mailboxes that it refuses to open. */
  readonly refuses = new Map<MailboxId, CliqueError['code']>()

  constructor(peer: string) {
    this.peer = peer
  }

  connect(): MemoryRelaySession {
    const session = new MemoryRelaySession(this)
    this.sessions.add(session)
    return session
  }

  /** As somebody else's device does. Returns the offset of the first. */
  append(mailbox: MailboxId, items: readonly Uint8Array[], by?: MemoryRelaySession): number {
    const kept = this.mailboxes.get(mailbox) ?? []
    const first = kept.length
    kept.push(...items)
    this.appends.push(items.length)
    this.mailboxes.set(mailbox, kept)
    for (const session of this.sessions) if (session !== by) session.tell(mailbox, kept.length)
    return first
  }
}

export class MemoryRelaySession implements MailboxSession {
  readonly ended: Promise<CliqueError>
  isOver = false
  readonly relay: MemoryRelay
  readonly open = new Set<MailboxId>()
  readonly subscribed = new Set<MailboxId>()
  /** In the order in which they were opened, as often as they were. */
  readonly opened: MailboxId[] = []
  mostOpen = 0
  onGrew: (mailbox: MailboxId, next: number) => void = () => undefined
  #end: (reason: CliqueError) => void = () => undefined

  constructor(relay: MemoryRelay) {
    this.relay = relay
    this.ended = new Promise((resolve) => (this.#end = resolve))
  }

  get relayNow(): number {
    return this.relay.now
  }

  async openMailbox({ mailbox }: MailboxSigner): Promise<{ oldest: number; next: number }> {
    this.#live()
    const refusal = this.relay.refuses.get(mailbox)
    if (refusal !== undefined) throw new CliqueError(refusal)
    if (this.open.size >= limits.mailboxesPerSession) throw new CliqueError('relay-too-many')
    this.open.add(mailbox)
    this.opened.push(mailbox)
    this.mostOpen = Math.max(this.mostOpen, this.open.size)
    return { oldest: 0, next: this.#kept(mailbox).length }
  }

  async closeMailbox(mailbox: MailboxId): Promise<void> {
    this.#live()
    this.open.delete(mailbox)
    this.subscribed.delete(mailbox)
  }

  async subscribe(mailbox: MailboxId): Promise<number> {
    this.#live(mailbox)
    this.subscribed.add(mailbox)
    return this.#kept(mailbox).length
  }

  async read(
    mailbox: MailboxId,
    cursor: number,
    maxBytes: number,
  ): Promise<{ items: { offset: number; bytes: Uint8Array }[]; to: number; next: number }> {
    this.#live(mailbox)
    const kept = this.#kept(mailbox)
    const items: { offset: number; bytes: Uint8Array }[] = []
    let size = 0
    for (const [offset, bytes] of kept.entries()) {
      if (offset < cursor) continue
      if (items.length > 0 && size + bytes.length > maxBytes) break
      size += bytes.length
      items.push({ offset, bytes })
    }
    return { items, to: (items.at(-1)?.offset ?? Math.max(cursor, kept.length) - 1) + 1, next: kept.length }
  }

  async append(
    mailbox: MailboxId,
    items: readonly Uint8Array[],
  ): Promise<{ readonly leaf: { readonly first: number } }> {
    this.#live(mailbox)
    return { leaf: { first: this.relay.append(mailbox, items, this) } }
  }

  close(): void {
    this.isOver = true
    this.relay.sessions.delete(this)
    this.#end(new CliqueError('relay-closed'))
  }

  tell(mailbox: MailboxId, next: number): void {
    if (this.subscribed.has(mailbox)) this.onGrew(mailbox, next)
  }

  #kept(mailbox: MailboxId): readonly Uint8Array[] {
    return this.relay.mailboxes.get(mailbox) ?? []
  }

  #live(mailbox?: MailboxId): void {
    if (this.isOver) throw new CliqueError('relay-closed')
    if (mailbox !== undefined && !this.open.has(mailbox)) throw new CliqueError('relay-mailbox-not-open')
  }
}
