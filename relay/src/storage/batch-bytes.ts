import type { StoredItem } from './storage.ts'

/** A batch rests as one value: each item behind its length in four bytes. */
export function itemsToBytes(items: readonly Uint8Array[]): Uint8Array {
  const size = items.reduce((sum, item) => sum + 4 + item.length, 0)
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  let place = 0
  for (const item of items) {
    view.setUint32(place, item.length)
    bytes.set(item, place + 4)
    place += 4 + item.length
  }
  return bytes
}

export function* bytesToItems(bytes: Uint8Array, first: number): Generator<StoredItem> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let place = 0, offset = first; place < bytes.length; offset++) {
    const length = view.getUint32(place)
    yield { offset, bytes: bytes.subarray(place + 4, place + 4 + length) }
    place += 4 + length
  }
}
