import { expect, inject, test } from 'vitest'
import { Chance } from './mutate.ts'
import { fuzz } from './fuzz.ts'
import { tryInput } from './target.ts'
import { wireTargets } from './targets.ts'

/** A second or two of all of it; `npm run fuzz:wire` goes on, and looks at what code is reached. */
const inputs = 200

const targets = await wireTargets()
const seed = String(inject('seed'))

test.for(targets)('whatever comes, reading it ends with a value or a code: $name', async (target) => {
  const { faults } = await fuzz(target, { seed, inputs, seconds: 30, coverage: null })
  expect(faults).toEqual([])
})

test('a decoder that throws something else, or has two encodings, is found', async () => {
  const [first] = targets
  if (first === undefined) throw new Error('no targets')
  const loose = { ...first, read: (input: Uint8Array) => input.slice(0, 1) }
  expect(await tryInput(loose, Uint8Array.of(1, 2))).toMatchObject({ fault: 'encodes to 01' })
  const broken = {
    ...first,
    read: (): never => {
      throw new TypeError('not ours')
    },
  }
  expect(await tryInput(broken, Uint8Array.of(1))).toMatchObject({
    fault: expect.stringContaining('TypeError') as unknown,
  })
})

test('the same seed makes the same inputs', () => {
  const draw = () => Array.from({ length: 20 }, (_, i) => new Chance('7').below(100 + i))
  expect(draw()).toEqual(draw())
})
