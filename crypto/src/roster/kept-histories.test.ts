import { expect, test } from 'vitest'
import { tryHistory } from '../testing/trial.ts'

/** What `npm run fuzz:roster` has found once, by its seed and number. */
test.each([
  ['12 21003', 'a removal whose signer a copied key had added, the fork being known when it was signed'],
])('[ROS2] [ROS12] history %s converges: %s', (seed) => {
  expect(tryHistory(seed).failures).toEqual([])
})
