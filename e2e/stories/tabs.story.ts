import { expect, test } from '../harness/clique.ts'

test('after a reload everything is still there, and goes on', async ({ person }) => {
  const anna = await person('Anna')
  await anna.creates('Choir')
  const ben = await person('Ben')
  await ben.opens(await anna.invites())
  await ben.joins('Choir')
  await ben.says('Before')
  await anna.sees('Before', 'Ben')

  await anna.reloads()
  await anna.sees('Before', 'Ben')
  await anna.says('After')
  await ben.sees('After', 'Anna')
  await ben.reloads()
  await expect.poll(() => ben.reads()).toEqual(['Before', 'After'])
})

test('what one was about to write is still there after a reload', async ({ person }) => {
  const anna = await person('Anna')
  await anna.creates('Choir')
  await anna.messageBox.fill('Not yet finis')
  await anna.draftIsKept()
  await anna.reloads()
  await expect(anna.messageBox).toHaveValue('Not yet finis')
})

test('two tabs write at the same time; nothing is lost or doubled, and both show the same', async ({
  person,
}) => {
  const anna = await person('Anna')
  await anna.creates('Desk')
  const ben = await person('Ben')
  await ben.opens(await anna.invites())
  await ben.joins('Desk')
  const second = await anna.secondTab()
  await second.isIn('Desk')

  const count = 8
  const writes = async (tab: typeof anna, name: string): Promise<void> => {
    for (let i = 1; i <= count; i++) await tab.says(`${name} tab, message ${i}`)
  }
  await Promise.all([writes(anna, 'First'), writes(second, 'Second')])
  for (const name of ['First', 'Second']) {
    for (let i = 1; i <= count; i++) {
      for (const reader of [anna, second, ben]) await reader.sees(`${name} tab, message ${i}`)
    }
  }
  const read = await anna.reads()
  expect(read).toHaveLength(2 * count)
  expect(await second.reads()).toEqual(read)
  expect(await ben.reads()).toEqual(read)
})

test('the tab that holds the network is closed; the other takes over', async ({ person }) => {
  const anna = await person('Anna')
  await anna.creates('Desk')
  const ben = await person('Ben')
  await ben.opens(await anna.invites())
  await ben.joins('Desk')
  const second = await anna.secondTab()
  await second.isIn('Desk')
  await anna.closesTab()

  await ben.says('Are you still there?')
  await second.sees('Are you still there?', 'Ben')
  await second.says('Yes, in another tab')
  await ben.sees('Yes, in another tab', 'Anna')
})

test('a tab closed in the middle of writing leaves whole messages or none, and a working clique', async ({
  person,
}) => {
  const anna = await person('Anna')
  await anna.creates('Desk')
  const ben = await person('Ben')
  await ben.opens(await anna.invites())
  await ben.joins('Desk')

  let tab = anna
  for (let round = 1; round <= 5; round++) {
    await tab.startsSaying(`Cut off ${round}`)
    await tab.closesTab()
    tab = await tab.wakes()
    await tab.isIn('Desk')
    await tab.says(`Whole ${round}`)
    await ben.sees(`Whole ${round}`, 'Anna')
  }
  const read = await tab.reads()
  expect(read.filter((text) => !/^(Cut off|Whole) \d$/.test(text))).toEqual([])
  expect(new Set(read).size).toBe(read.length)
  await expect.poll(() => ben.reads()).toEqual(read)
})
