import { expect, test } from 'vitest'
import { sendingKey, spaceKeys } from '../epochs/sending.ts'
import { rotateEpoch } from './acts.ts'
import { foldRoster } from './fold.ts'
import { meet, people } from '../testing/people.ts'

test('[ROS1] two people fold to one state and send under one key', async () => {
  const { anna, ben } = await people(1, 'anna', 'ben')
  await anna.creates()
  const invitation = await anna.invites()
  await ben.joins(invitation, anna.items)
  const { refused, badWraps } = await anna.receives(ben.items.at(-1) ?? new Uint8Array(0))
  expect(refused).toEqual([])
  expect(badWraps).toEqual([])

  expect(anna.log.state.hash).toBe(ben.log.state.hash)
  expect([...ben.log.state.members.values()].map(({ name, status }) => [name, status])).toEqual([
    ['anna', 'in'],
    ['ben', 'in'],
  ])
  expect(sendingKey(anna.log, anna.conversation)).not.toBeNull()
  expect(sendingKey(anna.log, anna.conversation)).toEqual(sendingKey(ben.log, ben.conversation))
  expect(spaceKeys(ben.log, ben.conversation).size).toBe(3)
  expect(foldRoster([...ben.log.operations.values()].reverse()).hash).toBe(anna.log.state.hash)
})

test('[ROS1] two who rotated apart meet in one state', async () => {
  const { anna, ben } = await people(2, 'anna', 'ben')
  await anna.creates()
  await ben.joins(await anna.invites(), anna.items)
  await meet(anna, ben)
  await anna.does(rotateEpoch)
  await ben.does(rotateEpoch)
  await ben.does(rotateEpoch)
  expect(anna.log.state.hash).not.toBe(ben.log.state.hash)
  await meet(anna, ben)
  expect(anna.log.state.hash).toBe(ben.log.state.hash)
  expect(anna.log.state.heads).toHaveLength(2)
  expect(sendingKey(anna.log, anna.conversation)).toEqual(sendingKey(ben.log, ben.conversation))
  await anna.does(rotateEpoch)
  expect(anna.log.state.heads).toHaveLength(1)
  await meet(anna, ben)
  expect(anna.log.state.hash).toBe(ben.log.state.hash)
})
