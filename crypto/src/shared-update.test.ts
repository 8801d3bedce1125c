import { expect, test } from 'vitest'
import { encode } from './cbor.ts'
import { bytesToId } from './ids.ts'
import { writeDependency } from './record.ts'
import { decodeSharedUpdate, encodeSharedUpdate } from './shared-update.ts'

const [low, middle, high] = [1, 2, 3].map((n) => ({
  device: bytesToId('device', new Uint8Array(32).fill(9 - n)),
  sequence: n,
  record: bytesToId('record', new Uint8Array(32).fill(n)),
})) as [Named, Named, Named]
type Named = Parameters<typeof writeDependency>[0]
const update = Uint8Array.of(0, 0)

test('[CID4] a record of a shared document names by whole ids what its update touches of others', () => {
  for (const builtOn of [[], [low], [low, middle, high]]) {
    expect(decodeSharedUpdate(encodeSharedUpdate({ builtOn, update }))).toEqual({ builtOn, update })
  }
})

test('[CID4] there is one way to say it', () => {
  for (const wrong of [
    [middle, low],
    [low, low],
    [low, { ...high, record: low.record }],
  ]) {
    expect(() => decodeSharedUpdate(encodeSharedUpdate({ builtOn: wrong, update }))).toThrow(
      'cbor-not-canonical',
    )
  }
  expect(() =>
    decodeSharedUpdate(encodeSharedUpdate({ builtOn: [{ ...low, sequence: 0 }], update })),
  ).toThrow('shape-out-of-range')
  for (const shape of [[[writeDependency(low)]], [[], update, null], [update, []]]) {
    expect(() => decodeSharedUpdate(encode(shape))).toThrow('shape-wrong')
  }
})
