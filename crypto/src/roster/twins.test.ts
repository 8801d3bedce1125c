import { expect, test } from 'vitest'
import { findSafeEpochs } from '../epochs/sending.ts'
import { Told } from '../testing/told.ts'
import type { Teller } from '../testing/told.ts'
import { joinTwins } from './twins.ts'

const rotate = { type: 'rotate-epoch', space: null } as const

function anEpoch() {
  const told = new Told('an epoch')
  told.does(told.anna, rotate)
  const [epoch] = findSafeEpochs({ state: told.roster(told.anna) })
  if (epoch === undefined) throw new Error('there is one')
  return epoch
}

test('[EPO5] [EPO15] of an epoch begun twice the capability is the newest of those that count', () => {
  const epoch = anEpoch()
  const kept = { ...epoch, capabilityGeneration: 2 }
  const fallen = { ...epoch, capabilityGeneration: 3, counts: false }
  const older = { ...epoch, capabilityGeneration: 1 }
  for (const other of [fallen, older]) {
    const generations = [joinTwins(kept, other), joinTwins(other, kept)].map(
      (one) => one.capabilityGeneration,
    )
    expect(generations).toEqual([2, 2])
  }
  expect(joinTwins(fallen, kept).counts).toBe(true)
})

test('[EPO1] [EPO15] whoever begins two epochs, and beside that the second before the first, takes neither from the heads', () => {
  const told = new Told('each before the other')
  const { anna } = told
  const mal = told.admit(anna)
  told.meet(anna, mal)
  const second = told.add(mal)
  told.meet(anna, mal, second)
  const secrets = [told.random(32), told.random(32)] as const
  const begins = (by: Teller, secret: Uint8Array) => {
    const { random } = told
    let isUsed = false
    const once = (size: number): Uint8Array => {
      if (size !== 32 || isUsed) return random(size)
      isUsed = true
      return secret.slice()
    }
    Object.assign(told, { random: once })
    told.does(by, rotate)
    Object.assign(told, { random })
  }
  for (const secret of secrets) begins(mal, secret)
  for (const secret of secrets.toReversed()) begins(second, secret)
  told.hear(anna, mal, second)
  expect(told.roster(anna).epochHeads).not.toEqual([])
  told.does(anna, rotate)
  expect(told.roster(anna).epochHeads).toHaveLength(1)
  expect(findSafeEpochs({ state: told.roster(anna) })[0]?.parents).not.toEqual([])
})
