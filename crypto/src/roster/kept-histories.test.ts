import { expect, test } from 'vitest'
import { tryHistory } from '../testing/trial.ts'

/** What `npm run fuzz:roster` has found once, by its seed and number. */
test.each([
  ['12 21003', 'a removal whose signer a copied key had added, the fork being known when it was signed'],
  ['12 11809', 'two removals of one person apart, of which one is undone by who has not heard of the other'],
  ['13 8664', 'somebody is let into a space again by who has not heard that they had left it to no effect'],
  ['19 17087', 'somebody leaves and is removed, and who undoes the removal has not heard of the leaving'],
  ['19 17252', 'who had seen who came first by a link, by adding a device, leaves as of before'],
])('[ROS2] [ROS12] [EPO6] history %s keeps the rules: %s', (seed) => {
  expect(tryHistory(seed).failures).toEqual([])
})
