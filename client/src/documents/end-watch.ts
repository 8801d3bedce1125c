import { findEndNotices, ownEnd } from '@clique/crypto'
import type { CliqueId, CliqueLog, DeviceId, EndNotice, OperationId, OwnEnd } from '@clique/crypto'
import type { OwnKeys } from './device-keys.ts'
import { readEndNotices, saveEndNotices } from '../storage/ends.ts'
import type { HeardNotice } from '../storage/ends.ts'
import type { Store } from '../storage/store.ts'

/** Notices of one author that are kept: later ones may be about operations that this device cannot have. */
const maxOfAuthor = 4

/**
 * How long after a notice an epoch for this device has to come to deny it: by then whoever began it had heard of a true one.
 * In milliseconds.
 */
export const denialMs = 24 * 60 * 60 * 1000

/** This device's end, as far as it can be proven here. */
export interface KnownEnd {
  readonly end: OwnEnd
  /** When it came to be known through a notice, in milliseconds since 1970; null where the roster says it. */
  readonly noticedAt: number | null
}

/**
 * What this device was told of its own end. It is kept apart from the items that said it, which only wait and may give
 * way to others, and judged by the roster of the moment.
 */
export class EndWatch {
  readonly #store: Store
  readonly #clique: CliqueId
  readonly #device: DeviceId
  readonly #keys: Pick<OwnKeys, 'recipients'>
  #heard: readonly HeardNotice[] = []
  #known: { readonly log: CliqueLog; readonly heard: unknown; readonly end: KnownEnd | null } | null = null

  readonly #heardAt: (operation: OperationId) => number | null

  /** `heardAt`: when an operation came here, in milliseconds since 1970; null where that was not kept. */
  constructor(
    store: Store,
    clique: CliqueId,
    device: DeviceId,
    keys: Pick<OwnKeys, 'recipients'>,
    heardAt: (operation: OperationId) => number | null,
  ) {
    this.#heardAt = heardAt
    this.#store = store
    this.#clique = clique
    this.#device = device
    this.#keys = keys
  }

  /** What any tab has kept. True when it is more than before. */
  async catchUp(): Promise<boolean> {
    const heard = await readEndNotices(this.#store, this.#clique)
    if (heard.length === 0 || JSON.stringify(heard) === JSON.stringify(this.#heard)) return false
    this.#heard = heard
    return true
  }

  /** Looks through items that wait. True when one of them brought a notice; it is kept when this resolves. */
  async look(log: CliqueLog, items: readonly Uint8Array[], now: number): Promise<boolean> {
    const found = await findEndNotices({ clique: log.clique, waiting: items }, this.#keys.recipients)
    // Whoever knows this device's key can wrap to it. Of a stranger there is nothing to keep.
    const fresh = found.filter((notice) => this.#isKnownAuthor(log, notice) && !this.#has(notice))
    if (fresh.length === 0) return false
    const all = [...this.#heard, ...fresh.map((notice) => ({ notice, noticedAt: now }))]
    const kept = all.filter(({ notice: { author } }, at) => {
      const later = all.slice(at + 1).filter(({ notice }) => notice.author.id === author.id)
      return later.length < maxOfAuthor
    })
    await saveEndNotices(this.#store, this.#clique, kept)
    this.#heard = kept
    return true
  }

  /** Null while this device is in, by what is known. */
  endOf(log: CliqueLog): KnownEnd | null {
    if (this.#known?.log === log && this.#known.heard === this.#heard) return this.#known.end
    const end = this.#judge(log)
    this.#known = { log, heard: this.#heard, end }
    return end
  }

  #judge(log: CliqueLog): KnownEnd | null {
    const byRoster = ownEnd(log, this.#device, [])
    const [standing] = this.#heard.flatMap(({ notice, noticedAt }) => {
      const isLate = (operation: OperationId): boolean =>
        (this.#heardAt(operation) ?? 0) >= noticedAt + denialMs
      const end = byRoster ?? ownEnd(log, this.#device, [notice], isLate)
      return end === null ? [] : [{ end, noticedAt: byRoster === null ? noticedAt : null }]
    })
    return standing ?? (byRoster === null ? null : { end: byRoster, noticedAt: null })
  }

  #isKnownAuthor({ state }: CliqueLog, { author }: EndNotice): boolean {
    if (author.kind === 'device') return state.devices.has(author.id)
    return state.devices.get(this.#device)?.member === author.id
  }

  #has({ epoch, author }: EndNotice): boolean {
    return this.#heard.some(({ notice }) => notice.epoch === epoch && notice.author.id === author.id)
  }
}
