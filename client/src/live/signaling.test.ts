import { CliqueError } from '@clique/crypto'
import { expect, test } from 'vitest'
import { signalAddress } from './live-rooms.ts'
import { readRelayed } from './signaling.ts'

test('[LIV5] signaling goes to the relay of the roster, with a ticket, and nowhere else', () => {
  const peer = 'peer'
  expect(signalAddress({ url: 'https://relay.example:8443', peer }, 'a_b')).toBe(
    'wss://relay.example:8443/signal?ticket=a_b',
  )
  expect(signalAddress({ url: 'http://127.0.0.1:9000', peer }, 'x')).toBe(
    'ws://127.0.0.1:9000/signal?ticket=x',
  )
  expect(() => signalAddress({ url: 'https://user@relay.example', peer }, 'x')).toThrow(CliqueError)
})

test('[LIV5] of what the relay passes on, the library sees nothing that it stumbles over', () => {
  expect(readRelayed('{"type":"pong"}')).toBe('pong')
  expect(readRelayed('{"type":"publish","topic":"room","data":"c2VhbGVk","clients":2}')).toEqual({
    topic: 'room',
    data: 'c2VhbGVk',
  })
  const bad = ['', 'hello', 'null', '[]', '{"type":"publish","topic":"room","data":{}}', new ArrayBuffer(3)]
  for (const text of bad) expect(readRelayed(text)).toBeNull()
  expect(readRelayed(JSON.stringify({ type: 'publish', topic: 'r', data: 'x'.repeat(64 * 1024) }))).toBeNull()
})
