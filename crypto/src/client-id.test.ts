import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assignClientIds, chooseClientId, clientIdOf, maxClientIdTries } from './client-id.ts'
import type { ClientSession } from './client-id.ts'
import { bytesToId, makeSpaceId } from './ids.ts'
import type { DeviceId } from './ids.ts'
import { seededRandom } from './testing/seeded.ts'

const random = seededRandom('client id')
const place = { space: makeSpaceId(random), document: 'chapter-1' }
const device = () => bytesToId('device', random(32))
const session = () => bytesToId('session', random(8))

test('[CID1] an id is 53 bits and depends on space, document, device, session and k', () => {
  const writer = { device: device(), session: session() }
  const ids = [
    clientIdOf(place, writer, 0),
    clientIdOf(place, writer, 1),
    clientIdOf({ ...place, document: 'chapter-2' }, writer, 0),
    clientIdOf({ ...place, space: makeSpaceId(random) }, writer, 0),
    clientIdOf(place, { ...writer, device: device() }, 0),
    clientIdOf(place, { ...writer, session: session() }, 0),
  ]
  expect(new Set(ids).size).toBe(ids.length)
  expect(clientIdOf(place, { ...writer }, 0)).toBe(ids[0])
  let highest = 0
  for (let k = 0; k < 500; k++) {
    const id = clientIdOf(place, writer, k)
    expect(Number.isSafeInteger(id) && id >= 0).toBe(true)
    highest = Math.max(highest, id)
  }
  expect(highest).toBeGreaterThan(2 ** 52)
})

test('[CID2] a taken id moves a writer to k + 1, a bounded number of times', () => {
  const writer = { device: device(), session: session() }
  const ids = Array.from({ length: 3 }, (_, k) => clientIdOf(place, writer, k))
  expect(chooseClientId(place, writer, () => false)).toBe(ids[0])
  expect(chooseClientId(place, writer, (id) => id === ids[0])).toBe(ids[1])
  expect(chooseClientId(place, writer, (id) => id === ids[0] || id === ids[1])).toBe(ids[2])
  let asked = 0
  expect(chooseClientId(place, writer, () => ++asked > 0)).toBeNull()
  expect(asked).toBe(maxClientIdTries)
})

test('[CID3] who owns which id follows from the set of sessions (I1)', () => {
  const devices = Array.from({ length: 4 }, device)
  const sessions = devices.flatMap((owner): ClientSession[] =>
    Array.from({ length: 3 }, () => ({ device: owner, session: session() })),
  )
  const compare = (a: DeviceId, b: DeviceId) => devices.indexOf(a) - devices.indexOf(b)
  const whole = [...assignClientIds(place, sessions, compare)].sort(([a], [b]) => a - b)
  expect(whole).toHaveLength(sessions.length)
  fc.assert(
    fc.property(
      fc.shuffledSubarray([...sessions, ...sessions], { minLength: 2 * sessions.length }),
      (turned) => {
        const again = [...assignClientIds(place, turned, compare)].sort(([a], [b]) => a - b)
        expect(again).toEqual(whole)
      },
    ),
  )
})

test('[CID3] the senior come first, and so to their first id, whatever their names are', () => {
  const sessions = Array.from({ length: 6 }, () => ({ device: device(), session: session() }))
  const named = sessions.map((one) => one.device).toSorted()
  for (const order of [named, named.toReversed()]) {
    const compare = (a: DeviceId, b: DeviceId) => order.indexOf(a) - order.indexOf(b)
    const owners = assignClientIds(place, sessions, compare)
    expect([...owners.values()].map((one) => one.device)).toEqual(order)
  }
})
