import { afterEach, expect, test } from 'vitest'
import { firstThatStarts } from './browser.ts'

const variable = 'CLIQUE_TEST_BROWSER'
// Any program will do that tells its version.
const program = process.execPath

afterEach(() => {
  delete process.env[variable]
})

test('the first that starts is taken; without any there is none', () => {
  expect(firstThatStarts(variable, () => ['/nowhere/browser', import.meta.filename, program])).toBe(program)
  expect(firstThatStarts(variable, () => ['/nowhere/browser'])).toBeNull()
})

test('what the variable names is taken, and nothing else is looked for', () => {
  process.env[variable] = program
  const neverAsked = (): never => {
    throw new Error('looked for others')
  }
  expect(firstThatStarts(variable, neverAsked)).toBe(program)
})

test('what the variable names and does not start is an error, whatever else is there', () => {
  process.env[variable] = '/nowhere/browser'
  expect(() => firstThatStarts(variable, () => [program])).toThrow(
    'CLIQUE_TEST_BROWSER names /nowhere/browser, which does not start',
  )
})

test('an empty variable names nothing', () => {
  process.env[variable] = ''
  expect(firstThatStarts(variable, () => [program])).toBe(program)
})
