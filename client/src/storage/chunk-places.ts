import { ChunkFiles } from './chunk-files.ts'
import type { ChunkPlace } from './chunk-place.ts'
import { ChunkRows } from './chunk-rows.ts'
import type { ChunkRow } from './database.ts'
import type { Store } from './store.ts'

/**
 * Both places of a store. New chunks go into files where the browser has them. What lies in rows stays readable, for it
 * was there before, or no file could be written then.
 */
export class ChunkPlaces {
  readonly rows: ChunkRows
  readonly files: ChunkFiles | null

  private constructor(store: Store, files: ChunkFiles | null) {
    this.rows = new ChunkRows(store.db)
    this.files = files
  }

  static of(store: Store): Promise<ChunkPlaces> {
    const known = opened.get(store)
    if (known !== undefined) return known
    const places = ChunkFiles.open(store)
      .catch(() => {
        // It may work the next time; until then what lies in files is there and cannot be read.
        opened.delete(store)
        return null
      })
      .then((files) => new ChunkPlaces(store, files))
    opened.set(store, places)
    return places
  }

  /** Where new ones go. */
  get forNew(): ChunkPlace {
    return this.files?.mayWrite === true ? this.files : this.rows
  }

  /** Null for a file, where there are none now. */
  placeOf({ pack }: ChunkRow): ChunkPlace | null {
    return pack === undefined ? this.rows : this.files
  }

  /** Rows whose bytes can be read in this page. */
  isHeld(row: ChunkRow | undefined): row is ChunkRow {
    return row !== undefined && this.placeOf(row) !== null
  }

  /** Inside the transaction in which the index forgets them. */
  async forget(rows: readonly ChunkRow[]): Promise<void> {
    await this.rows.forget(rows)
  }

  /** After it. */
  async clear(rows: readonly ChunkRow[]): Promise<void> {
    await this.files?.clear(rows)
  }
}

const opened = new WeakMap<Store, Promise<ChunkPlaces>>()
