import {
  CliqueError,
  decode,
  encode,
  equal,
  isCliqueError,
  readArray,
  readBytes,
  readBytesUpTo,
  readUint,
  verifyConsistency,
} from '@clique/crypto'
import type { LogHead, LogWitness, RelaySession } from '../network/relay-session.ts'

const format = 1
/** Bytes of the statement that a head was read from: what is kept can be shown to others. */
const statementSize = 8192
/** Leaves that a log may grow by before it is proven again. Besides, every session begins with a proof. */
const provenEvery = 64

export interface LogKeeper {
  /** The latest head that was verified, as `save` was given it. */
  load(): Promise<Uint8Array | null>
  save(head: Uint8Array): Promise<void>
  /** The relay has signed two heads that do not belong to one log: it shortened or rewrote it, or shows several. */
  onForked(): void
}

/**
 * Holds a relay to its log: everything that it signs names a size and a root, and whatever comes later must begin
 * with what was there before. Lives as long as the relay is used, across sessions and restarts.
 */
export class LogWatch implements LogWitness {
  readonly #keeper: LogKeeper
  #verified: LogHead | null = null
  /** Signed, and the largest so far; not proven yet. */
  #newest: LogHead | null = null
  #isLoaded = false
  #isForked = false
  #work: Promise<void> = Promise.resolve()

  constructor(keeper: LogKeeper) {
    this.#keeper = keeper
  }

  get isForked(): boolean {
    return this.#isForked
  }

  /** Leaves that the relay has signed for so far: what is asked for now must not name fewer. */
  mark(): number {
    return Math.max(this.#verified?.size ?? 0, this.#newest?.size ?? 0)
  }

  /** Never rejects, and nobody has to wait for it. `mark`: from before this was asked for. */
  saw(session: RelaySession, head: LogHead, mark: number): Promise<void> {
    this.#work = this.#work
      .then(() => this.#judge(session, head, mark))
      .catch((error: unknown) => {
        // A session that ended, or a full disk: the next head is judged against what was verified before.
        if (!(error instanceof CliqueError)) reportError(error)
      })
    return this.#work
  }

  async #judge(session: RelaySession, head: LogHead, mark: number): Promise<void> {
    const kept = await this.#load()
    if (this.#isForked) return
    // Of another clique's log nothing is known; that this clique's relay speaks of another one is a broken word.
    const known = [this.#verified, this.#newest].filter((one) => one !== null)
    const contradicts = (one: LogHead): boolean =>
      !equal(one.tenant, head.tenant) || (one.size === head.size && !equal(one.root, head.root))
    if (head.size < Math.max(mark, kept) || known.some(contradicts)) return this.#fork()
    if (head.size > (this.#newest?.size ?? -1)) this.#newest = head
    const verified = this.#verified
    if (verified === null) return this.#keep(head)
    if (head.size > verified.size && (head.isFirst || head.size - verified.size >= provenEvery)) {
      if (await isConsistent(session, verified, head)) await this.#keep(head)
      else this.#fork()
    }
  }

  /** Leaves that were signed for before this run; 0 from the second time on, when `mark` knows. */
  async #load(): Promise<number> {
    if (this.#isLoaded) return 0
    const kept = await this.#keeper.load()
    this.#verified = kept === null ? null : bytesToHead(kept)
    this.#isLoaded = true
    return this.#verified?.size ?? 0
  }

  async #keep(head: LogHead): Promise<void> {
    this.#verified = head
    await this.#keeper.save(headToBytes(head))
  }

  #fork(): void {
    this.#isForked = true
    this.#keeper.onForked()
  }
}

/** @throws CliqueError where the relay says nothing */
async function isConsistent(session: RelaySession, old: LogHead, head: LogHead): Promise<boolean> {
  try {
    const proof = await session.consistency(old.size, head.size)
    return verifyConsistency(old.size, head.size, old.root, head.root, proof)
  } catch (error) {
    // It has signed for both sizes.
    if (isCliqueError(error, 'relay-log-range')) return false
    throw error
  }
}

function headToBytes({ tenant, size, root, statement }: LogHead): Uint8Array {
  return encode([format, tenant, size, root, statement])
}

/** Null for what another version kept: then the log is followed from here on. */
function bytesToHead(bytes: Uint8Array): LogHead | null {
  try {
    const [version, tenant, size, root, statement] = readArray(decode(bytes), 5)
    if (version !== format) return null
    return {
      tenant: readBytes(tenant, 32),
      size: readUint(size),
      root: readBytes(root, 32),
      statement: readBytesUpTo(statement, statementSize),
      isFirst: false,
    }
  } catch (error) {
    if (error instanceof CliqueError) return null
    throw error
  }
}
