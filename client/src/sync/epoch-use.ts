import { safeEpoch, sendingKey } from '@clique/crypto'
import type { EpochId, SpaceId } from '@clique/crypto'
import type { CliqueSession } from '../documents/clique-session.ts'
import { placeOf } from '../storage/place.ts'
import { readLastOrder, readRecordsAfter } from '../storage/records.ts'

/** Records looked back at when the count starts: a little more than an epoch may have. */
const lookBack = 6_000

export interface EpochUseFacts {
  readonly recordsSinceRotation: number
  /** Milliseconds since 1970: when this device first saw something of the epoch. */
  readonly epochStartedAt: number
}

/** Counts what was written under the epoch that is sent under now. Reads each record's row once. */
export class EpochUse {
  readonly #session: CliqueSession
  #epoch: EpochId | null = null
  #startedAt = 0
  #records = 0
  readonly #marks = new Map<SpaceId, number>()

  constructor(session: CliqueSession) {
    this.#session = session
  }

  async facts(): Promise<EpochUseFacts> {
    const { log, clique, store } = this.#session
    const epoch = safeEpoch(log)
    if (epoch !== this.#epoch) {
      this.#epoch = epoch
      this.#records = 0
      this.#startedAt = this.#session.now()
      this.#marks.clear()
    }
    for (const space of log.state.spaces.keys()) {
      const keyId = sendingKey(log, space)?.keyId
      const place = placeOf(clique, space)
      const last = await readLastOrder(store, place)
      const mark = this.#marks.get(space) ?? Math.max(0, last - lookBack)
      if (last <= mark) continue
      for (const row of await readRecordsAfter(store, place, mark)) {
        if (row.keyId !== keyId) continue
        this.#records++
        this.#startedAt = Math.min(this.#startedAt, row.receivedAt)
      }
      this.#marks.set(space, last)
    }
    return { recordsSinceRotation: this.#records, epochStartedAt: this.#startedAt }
  }
}
