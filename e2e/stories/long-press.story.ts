import type { Locator } from '@playwright/test'
import { expect, test } from '../harness/clique.ts'
import { Fingers } from '../harness/fingers.ts'

const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }

async function middleOf(where: Locator): Promise<{ x: number; y: number }> {
  await where.scrollIntoViewIfNeeded()
  const box = await where.boundingBox()
  if (box === null) throw new Error('it is not on screen')
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 }
}

for (const hasMenu of [true, false]) {
  const where = hasMenu
    ? 'where the browser tells of it'
    : 'where the page has to find out by itself, as in Safari'
  test(`a finger that rests on a message opens its acts, and one that moves does not, ${where}`, async ({
    person,
  }) => {
    const anna = await person('Anna', phone)
    if (!hasMenu) {
      await anna.profile.context.addInitScript(() =>
        addEventListener('contextmenu', (event) => event.stopImmediatePropagation(), { capture: true }),
      )
    }
    await anna.creates('Family')
    const ben = await person('Ben')
    await ben.opens(await anna.invites())
    await ben.joins('Family')
    const count = 16
    for (let i = 1; i <= count; i++) await ben.says(`Something about the boat, and the weather ${i}`)
    const words = (i: number) =>
      anna.message(`Something about the boat, and the weather ${i}`).locator('[data-text]')
    const acts = (i: number) =>
      anna
        .message(`Something about the boat, and the weather ${i}`)
        .getByRole('button', { name: 'Message actions' })
    const dialog = anna.page.getByRole('dialog')
    await expect(acts(count)).toBeVisible()
    const fingers = await Fingers.on(anna.page)

    for (const away of [
      { x: 0, y: 120 },
      { x: -40, y: 0 },
    ]) {
      const from = await middleOf(words(count - 2))
      const lift = await fingers.rest(from, { x: from.x + away.x, y: from.y + away.y })
      // The page's own clock goes past the moment at which it would open.
      await anna.page.evaluate(() => new Promise((pass) => setTimeout(pass, 1_000)))
      await expect(dialog).toHaveCount(0)
      await lift()
    }

    const lift = await fingers.rest(await middleOf(words(count - 1)))
    await expect(dialog.locator('blockquote')).toHaveText(
      `Something about the boat, and the weather ${count - 1}`,
    )
    await lift()
    // Neither the finger that goes presses anything, nor has it chosen words.
    await expect(dialog).toHaveCount(1)
    expect(await anna.page.evaluate(() => getSelection()?.toString())).toBe('')
    await dialog.getByRole('button', { name: 'Hide for everybody' }).tap()
    await expect(anna.messages.filter({ hasText: 'Hidden by you' })).toHaveCount(1)

    // A tap opens nothing, and the button does as before.
    const short = await fingers.rest(await middleOf(words(count)))
    await short()
    await expect(dialog).toHaveCount(0)
    await acts(count).tap()
    await expect(dialog.locator('blockquote')).toHaveText(
      `Something about the boat, and the weather ${count}`,
    )
  })
}
