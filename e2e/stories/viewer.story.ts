import { expect, test } from '../harness/clique.ts'
import { Fingers } from '../harness/fingers.ts'
import { takePhoto } from '../harness/photos.ts'

test('on a phone photos are swiped through, pinched larger, moved, and swiped away', async ({ person }) => {
  const viewport = { width: 360, height: 740 }
  const anna = await person('Anna', { viewport, hasTouch: true, isMobile: true })
  await anna.creates('Choir')
  await anna.attaches(
    await takePhoto(anna.page, 'lake.jpg', 1),
    await takePhoto(anna.page, 'hill.jpg', 2),
    await takePhoto(anna.page, 'wood.jpg', 3),
  )
  await anna.says('From the lake')
  const photos = await anna.seesPhotos('From the lake', 3)
  await photos.first().tap()
  const viewer = anna.page.getByRole('dialog', { name: 'Photos' })
  await expect(viewer).toContainText('1 of 3')
  await expect(viewer.getByText('From the lake')).toBeVisible()
  const fingers = await Fingers.on(anna.page)
  const [left, right, middle] = [
    { x: 60, y: 370 },
    { x: 300, y: 370 },
    { x: 180, y: 370 },
  ]

  await fingers.move([right, left])
  await expect(viewer).toContainText('2 of 3')
  await fingers.move([left, right])
  await expect(viewer).toContainText('1 of 3')
  // Before the first is nothing.
  await fingers.move([left, right])
  await expect(viewer).toContainText('1 of 3')

  const picture = viewer.getByRole('img').last()
  const widthOf = async (): Promise<number> => (await picture.boundingBox())?.width ?? 0
  const fitting = await widthOf()
  await fingers.move([{ x: 160, y: 370 }, left], [{ x: 200, y: 370 }, right])
  await expect.poll(widthOf).toBeGreaterThan(4 * fitting)
  // What is enlarged is moved, and no further than its edge; it is not swiped.
  const edge = async (): Promise<number> => (await picture.boundingBox())?.x ?? 0
  const before = await edge()
  await fingers.move([middle, right])
  await expect.poll(edge).toBeGreaterThan(before + 60)
  await fingers.move([left, right])
  await fingers.move([left, right])
  await fingers.move([left, right])
  await fingers.move([left, right])
  await expect.poll(edge).toBeLessThanOrEqual(0)
  await expect(viewer).toContainText('1 of 3')
  await fingers.move([left, { x: 175, y: 370 }], [right, { x: 185, y: 370 }])
  await expect.poll(widthOf).toBe(fitting)

  await fingers.move([middle, { x: 180, y: 640 }])
  await expect(viewer).toHaveCount(0)
})
