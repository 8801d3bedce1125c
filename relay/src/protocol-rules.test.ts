import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

it('every rule of PROTOCOL.md has a test, and every test that names one has its rule', () => {
  const text = readFileSync(join(root, 'PROTOCOL.md'), 'utf8')
  const rules = [...text.matchAll(/^- \*\*([A-Z]+\d+)\*\* /gm)].map((match) => match[1])
  expect(new Set(rules).size).toBe(rules.length)
  const tested = new Set<string | undefined>()
  for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(test|contract)\.ts$/.test(name)) continue
    const source = readFileSync(join(root, name), 'utf8')
    for (const match of source.matchAll(/'\[([A-Z]+\d+)\] /g)) tested.add(match[1])
  }
  expect([...tested].sort()).toEqual([...rules].sort())
})
