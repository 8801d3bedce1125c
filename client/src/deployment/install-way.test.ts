import { expect, test } from 'vitest'
import { installWay } from './install-way.ts'
import type { Platform } from './install-way.ts'

const agents = {
  iphone:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
  chromeOnIphone:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/141.0.0.0 Mobile/15E148 Safari/604.1',
  insideAnApp:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 300.0',
  mac: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
  android:
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36',
  firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
}

function way(userAgent: string, more: Partial<Platform> = {}) {
  return installWay({ userAgent, touchPoints: 0, installed: false, offered: false, ...more })
}

test('a browser that offers it gets a button', () => {
  expect(way(agents.android, { touchPoints: 5, offered: true })).toBe('button')
  expect(way(agents.android, { touchPoints: 5 })).toBe('none')
})

test('on iPhones and iPads the way leads through the share menu, where there is one', () => {
  expect(way(agents.iphone, { touchPoints: 5 })).toBe('share')
  expect(way(agents.chromeOnIphone, { touchPoints: 5 })).toBe('share')
  expect(way(agents.mac, { touchPoints: 5 })).toBe('share')
  expect(way(agents.insideAnApp, { touchPoints: 5 })).toBe('none')
})

test('nothing is said where there is nothing to do', () => {
  expect(way(agents.mac)).toBe('none')
  expect(way(agents.firefox)).toBe('none')
  expect(way(agents.iphone, { touchPoints: 5, installed: true })).toBe('none')
  expect(way(agents.android, { installed: true, offered: true })).toBe('none')
})
