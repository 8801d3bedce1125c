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
import type { DeviceId } from '@clique/crypto'
import { openLogStatement, peerIdToKey } from '@clique/relay/protocol'
import type { LogHead, LogWitness, RelaySession } from '../network/relay-session.ts'
import { HeardHeads } from './heard-heads.ts'

const format = 1
/** Bytes of the statement that a head was read from: what is kept can be shown to others. */
const statementSize = 8192
/** Leaves that a log may grow by before it is proven again. Besides, every session begins with a proof. */
const provenEvery = 64

export interface LogKeeper {
  /** The relay's PeerId. */
  readonly relay: string
  /** The latest head that was verified, as `save` was given it. */
  load(): Promise<Uint8Array | null>
  save(head: Uint8Array): Promise<void>
  /** Two statements of this relay that do not belong to one log, as `saveProof` was given them. */
  loadProof(): Promise<Uint8Array | null>
  saveProof(proof: Uint8Array): Promise<void>
  /** A later head was verified: what `latest` gives is another one now. */
  onVerified(): void
  /** The relay has signed two heads that do not belong to one log: it shortened or rewrote it, or shows several. */
  onForked(): void
}

/**
 * Holds a relay to its log: everything that it signs names a size and a root, and whatever comes later must begin
 * with what was there before. What it showed others must too. Lives as long as the relay is used, across sessions and
 * restarts.
 */
export class LogWatch implements LogWitness {
  readonly #keeper: LogKeeper
  #verified: LogHead | null = null
  /** Signed, and the largest so far; not proven yet. */
  #newest: LogHead | null = null
  readonly #heard = new HeardHeads()
  #session: RelaySession | null = null
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

  /** What the relay signed for the latest head that was verified: to be shown to others. */
  async latest(): Promise<Uint8Array | null> {
    await this.#enqueue(async () => void (await this.#load()))
    return this.#verified?.statement ?? null
  }

  /** Never rejects, and nobody has to wait for it. `mark`: from before this was asked for. */
  saw(session: RelaySession, head: LogHead, mark: number): Promise<void> {
    return this.#enqueue(async () => {
      this.#session = session
      if (head.isFirst) this.#heard.renew()
      await this.#judge(session, head, mark)
      await this.#judgeHeard()
    })
  }

  /**
   * A statement of this relay that another device was given. What this relay did not sign is worth nothing, whoever
   * shows it; what it signed counts as if it had been said here. Never rejects; resolves when the signature is
   * checked, not when the relay has answered.
   */
  async heard(from: DeviceId, statement: Uint8Array): Promise<void> {
    if (statement.length > statementSize) return
    try {
      const said = await openLogStatement(statement, peerIdToKey(this.#keeper.relay))
      this.#heard.add(from, { ...said, statement, isFirst: false })
      void this.#enqueue(() => this.#judgeHeard())
    } catch (error) {
      if (!(error instanceof CliqueError)) reportError(error)
    }
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(work).catch((error: unknown) => {
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
    const contradicted = known.find(contradicts)
    if (contradicted !== undefined) return this.#fork(contradicted, head)
    if (head.size < Math.max(mark, kept)) return this.#fork(this.#newest ?? this.#verified ?? head, head)
    if (head.size > (this.#newest?.size ?? -1)) this.#newest = head
    const verified = this.#verified
    if (verified === null) return this.#keep(head)
    if (head.size > verified.size && (head.isFirst || head.size - verified.size >= provenEvery)) {
      if (await isConsistent(session, verified, head)) await this.#keep(head)
      else await this.#fork(verified, head)
    }
  }

  /** Two heads of one size are compared here; of two sizes, the relay has to prove that they are of one log. */
  async #judgeHeard(): Promise<void> {
    await this.#load()
    const verified = this.#verified
    if (this.#isForked || verified === null) return
    for (const [from, head] of this.#heard.waiting()) {
      // It keeps the logs of other cliques too.
      const isOurs = equal(head.tenant, verified.tenant)
      const same = [verified, this.#newest].find((one) => one?.size === head.size)
      if (isOurs && same == null) {
        const session = this.#session
        if (session === null || session.isOver || !this.#heard.mayAsk(from)) continue
        const [old, later] = head.size < verified.size ? [head, verified] : [verified, head]
        try {
          if (!(await isConsistent(session, old, later))) return this.#fork(old, later)
        } catch (error) {
          // A relay that has gone or says nothing to this is asked again later.
          if (!(error instanceof CliqueError)) throw error
          continue
        }
      } else if (isOurs && same != null && !equal(same.root, head.root)) return this.#fork(same, head)
      this.#heard.settle(head)
    }
  }

  /** Leaves that were signed for before this run; 0 from the second time on, when `mark` knows. */
  async #load(): Promise<number> {
    if (this.#isLoaded) return 0
    const kept = await this.#keeper.load()
    const proof = await this.#keeper.loadProof()
    this.#verified = kept === null ? null : bytesToHead(kept)
    this.#isLoaded = true
    if (proof !== null) this.#alarm()
    return this.#verified?.size ?? 0
  }

  async #keep(head: LogHead): Promise<void> {
    this.#verified = head
    await this.#keeper.save(headToBytes(head))
    this.#keeper.onVerified()
  }

  /** Said first, kept next: a full disk must not hide it. */
  async #fork(one: LogHead, other: LogHead): Promise<void> {
    this.#alarm()
    this.#heard.clear()
    await this.#keeper.saveProof(encode([format, one.statement, other.statement]))
  }

  #alarm(): void {
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
