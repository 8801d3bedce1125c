import { afterEach, expect, test } from 'vitest'
import { ConversationWindow } from '../documents/conversation-window.ts'
import { TestMember } from '../documents/testing/members.ts'
import { readGroupLines } from './group-lines.ts'

const everybody: TestMember[] = []
afterEach(async () => {
  for (const member of everybody.splice(0)) await member.leaves()
})

test('of names and other things at one place those come first that whoever gave the name knew of', async () => {
  const anna = await TestMember.founder('Anna')
  everybody.push(anna)
  await anna.says('one')
  for (const name of ['Ben', 'Carla']) {
    const member = await anna.invites(name)
    everybody.push(member)
    await member.tells(anna)
    if (name === 'Ben') await anna.session.name(anna.space, 'Plans')
  }
  const window = new ConversationWindow(await anna.session.documents(anna.space))
  const lines = await readGroupLines(anna.session, anna.space, await window.read())
  window.close()
  const words = [...lines.values()].flat().map((line) => ('title' in line ? line.title : line.whom[0]?.name))
  expect(words).toEqual(['Ben', 'Plans', 'Carla'])
})
