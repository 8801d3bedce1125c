import { afterEach, expect, test } from 'vitest'
import { TestMember } from './testing/members.ts'

const members: TestMember[] = []
afterEach(async () => {
  for (const member of members.splice(0)) await member.leaves()
})

async function annaAndBen(): Promise<[TestMember, TestMember]> {
  const anna = await TestMember.founder('Anna')
  members.push(anna)
  const ben = await anna.invites('Ben')
  members.push(ben)
  await ben.tells(anna)
  return [anna, ben]
}

test('what one says the other sees, and both in one order', async () => {
  const [anna, ben] = await annaAndBen()
  await anna.says('hi')
  expect(await anna.sees()).toEqual(['Anna: hi'])
  expect(await anna.tells(ben)).toMatchObject({ accepted: 1, refused: [] })
  await ben.says('hello')
  await ben.tells(anna)
  expect(await ben.sees()).toEqual(['Anna: hi', 'Ben: hello'])
  expect(await anna.sees()).toEqual(await ben.sees())
})
