import { expect, test } from 'vitest'
import { nextTurn, Turns } from './turns.ts'

function workFor(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

test('work that takes long lets the page go first, and work that does not goes on', async () => {
  const heard: string[] = []
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = () => heard.push('a person')
  const turns = new Turns()
  port2.postMessage(null)
  await turns.next()
  expect(heard).toEqual([])
  // Another turn of the page may come first.
  while (heard.length === 0) {
    workFor(10)
    await turns.next()
  }
  port2.postMessage(null)
  await turns.next()
  expect(heard).toHaveLength(1)
  await nextTurn()
  port1.close()
})
