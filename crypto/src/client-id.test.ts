import { expect, test } from 'vitest'
import { clientIdOf } from './client-id.ts'
import { bytesToId, makeSpaceId } from './ids.ts'
import { seededRandom } from './testing/seeded.ts'

const random = seededRandom('client id')
const place = { space: makeSpaceId(random), document: 'chapter-1' }
const device = () => bytesToId('device', random(32))
const session = () => bytesToId('session', random(8))

test('[CID1] an id is 53 bits and depends on space, document, device and session', () => {
  const writer = { device: device(), session: session() }
  const ids = [
    clientIdOf(place, writer),
    clientIdOf({ ...place, document: 'chapter-2' }, writer),
    clientIdOf({ ...place, space: makeSpaceId(random) }, writer),
    clientIdOf(place, { ...writer, device: device() }),
    clientIdOf(place, { ...writer, session: session() }),
  ]
  expect(new Set(ids).size).toBe(ids.length)
  expect(clientIdOf(place, { ...writer })).toBe(ids[0])
  let highest = 0
  for (let i = 0; i < 500; i++) {
    const id = clientIdOf(place, { ...writer, session: session() })
    expect(Number.isSafeInteger(id) && id >= 0).toBe(true)
    highest = Math.max(highest, id)
  }
  expect(highest).toBeGreaterThan(2 ** 52)
})
