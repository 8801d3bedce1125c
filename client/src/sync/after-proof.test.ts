import { afterEach, expect, test } from 'vitest'
import { clique, closeAll, placeOf, TestRelay } from './testing/people-and-relay.node.ts'
import type { Person } from './testing/people-and-relay.node.ts'

const soon = { timeout: 20_000 }

afterEach(closeAll)

test(
  '[CN18] a device does once in each session what is done after the proof, and nothing of it where there is nothing to prove',
  { timeout: 60_000 },
  async () => {
    const relay = await TestRelay.start()
    const place = await placeOf(relay.url)
    const [anna, ben] = (await clique(relay.token, place, 'anna', 'ben')) as [Person, Person]
    anna.replica.act(1)
    await anna.goOnline()
    await expect.poll(() => anna.replica.unsentItems, soon).toEqual([])
    expect(anna.proofs).toBe(1)
    // Who is out reads on in the control mailbox, and that is all.
    ben.replica.generations = []
    await ben.goOnline()
    await expect.poll(() => ben.replica.items.size, soon).toBe(1)
    expect(ben.proofs).toBe(0)
  },
)
