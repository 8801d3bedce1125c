import { expect, test } from '../harness/clique.ts'

test('a message of 100,000 characters is given back with a sentence', async ({ person }) => {
  const anna = await person('Anna')
  await anna.creates('Choir')
  const long = 'la '.repeat(33_333)
  await anna.messageBox.fill(long)
  await anna.page.getByRole('button', { name: 'Send', exact: true }).click()
  await anna.isTold(/too long/)
  await expect(anna.messageBox).toHaveValue(long)
  await anna.messageBox.fill('Short')
  await anna.says('Short')
  expect(await anna.reads()).toEqual(['Short'])
})

test('whatever a message says is shown as text', async ({ person }) => {
  const anna = await person('Anna')
  await anna.creates('Choir')
  const ben = await person('Ben')
  await ben.opens(await anna.invites())
  await ben.joins('Choir')
  for (const text of [
    '<img src=x onerror=alert(1)>',
    '</script><script>alert(1)</script>',
    '{@html 1}',
    'שלום مرحبا 👩‍👩‍👧',
  ]) {
    await anna.says(text)
    await ben.sees(text, 'Anna')
  }
})

test('a clock that is a day off changes neither order nor delivery', async ({ person }) => {
  const anna = await person('Anna')
  await anna.creates('Choir')
  const ben = await person('Ben', { clockAheadMs: 24 * 60 * 60 * 1000 })
  await ben.opens(await anna.invites())
  await ben.joins('Choir')
  await ben.says('One')
  await anna.sees('One', 'Ben')
  await anna.says('Two')
  await ben.sees('Two', 'Anna')
  await ben.says('Three')
  await anna.sees('Three', 'Ben')
  expect(await anna.reads()).toEqual(['One', 'Two', 'Three'])
  expect(await ben.reads()).toEqual(['One', 'Two', 'Three'])
})

test('a clique cannot be made while the relay is away, and nothing typed is lost', async ({
  person,
  everybody,
}) => {
  const anna = await person('Anna')
  await anna.startsClique()
  await anna.fillsInClique('Choir')
  await anna.keepsRecoveryKit(async () => everybody.cutOff())
  await anna.isTold(/relay does not answer/)
  await expect(anna.page.getByRole('textbox', { name: 'Name of the clique' })).toHaveValue('Choir')
  await expect(anna.page.getByRole('textbox', { name: 'Your name' })).toHaveValue('Anna')
  everybody.restore()
  await anna.page.getByRole('button', { name: 'Create clique' }).click()
  await anna.isIn('Choir')
})

test('a browser without room for data says so', async ({ person }) => {
  const anna = await person('Anna')
  await anna.page.addInitScript(() => {
    Object.defineProperty(window, 'indexedDB', { value: undefined })
  })
  await anna.page.goto(anna.profile.relay.url)
  await expect(anna.page.getByRole('alert')).toBeVisible()
})

test('a browser that refuses to keep data says why, and what to do', async ({ person }) => {
  const anna = await person('Anna')
  await anna.page.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('refused', 'SecurityError')
    }
  })
  await anna.page.goto(anna.profile.relay.url)
  await expect(anna.page.getByRole('heading', { level: 1 })).toContainText(
    'does not let Clique keep anything',
  )
  await expect(anna.page.getByRole('alert')).not.toBeEmpty()
  await expect(anna.page.getByRole('button', { name: 'Try again' })).toBeVisible()
})
