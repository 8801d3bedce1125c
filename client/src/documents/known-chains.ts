import type { ChainPlace, DeviceId, KnownChain, RecordBody, RecordId } from '@clique/crypto'
import { readAside } from '../storage/forks.ts'
import { readRowsOf } from '../storage/records.ts'
import type { ChainHead, SpaceDocuments } from './space-documents.ts'
import { asideIn, nameOf, placesIn, recordsIn } from './standing.ts'
import { stretchOf } from './stretch.ts'
import type { Before } from './stretch.ts'

type Place = Pick<RecordBody, 'device' | 'sequence'>
type Word = Place & Pick<RecordBody, 'previous' | 'previousKey'>
type Link = Word & Pick<RecordBody, 'key'>

/**
 * What is held of the chains that some records belong to, around their places. A record that comes before what is
 * held of its chain is rare: only for one, and for a second record at one place, is anything read.
 */
export class KnownChains {
  readonly #documents: SpaceDocuments
  readonly #places = new Map<string, ChainPlace & Before>()
  readonly #named = new Map<string, ChainPlace>()

  private constructor(documents: SpaceDocuments) {
    this.#documents = documents
  }

  static async read(documents: SpaceDocuments, bodies: readonly Place[]): Promise<KnownChains> {
    const known = new KnownChains(documents)
    const around: Place[] = []
    const beneath = new Set<string>()
    for (const { device, sequence } of bodies) {
      const head = documents.heads.get(device)
      if (head === undefined) continue
      known.#hold({ device, ...head })
      if (sequence > head.sequence) continue
      for (const at of [sequence - 1, sequence, sequence + 1]) around.push({ device, sequence: at })
      beneath.add(nameOf({ device, sequence: sequence - 1 })).add(nameOf({ device, sequence }))
    }
    const rows = await readRowsOf(documents.context.store, documents.place, distinct(around))
    for (const row of rows) {
      for (const one of placesIn(documents, row)) known.#hold(one)
    }
    for (const row of rows) {
      // Of what a row stands for, the first alone can have nothing before it.
      const before = nameOf({ device: row.device, sequence: (row.first ?? row.sequence) - 1 })
      const [first] = beneath.has(before) && !known.#places.has(before) ? recordsIn(documents, row) : []
      if (first !== undefined) known.#name(first.body)
    }
    for (const device of new Set(bodies.map((body) => body.device))) {
      const forkedAt = documents.forks.get(device)
      if (forkedAt === undefined) continue
      const proof = await documents.forkProofOf(device)
      if (proof?.sequence === forkedAt) known.#name(proof)
      // What lies aside right behind the last place before the fork says what was there.
      const isNext = (one: Place) => one.device === device && [forkedAt - 1, forkedAt].includes(one.sequence)
      const aside = bodies.some(isNext)
        ? await readAside(documents.context.store, documents.place, device)
        : []
      for (const one of aside.flatMap((row) => asideIn(documents, row))) {
        if (one.sequence === forkedAt) known.#name(one)
      }
    }
    return known
  }

  of(device: DeviceId): KnownChain {
    return {
      at: (sequence) => this.#places.get(nameOf({ device, sequence })) ?? null,
      namedAt: (sequence) => this.#named.get(nameOf({ device, sequence })) ?? null,
    }
  }

  /** Where the stretch of its chain begins that a record is in which can stand. */
  stretchOf(link: Link): number {
    const before = this.#places.get(nameOf({ device: link.device, sequence: link.sequence - 1 }))
    return stretchOf(this.#documents.context, link, before)
  }

  /** It stands from now on, in the stretch that is returned. */
  add(id: RecordId, link: Link): number {
    const stretch = this.stretchOf(link)
    this.#places.set(nameOf(link), { id, key: link.key, stretch })
    this.#name(link)
    return stretch
  }

  /** It does not count, as the chain forks at its place. What it says was before it is still that device's word. */
  refuse(word: Word): void {
    this.#name(word)
  }

  #hold(one: Place & ChainHead): void {
    this.#places.set(nameOf(one), { ...one, key: one.keyId })
  }

  #name({ device, sequence, previous, previousKey }: Word): void {
    if (previous === null || previousKey === null) return
    this.#named.set(nameOf({ device, sequence: sequence - 1 }), { id: previous, key: previousKey })
  }
}

function distinct(places: readonly Place[]): Place[] {
  return [...new Map(places.map((place) => [nameOf(place), place])).values()]
}
