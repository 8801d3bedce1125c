import { expect, test } from 'vitest'
import { unsaved } from './unsaved.ts'

/** Whatever was put off until after the present turn. */
const turn = () => new Promise((resolve) => setTimeout(resolve))

test('something is unsaved until everybody has let go, and letting go twice counts once', async () => {
  let saved = 0
  const stop = unsaved.onSaved(() => saved++)
  const [one, two] = [unsaved.hold(), unsaved.hold()]
  one()
  one()
  await turn()
  expect([unsaved.any, saved]).toEqual([true, 0])
  two()
  expect(unsaved.any).toBe(false)
  await turn()
  expect(saved).toBe(1)
  stop()
  unsaved.hold()()
  await turn()
  expect(saved).toBe(1)
})

test('who lets go and holds the next thing at once has never stopped', async () => {
  let saved = 0
  const stop = unsaved.onSaved(() => saved++)
  unsaved.hold()()
  const letGo = unsaved.hold()
  await turn()
  expect(saved).toBe(0)
  letGo()
  await turn()
  expect(saved).toBe(1)
  stop()
})
