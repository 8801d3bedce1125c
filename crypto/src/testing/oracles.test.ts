import { expect, test } from 'vitest'
import { rotationOf } from '../roster/operation.ts'
import type { Operation } from '../roster/operation.ts'
import { spaceIdOf } from '../roster/spaces.ts'
import type { SpaceId } from '../ids.ts'
import { leaksOf } from './oracles.ts'
import { Told, voiceOf } from './told.ts'
import type { Teller } from './told.ts'

/** A space of Anna's with Ben and Carl in it. */
function inSpace(seed: string) {
  const told = new Told(seed)
  const { anna } = told
  const [ben, carl] = [told.admit(anna), told.admit(anna)]
  told.meet(anna, ben, carl)
  const members = [ben.member, carl.member].toSorted()
  const naming = { kind: 'channel', salt: told.random(16), members } as const
  const sequence = (told.roster(anna).tips.get(anna.device)?.sequence ?? 0) + 1
  const header = { clique: told.graph.clique, author: voiceOf(anna), sequence, previous: null, parents: [] }
  const space = spaceIdOf(header, naming)
  told.does(anna, { type: 'create-space', space, ...naming, title: 'Plans' })
  told.meet(anna, ben, carl)
  return { told, anna, ben, carl, space }
}

/** Who opens what somebody sends in a space under the epoch of an operation. */
function openedBy(told: Told, { seen }: Teller, space: SpaceId, operation: Operation) {
  const epoch = rotationOf(operation.body)?.epoch
  if (epoch === undefined) throw new Error('an operation that begins an epoch')
  const { operations, graph, secrets } = told
  const sent = { safe: [{ seen, epoch, space }], deepest: [] }
  const at = (all: Teller['seen']) => told.at(all)
  return leaksOf({ operations, graph, secrets, sent, at, linkHolders: new Map() }).safe.map(
    ({ member }) => member,
  )
}

const change = (space: SpaceId, given: { add?: readonly Teller[]; remove?: readonly Teller[] }) => {
  const idsOf = (some: readonly Teller[] = []) => some.map(({ member }) => member)
  return { type: 'set-audience', space, add: idsOf(given.add), remove: idsOf(given.remove) } as const
}

test('[EPO6] what somebody opens whom the sender knows to be out is a leak, though they had been in between', () => {
  const { told, anna, ben, carl, space } = inSpace('led back')
  const epoch = told.does(anna, change(space, { remove: [carl] }))
  told.does(anna, change(space, { add: [carl] }))
  const before = told.copy(anna)
  told.does(anna, change(space, { remove: [carl] }))
  told.hear(ben, anna)
  // He was in when he was led back, and is out of it for who sends under that epoch still.
  expect(openedBy(told, ben, space, epoch)).toEqual([carl.member])
  // For who has not heard of the second removal he is in.
  told.hear(before)
  expect(openedBy(told, before, space, epoch)).toEqual([])
})

test('[EPO6] whoever is in again by somebody who knew of all that counts was let in, though he had left besides', () => {
  const { told, anna, ben, carl, space } = inSpace('left besides')
  const epoch = told.does(anna, change(space, { remove: [carl] }))
  // Carl leaves the space by himself, which has no effect beside his being taken out of it by a senior.
  const leaving = told.does(carl, change(space, { remove: [carl] }))
  told.hear(ben, anna, carl)
  expect(told.hasEffect(leaving, ben)).toBe(false)
  expect(told.at(ben.seen).spaces.get(space)?.places.get(carl.member)?.endedBy).toHaveLength(1)
  expect(openedBy(told, ben, space, epoch)).toEqual([])
  // Anna has not heard of that and lets him in again, and later removes him from the clique.
  told.does(anna, change(space, { add: [carl] }))
  told.does(anna, told.removal(anna, carl))
  expect(openedBy(told, ben, space, epoch)).toEqual([])
})
