import { expect, test } from '../harness/clique.ts'

test('who has the conversation open sees who else has, and who is typing', async ({ person }) => {
  const anna = await person('Anna')
  await anna.creates('Choir')
  const ben = await person('Ben')
  await ben.opens(await anna.invites())
  await ben.joins('Choir')
  await ben.seesHere('Anna is here now')
  await anna.seesHere('Ben is here now')

  await anna.messageBox.pressSequentially('Shall we sing?')
  await ben.seesTyping('Anna is typing')
  await anna.seesTyping('')
  await anna.says('Shall we sing?')
  await ben.seesTyping('')
  await ben.sees('Shall we sing?', 'Anna')

  // Without a further key it ends by itself; the text is still there.
  await ben.messageBox.pressSequentially('Let me thi')
  await anna.seesTyping('Ben is typing')
  await anna.seesTyping('')
  await expect(ben.messageBox).toHaveValue('Let me thi')

  // Another tab of the same browser has no network of its own.
  const second = await anna.secondTab()
  await second.isIn('Choir')
  await second.seesHere('Ben is here now')
  await second.messageBox.pressSequentially('From here, too')
  await ben.seesTyping('Anna is typing')
  await second.page.close()

  await ben.page.goto('about:blank')
  await anna.seesHere('')
})

test('a relay that was away gives new tickets, and newcomers find the others', async ({ person, relay }) => {
  const anna = await person('Anna')
  await anna.creates('Choir')
  const link = await anna.invites({ people: '5 people' })
  const ben = await person('Ben')
  await ben.opens(link)
  await ben.joins('Choir')
  await anna.seesHere('Ben is here now')

  await relay.kill()
  await anna.messageBox.pressSequentially('Still')
  await ben.seesTyping('Anna is typing')
  await relay.start()
  const carla = await person('Carla')
  await carla.opens(link)
  await carla.joins('Choir')
  await carla.seesHere('Anna and Ben are here now')
  await ben.seesHere('Anna and Carla are here now')
})
