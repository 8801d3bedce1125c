import type { Page } from '@playwright/test'
import { expect, test } from '../harness/clique.ts'
import { SignalTap } from '../harness/signal-tap.ts'

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

test('another epoch is another room, and who is there is seen again', async ({ person }) => {
  const anna = await person('Anna')
  const rooms = SignalTap.on(anna.page)
  await anna.creates('Choir')
  const ben = await person('Ben')
  await ben.opens(await anna.invites())
  await ben.joins('Choir')
  await anna.invites()
  await anna.seesHere('Ben is here now')
  await ben.seesHere('Anna is here now')
  const before = rooms.topics

  await anna.revokesInvitation()
  // In the new room nobody is known from before.
  await expect.poll(() => rooms.topics.size).toBeGreaterThan(before.size)
  await anna.seesHere('Ben is here now')
  await ben.seesHere('Anna is here now')
  await ben.messageBox.pressSequentially('Still here')
  await anna.seesTyping('Ben is typing')
})

test('after the relay was killed and came back, who comes back is seen again', async ({ person, relay }) => {
  const anna = await person('Anna')
  await anna.creates('Choir')
  const ben = await person('Ben')
  await ben.opens(await anna.invites())
  await ben.joins('Choir')
  await anna.seesHere('Ben is here now')
  await relay.kill()
  await ben.sleeps()
  await anna.seesHere('')
  await relay.start()
  const again = await ben.wakes()
  await again.entersConversation('Choir')
  await again.seesHere('Anna is here now')
  await anna.seesHere('Ben is here now')
  await anna.messageBox.pressSequentially('Welcome back')
  await again.seesTyping('Anna is typing')
})

test('the tab that leads is closed: the other goes on seeing who is here, and being seen', async ({
  person,
}) => {
  const anna = await person('Anna')
  await anna.creates('Choir')
  const ben = await person('Ben')
  await ben.opens(await anna.invites())
  await ben.joins('Choir')
  const second = await anna.secondTab()
  const rooms = SignalTap.on(second.page)
  await second.isIn('Choir')
  await second.seesHere('Ben is here now')
  expect(rooms.topics.size, 'one tab alone has the network').toBe(0)

  await anna.closesTab()
  await expect.poll(() => rooms.topics.size, { timeout: 60_000 }).toBe(1)
  await second.seesHere('Ben is here now')
  await second.messageBox.pressSequentially('From the other tab')
  await ben.seesTyping('Anna is typing')
  await ben.messageBox.pressSequentially('I see you')
  await second.seesTyping('Ben is typing')
})

test('a ticket that is forged, used up or of a time before a restart opens nothing', async ({
  person,
  relay,
}) => {
  const anna = await person('Anna')
  const signals = SignalTap.on(anna.page)
  await anna.creates('Choir')
  const ben = await person('Ben')
  await ben.opens(await anna.invites())
  await ben.joins('Choir')
  await anna.seesHere('Ben is here now')
  await ben.seesHere('Anna is here now')
  // What the browser says about a refused socket is what is tried here.
  anna.profile.guards.expectNetworkTrouble()
  const used = signals.addresses[0] ?? ''
  expect(used).toContain('/signal?ticket=')
  const forged = used.replace(/ticket=./, (start) => (start.endsWith('A') ? 'ticket=B' : 'ticket=A'))
  for (const address of [used, forged, used.replace(/\?.*/, ''), used.replace(/=.*/, '=')]) {
    expect(await opensSocket(anna.page, address), address).toBe(false)
  }
  await relay.restart()
  await anna.seesConnection('Connected')
  expect(await opensSocket(anna.page, used)).toBe(false)
  await ben.messageBox.pressSequentially('Nothing was lost')
  await anna.seesTyping('Ben is typing')
})

function opensSocket(page: Page, address: string): Promise<boolean> {
  return page.evaluate(
    (address) =>
      new Promise<boolean>((resolve) => {
        const socket = new WebSocket(address)
        socket.onopen = () => resolve(true)
        socket.onclose = () => resolve(false)
      }),
    address,
  )
}
