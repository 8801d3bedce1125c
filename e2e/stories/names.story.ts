import { tracesAtRelay } from '../harness/blind-relay.ts'
import { expect, test } from '../harness/clique.ts'
import type { Person } from '../harness/clique.ts'
import { family } from '../harness/family.ts'
import { begins, chat, decides, enters, gives, looksAtChats } from '../harness/membership.ts'
import { looksWhoIsIn, names } from '../harness/membership.ts'
import { tracesInStorage } from '../harness/storage-dump.ts'

/** Spelled so that nothing else contains them. */
const titles = {
  first: 'Holidays of the quokkas',
  annas: 'Lake of elderflowers',
  bens: 'Hills of marzipan',
  later: 'Pergola without Carla',
}

test('two name a conversation apart and agree when they meet; who only reads or is out names nothing and learns no new name', async ({
  person,
  relay,
}) => {
  test.setTimeout(300_000)
  const { anna, ben, carla } = await family(person)
  const all = [anna, ben, carla]
  await begins(anna, titles.first, ['Ben', 'Carla'])
  for (const somebody of [ben, carla]) {
    await expect(chat(somebody, titles.first)).toBeVisible()
    await enters(somebody, titles.first)
  }

  // Each without knowing of the other; what they chose is there at once.
  await anna.goesOffline()
  await ben.goesOffline()
  await names(anna, titles.annas)
  await names(ben, titles.bens)
  await expect(anna.page).toHaveTitle(`${titles.annas} · Family · Clique`)
  await anna.comesBack()
  await ben.comesBack()
  const shown = () =>
    Promise.all(all.map(({ page }) => page.getByRole('main').getByRole('heading').first().innerText()))
  await expect
    .poll(async () => new Set(await shown()).size === 1 && (await shown())[0] !== titles.first, {
      timeout: 60_000,
    })
    .toBe(true)
  const [agreed = ''] = await shown()
  expect([titles.annas, titles.bens]).toContain(agreed)
  for (const somebody of all) {
    await expect(somebody.page).toHaveTitle(`${agreed} · Family · Clique`)
    await somebody.reloads()
    await somebody.isIn(agreed)
    await somebody.leavesConversation()
    await expect(chat(somebody, agreed)).toBeVisible()
    await enters(somebody, agreed)
  }

  // Carla may read from now on, and no more.
  const place = carla.page.url()
  await gives(anna, 'Carla', 'Reader')
  await looksAtChats(anna)
  await enters(anna, agreed)
  await looksWhoIsIn(carla)
  await expect(carla.page.getByRole('button', { name: 'Rename this conversation' })).toHaveCount(0)

  // And then she is out.
  await looksWhoIsIn(anna)
  await decides(anna, 'Take Carla out', 'Take out')
  await enters(anna, agreed)
  await names(anna, titles.later)
  await ben.isIn(titles.later)
  await anna.says('Just the two of us')
  await ben.sees('Just the two of us')
  const told = ({ page }: Person, sentence: string) =>
    expect(page.getByRole('log', { name: 'Messages' }).getByText(sentence, { exact: true })).toBeVisible()
  await told(anna, `You named the conversation “${titles.later}”`)
  await told(ben, `Anna named the conversation “${titles.later}”`)
  await carla.page.goto(place)
  await expect(carla.page.getByText('You are not in this conversation any more.')).toBeVisible()
  await carla.leavesConversation()
  await chat(carla, 'Family').click()
  await enters(anna, 'Family')
  await anna.says('Something for all')
  await carla.sees('Something for all')
  await expect(chat(carla, agreed)).toBeVisible()
  await expect(carla.page.getByText(titles.later)).toHaveCount(0)
  expect(await tracesInStorage(carla.page, [titles.later])).toEqual([])
  expect(tracesAtRelay(relay, Object.values(titles))).toEqual([])
})
