import { readFileSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'
import { fromBase64url, fromHex } from '../src/bytes.ts'
import { textToId } from '../src/ids.ts'
import { operationTypes } from '../src/roster/operation.ts'
import { RosterGraph } from '../src/roster/graph.ts'
import { makeRefusedFile, verdictOfEnvelope } from '../src/testing/refused/cases.ts'
import type { RefusedFile } from '../src/testing/refused/cases.ts'
import { badCompactions, verdictOfCompaction } from '../src/testing/refused/compactions.ts'
import type { RefusedCompactions } from '../src/testing/refused/compactions.ts'

let file: RefusedFile
let graph: RosterGraph

beforeAll(async () => {
  file = JSON.parse(readFileSync(new URL('./roster/refused.json', import.meta.url), 'utf8'))
  graph = new RosterGraph(textToId('clique', file.clique))
  for (const operation of file.log)
    expect(await verdictOfEnvelope(graph, fromBase64url(operation))).toBe('placed')
})

test('[VEC2] every operation of the negative vectors is refused for the reason that they give', async () => {
  const verdicts = new Map<string, string>()
  for (const { name, operation } of file.refused) {
    verdicts.set(name, await verdictOfEnvelope(graph, fromBase64url(operation)))
  }
  expect(Object.fromEntries(verdicts)).toEqual(
    Object.fromEntries(file.refused.map(({ name, code }) => [name, code])),
  )
})

test('[VEC2] the negative vectors are those that this version would write, and none is missing', async () => {
  const fresh = await makeRefusedFile(1)
  const named = ({ refused }: RefusedFile) => refused.map(({ name, code }) => `${name}: ${code}`)
  expect(named(file)).toEqual(named(fresh))
  expect(file.format).toBe(fresh.format)
  for (const type of operationTypes) expect(named(file).join()).toContain(`${type}: `)
})

test('[VEC3] every compaction of the negative vectors is refused for the reason that they give, and the good one taken', async () => {
  const url = new URL('./records/refused.json', import.meta.url)
  const { place, key, good, refused }: RefusedCompactions = JSON.parse(readFileSync(url, 'utf8'))
  const recordKey = { keyId: textToId('key', key.id), recordKey: fromHex(key.record) }
  const verdictOf = (sealed: string) => verdictOfCompaction(fromBase64url(sealed), recordKey, place)
  expect(await verdictOf(good.sealed)).toBe(good.carries.join())
  const verdicts = new Map<string, string>()
  for (const { name, sealed } of refused) verdicts.set(name, await verdictOf(sealed))
  expect(Object.fromEntries(verdicts)).toEqual(
    Object.fromEntries(refused.map(({ name, code }) => [name, code])),
  )
  expect(refused.map(({ name }) => name)).toEqual(badCompactions.map(([name]) => name))
})
