import { controlMailbox, isCliqueError, mailboxIdOf, pseudonymMailbox, sealPseudonym } from '@clique/crypto'
import { equal, signatureSeedSize, signerFromSeed, toHex } from '@clique/crypto'
import type { MailboxId, Random, Signer } from '@clique/crypto'
import { limits, peerIdToKey } from '@clique/relay/protocol'
import type { ConsentingKey, Item } from '@clique/relay/protocol'
import type { CliqueSession } from '../documents/clique-session.ts'
import { Serial } from '../documents/serial.ts'
import type { MailboxSigner, RelaySession } from '../network/relay-session.ts'
import { consentTo, setAdminKeys } from '../network/tenants.ts'
import { readAdminKey, readAdminNotes, saveAdminKey, saveAdminNotes } from '../storage/admin-keys.ts'
import type { AdminKey } from '../storage/admin-keys.ts'
import { AdminNotes, isAdminDevice } from './admin-notes.ts'

/**
 * Notes that are read, the newest: some for each device of each admin. Whoever fills the mailbox with more keeps newer
 * ones readable all the same.
 */
const maxNotes = 1024
/** Bytes of an item that may be one: what is larger is passed over as it comes, so that nobody fills memory with it. */
const maxNoteSize = 1024
/** So many after the own one, and it is left again: more than there are devices in a clique, so that this comes to an end. */
const maxLater = 512
/** Bytes asked for at once; a note has less than 500. */
const readBytes = 512 * 1024

/** Milliseconds before the relay is asked again whether somebody has named this device's key, doubled each time. */
const firstAskMs = 15_000
const lastAskMs = 10 * 60_000

export interface AdminDeskHost {
  readonly session: CliqueSession
  readonly random: Random
  /** Milliseconds; returns the function that calls it off. */
  readonly later: (run: () => void, ms: number) => () => void
  /** The relay takes this device's key, and did not before. */
  onKnown(session: RelaySession, relay: string): Promise<void>
}

/** What was done in one session of one relay. */
interface Counter {
  readonly session: RelaySession
  /** PeerId. */
  readonly relay: string
  readonly box: MailboxSigner
  /** Where to read on; null before the mailbox was opened. */
  cursor: number | null
  /** Of which the key is not here yet. */
  unread: readonly Item[]
  /** Null before what is kept of them was read. */
  notes: AdminNotes | null
  kept: Uint8Array
  /** Where the own note was seen last; -Infinity where it was not. */
  leftAt: number
  /** The keys that were named last. */
  named: string
  askMs: number
  cancelAsk: () => void
}

/**
 * Lets relays know by which keys admins' devices speak to them. Each device of an admin leaves a note for the others; each
 * whose key a relay takes names there the keys of all that are admins now. So whoever is one no more is out with the next
 * list, and whoever became one need not wait for the device that registered the clique. No word of theirs is for a tenant that is
 * not proven to be the clique's: it spreads from the device that registered it, by notes.
 */
export class AdminDesk {
  readonly #host: AdminDeskHost
  readonly #serial = new Serial()
  readonly #counters = new Map<string, Counter>()
  readonly #stopListening: () => void

  constructor(host: AdminDeskHost) {
    this.#host = host
    this.#stopListening = host.session.onChange((change) => {
      if (change.kind !== 'roster') return
      for (const counter of this.#counters.values()) void this.#settle(counter)
    })
  }

  /** With a proven session. */
  use(session: RelaySession, relay: string): Promise<void> {
    const { seed } = controlMailbox(this.#host.session.log).keyPair
    const signer = signerFromSeed(pseudonymMailbox(seed, peerIdToKey(relay)).seed)
    const box = { mailbox: mailboxIdOf(signer.publicKey), signer }
    const begun = { cursor: null, unread: [], notes: null, kept: new Uint8Array(0), leftAt: -Infinity }
    const asking = { askMs: firstAskMs, cancelAsk: () => undefined }
    const counter: Counter = { session, relay, box, named: '', ...begun, ...asking }
    this.#counters.set(relay, counter)
    void session.ended.then(() => counter.cancelAsk())
    return this.#settle(counter)
  }

  /** A mailbox that this or others follow has more. */
  async grew(mailbox: MailboxId): Promise<void> {
    const meant = [...this.#counters.values()].filter(({ box }) => box.mailbox === mailbox)
    await Promise.all(meant.map((counter) => this.#settle(counter)))
  }

  close(): void {
    this.#stopListening()
    for (const { cancelAsk } of this.#counters.values()) cancelAsk()
    this.#counters.clear()
  }

  async #settle(counter: Counter): Promise<void> {
    try {
      await this.#serial.run(() => this.#settleNow(counter))
    } catch (error) {
      // The next session, or the next change of the roster, tries again.
      if (!isCliqueError(error)) reportError(error)
    }
  }

  async #settleNow(counter: Counter): Promise<void> {
    const { session } = this.#host
    const isCurrent = this.#counters.get(counter.relay) === counter && !counter.session.isOver
    if (!isCurrent || session.end !== null || !isAdminDevice(session.log.state, session.device)) return
    const { store, clique } = session
    const notes = (counter.notes ??= await this.#keptNotes(counter))
    if (notes === null) return
    const key = (await readAdminKey(store, clique, counter.relay)) ?? (await this.#makeKey(counter))
    const signer = signerFromSeed(key.seed)
    await this.#read(counter, notes, signer.publicKey)
    const toKeep = notes.settle(session.log.state)
    if (!notes.isProven(session.log.state, session.device, signer.publicKey)) return
    if (!equal(toKeep, counter.kept)) await saveAdminNotes(store, clique, counter.relay, toKeep)
    counter.kept = toKeep
    const own = await consentTo(peerIdToKey(counter.relay), notes.tenant, signer)
    await this.#leaveNote(counter, signer, own)
    await this.#name(counter, notes, key, own)
  }

  async #makeKey({ relay }: Counter): Promise<AdminKey> {
    const { session, random } = this.#host
    const key = { seed: random(signatureSeedSize), isKnown: false }
    await saveAdminKey(session.store, session.clique, relay, key)
    return key
  }

  async #keptNotes(counter: Counter): Promise<AdminNotes | null> {
    const { store, clique } = this.#host.session
    const { session, relay } = counter
    const kept = await readAdminNotes(store, clique, relay)
    counter.kept = kept ?? counter.kept
    return AdminNotes.read(peerIdToKey(relay), session.tenant, kept)
  }

  async #read(counter: Counter, notes: AdminNotes, ownKey: Uint8Array): Promise<void> {
    const { session, box } = counter
    const { log, device } = this.#host.session
    const isProven = notes.isProven(log.state, device, ownKey)
    if (counter.cursor === null) {
      const { oldest } = await session.openMailbox(box, 'content')
      const next = await session.subscribe(box.mailbox)
      // The one word that proves the tenant may lie beneath whatever somebody filled the mailbox with.
      counter.cursor = isProven ? Math.max(oldest, next - maxNotes) : oldest
    }
    const found = [...counter.unread]
    counter.unread = []
    for (let next = Infinity; counter.cursor < next;) {
      const range = await session.read(box.mailbox, counter.cursor, readBytes)
      found.push(...range.items.filter(({ bytes }) => bytes.length <= maxNoteSize))
      counter.cursor = range.to
      next = range.next
      for (const item of isProven ? [] : found.splice(0)) await this.#take(counter, notes, item, ownKey)
    }
    for (const item of found.slice(-maxNotes)) await this.#take(counter, notes, item, ownKey)
  }

  async #take(counter: Counter, notes: AdminNotes, item: Item, ownKey: Uint8Array): Promise<void> {
    const { log, device } = this.#host.session
    try {
      const note = await notes.take(log, item.bytes)
      if (note.device === device && equal(note.pseudonym, ownKey)) counter.leftAt = item.offset
    } catch (error) {
      if (!isCliqueError(error)) throw error
      if (error.code === 'item-open') counter.unread = [...counter.unread.slice(1 - maxNotes), item]
    }
  }

  /** Where it is not among those that others read, as when it was over or many came after it. */
  async #leaveNote(counter: Counter, pseudonym: Signer, { consent }: ConsentingKey): Promise<void> {
    const { session, relay, box, cursor, leftAt } = counter
    if (cursor === null || cursor - leftAt <= maxLater) return
    const { log, me } = this.#host.session
    const parts = { relay: peerIdToKey(relay), device: me.signer, pseudonym, consent }
    const note = await sealPseudonym(log, parts, this.#host.random)
    await session.append(box.mailbox, [note], session.relayNow + limits.keepContent)
    counter.leftAt = cursor
  }

  /** Whoever is not known yet may be at any time, and hears no word of it. */
  #askAgain(counter: Counter): void {
    counter.cancelAsk()
    if (counter.session.isOver || !this.#counters.has(counter.relay)) return
    counter.cancelAsk = this.#host.later(() => void this.#settle(counter), counter.askMs)
    counter.askMs = Math.min(lastAskMs, 2 * counter.askMs)
  }

  async #name(counter: Counter, notes: AdminNotes, key: AdminKey, own: ConsentingKey): Promise<void> {
    const { store, clique, device, log } = this.#host.session
    const { session, relay } = counter
    const { seed, isKnown } = key
    const keys = notes.named(log.state, device, own)
    const named = keys.map((one) => toHex(one.key)).join(' ')
    if (named === counter.named) return
    const takes = await isTaken(setAdminKeys(session, signerFromSeed(seed), keys))
    if (takes) counter.named = named
    else this.#askAgain(counter)
    if (takes === isKnown) return
    await saveAdminKey(store, clique, relay, { seed, isKnown: takes })
    if (takes) await this.#host.onKnown(session, relay)
  }
}

/** False where the relay does not take this key. */
async function isTaken(naming: Promise<void>): Promise<boolean> {
  try {
    await naming
    return true
  } catch (error) {
    if (isCliqueError(error, 'relay-not-admin')) return false
    throw error
  }
}
