/**
 * A map that never changes and of which a changed copy is cheap. It lies in layers, newer before older; a layer that has
 * grown half as large as the one below is merged into it, so there are few, and one entry is copied few times.
 */
export class LayeredMap<Key, Value> implements ReadonlyMap<Key, Value> {
  readonly #layers: readonly ReadonlyMap<Key, Value>[]
  readonly size: number

  private constructor(layers: readonly ReadonlyMap<Key, Value>[], size: number) {
    this.#layers = layers
    this.size = size
  }

  static of<Key, Value>(map: ReadonlyMap<Key, Value>): LayeredMap<Key, Value> {
    return map instanceof LayeredMap ? map : new LayeredMap([map], map.size)
  }

  /** `changes` is handed over: it must not be written to any more. */
  with(changes: ReadonlyMap<Key, Value>): LayeredMap<Key, Value> {
    if (changes.size === 0) return this
    let { size } = this
    for (const key of changes.keys()) if (!this.has(key)) size++
    const layers = [...this.#layers]
    let top = changes
    for (
      let below = layers.at(-1);
      below !== undefined && below.size <= 2 * top.size;
      below = layers.at(-1)
    ) {
      top = new Map([...below, ...top])
      layers.pop()
    }
    layers.push(top)
    return new LayeredMap(layers, size)
  }

  get(key: Key): Value | undefined {
    for (let i = this.#layers.length - 1; i >= 0; i--) {
      const layer = this.#layers[i]
      if (layer?.has(key)) return layer.get(key)
    }
    return undefined
  }

  has(key: Key): boolean {
    return this.#layers.some((layer) => layer.has(key))
  }

  *entries(): MapIterator<[Key, Value]> {
    for (const [at, layer] of this.#layers.entries()) {
      const newer = this.#layers.slice(at + 1)
      for (const [key, value] of layer) {
        if (!newer.some((other) => other.has(key))) yield [key, value]
      }
    }
  }

  *keys(): MapIterator<Key> {
    for (const [key] of this.entries()) yield key
  }

  *values(): MapIterator<Value> {
    for (const [, value] of this.entries()) yield value
  }

  [Symbol.iterator](): MapIterator<[Key, Value]> {
    return this.entries()
  }

  forEach(work: (value: Value, key: Key, map: ReadonlyMap<Key, Value>) => void): void {
    for (const [key, value] of this.entries()) work(value, key, this)
  }
}

/** A map in the making. */
export class CopyOnWrite<Key, Value> {
  #map: ReadonlyMap<Key, Value>
  #changes = new Map<Key, Value>()
  readonly #isLayered: boolean

  /** `layered`: for what changes with nearly every operation, and is seldom read from end to end. */
  constructor(map: ReadonlyMap<Key, Value>, layered: 'layered' | 'plain') {
    this.#map = map
    this.#isLayered = layered === 'layered'
  }

  /** Hands the map out for good: what is written after this goes into a copy. */
  release(): ReadonlyMap<Key, Value> {
    if (this.#changes.size === 0) return this.#map
    this.#map = this.#isLayered
      ? LayeredMap.of(this.#map).with(this.#changes)
      : new Map([...this.#map, ...this.#changes])
    this.#changes = new Map()
    return this.#map
  }

  get(key: Key): Value | undefined {
    return this.#changes.has(key) ? this.#changes.get(key) : this.#map.get(key)
  }

  set(key: Key, value: Value): void {
    this.#changes.set(key, value)
  }
}
