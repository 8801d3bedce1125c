import { expectAccessible } from '../harness/accessibility.ts'
import { expect, test } from '../harness/clique.ts'
import { takePhoto } from '../harness/photos.ts'

test('at a computer a photo is taken with its camera, and goes as any other', async ({ person }) => {
  const anna = await person('Anna')
  await anna.profile.context.grantPermissions(['camera'])
  await anna.creates('Choir')
  await anna.page.getByRole('button', { name: 'Add photos or files' }).click()
  await anna.page.getByRole('button', { name: 'Take a photo' }).click()
  const camera = anna.page.getByRole('dialog', { name: 'Take a photo' })
  await expect(camera.getByLabel('What the camera sees')).toBeVisible()
  await expectAccessible(anna.page, 'the camera')
  await camera.getByRole('button', { name: 'Take it' }).click()
  await expect(camera).toHaveCount(0)
  await expect(anna.tray.getByText('without place and camera data')).toBeVisible()
  await anna.says('Right now')
  await anna.seesPhotos('Right now', 1)
})

test('where the camera is denied it is said, and a photo can be chosen instead', async ({ person }) => {
  const anna = await person('Anna')
  // All others are refused with it.
  await anna.profile.context.grantPermissions(['notifications'])
  await anna.creates('Choir')
  const photo = await takePhoto(anna.page, 'lake.jpg')
  await anna.page.getByRole('button', { name: 'Add photos or files' }).click()
  await anna.page.getByRole('button', { name: 'Take a photo' }).click()
  const camera = anna.page.getByRole('dialog', { name: 'Take a photo' })
  await expect(camera.getByRole('alert')).toContainText('may not use the camera')
  await expectAccessible(anna.page, 'a denied camera')
  const chooser = anna.page.waitForEvent('filechooser')
  await camera.getByRole('button', { name: 'Choose a photo or file' }).click()
  await (await chooser).setFiles([photo])
  await expect(camera).toHaveCount(0)
  await expect(anna.tray.getByText('without place and camera data')).toBeVisible()
  await anna.says('From before')
  await anna.seesPhotos('From before', 1)
})

test('on a phone its own camera is asked, and whoever is refused there loses nothing', async ({ person }) => {
  const viewport = { width: 360, height: 740 }
  const anna = await person('Anna', { viewport, hasTouch: true, isMobile: true })
  await anna.creates('Choir')
  await anna.messageBox.fill('Look at this')
  await anna.page.getByRole('button', { name: 'Add photos or files' }).tap()
  const chooser = anna.page.waitForEvent('filechooser')
  await anna.page.getByRole('button', { name: 'Take a photo' }).tap()
  const asked = await chooser
  expect(await asked.element().getAttribute('capture')).toBe('environment')
  // As phones do it when the camera is refused: they give no photo.
  await asked.setFiles([])
  await expect(anna.tray).toHaveCount(0)
  await expect(anna.messageBox).toHaveValue('Look at this')
})
