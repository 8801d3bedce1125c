import { expect, test } from 'vitest'
import { findObstacle, obstacleSentence } from './check.ts'

const complete = {
  isSecureContext: true,
  indexedDB: {},
  WebSocket: class {},
  BroadcastChannel: class {},
  crypto: { subtle: {} },
  navigator: { locks: {} },
}

test('a browser that has everything meets no obstacle', () => {
  expect(findObstacle(complete)).toBeNull()
})

test('an insecure origin is told as such, whatever else it hides', () => {
  expect(findObstacle({ ...complete, isSecureContext: false, crypto: {} })).toEqual({ kind: 'insecure' })
})

test('what is missing is named', () => {
  const { indexedDB: _left, ...rest } = complete
  expect(findObstacle(rest)).toEqual({ kind: 'missing', what: 'indexedDB' })
  expect(findObstacle({ ...complete, navigator: {} })).toEqual({ kind: 'missing', what: 'Web Locks' })
  expect(findObstacle({ ...complete, crypto: {} })).toEqual({ kind: 'missing', what: 'WebCrypto' })
})

test('the sentence comes in the language of the browser', () => {
  expect(obstacleSentence({ kind: 'missing', what: 'Web Locks' }, 'es-MX')).toContain(
    'A este navegador le falta algo',
  )
  expect(obstacleSentence({ kind: 'insecure' }, 'de')).toContain('https://')
  expect(obstacleSentence({ kind: 'unfetched' }, 'es')).toContain('no ha llegado')
})
