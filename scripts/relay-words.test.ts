import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { sentenceOf, startInWords } from './relay-words.ts'
import { root } from './run.ts'

const logged = (level: number, msg: string, more: object = {}) =>
  sentenceOf(JSON.stringify({ level, time: 1, ...more, msg }))

test('a failure is told in one sentence, with what is needed to look for it', () => {
  const stack = ['    at run (node:internal/x:1:2)', '    at go (file:///srv/clique/relay/src/relay.ts:12:3)']
  const error = { name: 'TypeError', code: 'ERR_X', stack }
  expect(logged(50, 'a request failed', { error })).toBe(
    'Something failed, and the relay goes on: a request failed (TypeError ERR_X in relay/src/relay.ts:12:3).',
  )
  expect(logged(60, 'closing failed', { error: { name: 'Error' } })).toBe(
    'Something failed, and the relay stops: closing failed (Error).',
  )
  expect(logged(50, 'pruning failed')).toBe('Something failed, and the relay goes on: pruning failed.')
  expect(logged(40, 'the disk is nearly full')).toBe('The relay: the disk is nearly full.')
})

test('what is no line of the log is shown as it is', () => {
  for (const line of [
    'Clique could not start: why',
    '',
    '{"level":',
    '{"level":"high","msg":"x"}',
    '{"a":1}',
  ]) {
    expect(sentenceOf(line)).toBe(line)
  }
})

test('the relay’s sources log sentences that can stand in one', () => {
  const folder = join(root, 'relay/src')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.includes('.test.'),
  )
  const messages = files.flatMap((file) => {
    const source = readFileSync(join(folder, file), 'utf8')
    return [...source.matchAll(/\blog\.(?:warn|error|fatal)\([^']*'([^']*)'\)/g)].map(([, text]) => text)
  })
  expect(messages.length).toBeGreaterThan(5)
  for (const message of messages) expect(message).toMatch(/^[a-z][^.{}]*[a-z]$/)
})

test(
  'from its start to its end the relay says nothing that is not for people',
  { timeout: 60_000 },
  async () => {
    const data = mkdtempSync(join(tmpdir(), 'clique-words-'))
    const said: string[] = []
    const relay = startInWords(['--data', data, '--port', '0'], (text) => said.push(text), 'pipe')
    const closed = once(relay, 'close')
    if (relay.stdout === null) throw new Error('the relay has no output')
    for await (const line of createInterface({ input: relay.stdout })) {
      said.push(line)
      // Once more while it stops, as a terminal and npm both ask.
      if (line.includes('#claim=')) for (let time = 0; time < 2; time++) relay.kill('SIGINT')
    }
    expect(await closed).toEqual([0, null])
    expect(said.join('\n')).toMatch(/^Clique is at http:\/\/localhost:\d+\n[^]*\nClique has stopped\.$/)
    expect(said.filter((line) => line.startsWith('{'))).toEqual([])
    rmSync(data, { recursive: true, force: true })
  },
)
