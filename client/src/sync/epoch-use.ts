import { epochsOwner, safeEpoch, sendingKey } from '@clique/crypto'
import type { EpochId, EpochUse as Use, SpaceId } from '@clique/crypto'
import type { CliqueSession } from '../documents/clique-session.ts'
import { placeOf } from '../storage/place.ts'
import { readLastOrder, readRecordsAfter } from '../storage/records.ts'

/** Records looked back at when the count starts: a little more than an epoch may have. */
const lookBack = 6_000

export type EpochUseFacts = Use & {
  /** Of the spaces that have epochs of their own. */
  readonly spaces: ReadonlyMap<SpaceId, Use>
}

/** What was written under the epoch that is sent under now: in one space, or in all that use the clique's epochs. */
interface Count {
  readonly epoch: EpochId | null
  /** When this device first saw something of the epoch. */
  startedAt: number
  records: number
  readonly marks: Map<SpaceId, number>
  /** Device and space -> last sequence that was counted: a compaction stands for what may have been counted before. */
  readonly counted: Map<string, number>
}

/** Counts what was written under the epochs that are sent under now. Reads each record's row once. */
export class EpochUse {
  readonly #session: CliqueSession
  readonly #counts = new Map<SpaceId | null, Count>()

  constructor(session: CliqueSession) {
    this.#session = session
  }

  async facts(): Promise<EpochUseFacts> {
    const { log, spaces } = this.#session
    const clique = this.#countOf(null, safeEpoch(log))
    const ofSpaces = new Map<SpaceId, Use>()
    for (const space of spaces) {
      const owner = epochsOwner(log.state, space)
      const count = owner === null ? clique : this.#countOf(owner, safeEpoch(log, space))
      await this.#look(count, space)
      if (owner !== null) ofSpaces.set(owner, useOf(count))
    }
    return { ...useOf(clique), spaces: ofSpaces }
  }

  #countOf(owner: SpaceId | null, epoch: EpochId | null): Count {
    const known = this.#counts.get(owner)
    if (known !== undefined && known.epoch === epoch) return known
    const count = { epoch, records: 0, startedAt: this.#session.now(), marks: new Map(), counted: new Map() }
    this.#counts.set(owner, count)
    return count
  }

  async #look(count: Count, space: SpaceId): Promise<void> {
    const { log, clique, store } = this.#session
    const keyId = sendingKey(log, space)?.keyId
    const place = placeOf(clique, space)
    const last = await readLastOrder(store, place)
    const mark = count.marks.get(space) ?? Math.max(0, last - lookBack)
    if (last <= mark) return
    for (const row of await readRecordsAfter(store, place, mark)) {
      if (row.keyId !== keyId) continue
      const { device, sequence, first = sequence, receivedAt, receivedAts = [] } = row
      const name = `${space} ${device}`
      const counted = count.counted.get(name) ?? 0
      count.records += Math.max(0, sequence - Math.max(first - 1, counted))
      count.counted.set(name, Math.max(sequence, counted))
      count.startedAt = Math.min(count.startedAt, receivedAt, ...receivedAts)
    }
    count.marks.set(space, last)
  }
}

function useOf({ records, startedAt }: Count): Use {
  return { recordsSinceRotation: records, epochStartedAt: startedAt }
}
