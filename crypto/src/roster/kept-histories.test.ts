import { expect, test } from 'vitest'
import { tryHistory } from '../testing/trial.ts'

/** What `npm run fuzz:roster` has found once, by its seed and number. */
test.each([
  ['12 21003', 'a removal whose signer a copied key had added, the fork being known when it was signed'],
  ['12 11809', 'two removals of one person apart, of which one is undone by who has not heard of the other'],
  ['13 8664', 'somebody is let into a space again by who has not heard that they had left it to no effect'],
])('[ROS2] [ROS12] [EPO6] history %s keeps the rules: %s', (seed) => {
  expect(tryHistory(seed).failures).toEqual([])
})
