import type { DeviceId, MemberId, OperationId } from '@clique/crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { placeOfEvent } from './roster-lines.ts'
import type { KnowingMessage, RosterEvent } from './roster-lines.ts'

const [anna, ben, carla] = ['anna', 'ben', 'carla'] as unknown as [DeviceId, DeviceId, DeviceId]
const removal = 'removal' as OperationId

const event: RosterEvent = {
  kind: 'removed',
  operations: [removal],
  made: { device: anna, operation: removal },
  by: 'Anna' as MemberId,
  whom: 'Ben' as MemberId,
  role: null,
}

/** A message whose author knew, or did not. */
const said = (device: DeviceId, knew: boolean): KnowingMessage => ({ device, heads: knew ? [removal] : [] })
const place = (messages: readonly KnowingMessage[], before: OperationId[][] = [], of = event) =>
  placeOfEvent(of, messages, before, (heads, operation) => heads.includes(operation))

test('[LIN1] a line stands above the first message whose author knew of it, and at the end while there is none', () => {
  expect(place([said(anna, false), said(ben, false)])).toBe(2)
  expect(place([said(ben, false), said(carla, true), said(anna, true)])).toBe(1)
  expect(place([said(carla, true), said(ben, false)])).toBe(0)
  expect(place([{ device: carla, heads: null }, said(carla, true)])).toBe(1)
})

test('[LIN1] it is not among these messages when somebody knew of it before them', () => {
  expect(place([said(carla, true)], [[], [removal]])).toBeNull()
  expect(place([said(carla, true)], [[]])).toBe(0)
})

test('[LIN2] nobody moves it above what whoever made it wrote before', () => {
  // Carla dates a message back that knows of the removal.
  expect(place([said(carla, true), said(anna, false), said(ben, false), said(anna, true)])).toBe(3)
  expect(place([said(anna, false), said(ben, false)], [[removal]])).toBe(2)
  // Nor does Ben move it down, by whatever he names.
  expect(place([said(anna, false), said(carla, true), said(ben, false)])).toBe(1)
  const nobodys = { ...event, made: null }
  expect(place([said(carla, true), said(anna, false)], [], nobodys)).toBe(0)
})

test('[LIN1] of two operations that prove something together both have to be known', () => {
  const twins = ['one', 'two'] as unknown as [OperationId, OperationId]
  const copied = { ...event, kind: 'copied', operations: twins, made: null } as const
  const knows = (heads: readonly OperationId[], operation: OperationId) => heads.includes(operation)
  const messages = [
    { device: anna, heads: [twins[0]] },
    { device: carla, heads: [...twins] },
  ]
  expect(placeOfEvent(copied, messages, [], knows)).toBe(1)
})

test('[LIN2] whatever others write, it stays between two messages of whoever made it', () => {
  const others = fc.record({ device: fc.constantFrom(ben, carla), knew: fc.boolean() })
  const own = fc.tuple(fc.nat(4), fc.nat(4))
  fc.assert(
    fc.property(own, fc.array(others, { maxLength: 12 }), fc.infiniteStream(fc.nat()), ([b, a], rest, at) => {
      const mine = [...Array<boolean>(b + 1).fill(false), ...Array<boolean>(a + 1).fill(true)]
      const messages = mine.map((knew) => said(anna, knew))
      for (const { device, knew } of rest) {
        messages.splice(at.next().value % (messages.length + 1), 0, said(device, knew))
      }
      const found = place(messages) ?? -1
      const isMine = (knew: boolean) => (one: KnowingMessage) =>
        one.device === anna && (one.heads?.length === 1) === knew
      expect(found).toBeGreaterThan(messages.findLastIndex(isMine(false)))
      expect(found).toBeLessThanOrEqual(messages.findIndex(isMine(true)))
    }),
  )
})
