import { expect, test } from 'vitest'
import { answerTo } from './answers.ts'
import type { Answer } from './answers.ts'

const origin = 'https://relay.example'
const files = new Set(['/index.html', '/icon.svg', '/manifest.webmanifest', '/assets/start-new.js'])

function answer(path: string, { mode = 'cors', method = 'GET', from = origin } = {}): Answer {
  return answerTo({ method, mode, url: from + path }, origin, files)
}

test('the app’s page is answered at its one address, whatever else that carries', () => {
  for (const path of ['/', '/index.html', '/?from=home', '/#/c/abc/chats']) {
    expect([path, answer(path, { mode: 'navigate' })]).toEqual([path, 'page'])
  }
})

test('files of the app are answered, and parts that an older page still asks for', () => {
  for (const path of ['/index.html', '/icon.svg', '/manifest.webmanifest', '/assets/start-new.js']) {
    expect([path, answer(path)]).toEqual([path, 'file'])
  }
  expect(answer('/assets/start-old.js')).toBe('file')
})

test('whatever a relay answers passes through untouched', () => {
  const paths = [
    '/clique/about',
    '/healthz',
    '/readyz',
    '/signal',
    '/p2p',
    '/metrics',
    '/csp.json',
    '/service-worker.js',
    '/chunks/abc',
    '/icon.svg?x=1',
    '/x/assets/start-new.js',
  ]
  for (const path of paths) {
    for (const mode of ['navigate', 'cors', 'same-origin', 'no-cors', 'websocket']) {
      expect([path, mode, answer(path, { mode })]).toEqual([path, mode, 'leave'])
    }
  }
  expect(answer('/', { mode: 'cors' })).toBe('leave')
})

test('other hosts and other methods are nobody’s business', () => {
  expect(answer('/', { mode: 'navigate', from: 'https://other.example' })).toBe('leave')
  expect(answer('/icon.svg', { from: 'https://relay.example:8443' })).toBe('leave')
  expect(answer('/icon.svg', { from: 'ws://relay.example' })).toBe('leave')
  for (const method of ['POST', 'HEAD', 'PUT']) expect(answer('/icon.svg', { method })).toBe('leave')
  expect(answerTo({ method: 'GET', mode: 'cors', url: 'data:text/plain,x' }, 'null', files)).toBe('leave')
})
