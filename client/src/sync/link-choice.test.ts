import { expect, test } from 'vitest'
import { chooseLink } from './link-choice.ts'
import type { LinkFacts } from './link-choice.ts'

const [lower, higher] = ['12D3anna', '12D3ben']
const circuit = (dialer: string): LinkFacts => ({ dialer, kind: 'circuit' })
const direct = (dialer: string): LinkFacts => ({ dialer, kind: 'direct' })

test.each([
  ['the first link', null, circuit(higher), 'take'],
  ['the first link, a direct one', null, direct(lower), 'take'],
  ['a direct link after one through a relay', circuit(lower), direct(lower), 'move'],
  ['a direct link after one that the other side dialled', circuit(higher), direct(lower), 'move'],
  ['two at once, the second by the lower', circuit(higher), circuit(lower), 'take'],
  ['two at once, the second by the higher', circuit(lower), circuit(higher), 'refuse'],
  ['a belated one through a relay beside a direct one', direct(lower), circuit(higher), 'refuse'],
  ['one through a relay because the direct one is dead', direct(lower), circuit(lower), 'take'],
  ['another direct one because the first is dead', direct(lower), direct(lower), 'take'],
] as const)('[LC1] both sides decide alike: %s', (_, before, next, choice) => {
  expect(chooseLink(before, next, lower)).toBe(choice)
})
