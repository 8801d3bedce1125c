import { expect, test as base, type Page } from '@playwright/test'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { accessibilityFaults } from '../harness/accessibility.ts'
import { needFirefox } from '../harness/firefox-story.ts'
import { closeFirefox, openFirefox } from '../harness/firefox.ts'
import { closeProfile, faultsOf, openProfile, type Profile, type VisitedRelay } from '../harness/profile.ts'
import { dumpStorage, tracesInStorage } from '../harness/storage-dump.ts'

/** The guards must see what they are there for; a page that does all of it on purpose stands in for the app. */
const policy =
  "default-src 'none'; connect-src * ws:; script-src 'self'; worker-src 'self'; img-src 'self' data:"
const html =
  '<!doctype html><html lang="en"><title>A page</title><link rel="icon" href="data:,"><main><h1>A page</h1></main></html>'

/** What stands in for a worker of the app, and for its service worker. */
const scripts: Readonly<Record<string, string>> = {
  '/worker.js': `fetch('http://worker.example/').catch(() => null).then(() => postMessage('asked'))`,
  '/service-worker.js': `
    const ask = () => fetch('http://service.example/').catch(() => null)
    self.oninstall = (event) => event.waitUntil(ask().then(() => self.skipWaiting()))
    self.onactivate = (event) => event.waitUntil(self.clients.claim())
    self.onfetch = (event) => event.respondWith(fetch('http://instead.example/').catch(() => fetch(event.request)))`,
}

interface Site extends VisitedRelay {
  hasBeenDown: boolean
}

const test = base.extend<{ site: Site; profile: Profile; page: Page }>({
  site: async ({}, use) => {
    const server = createServer((request, answer) => {
      const script = scripts[request.url ?? '']
      const found = request.url === '/' || script !== undefined
      const type = script === undefined ? 'text/html' : 'text/javascript'
      answer.writeHead(found ? 200 : 404, { 'content-type': type, 'content-security-policy': policy })
      answer.end(script ?? (found ? html : ''))
    })
    const sockets = new WebSocketServer({ server })
    sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data.toString())))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const host = `localhost:${(server.address() as AddressInfo).port}`
    await use({ host, url: `http://${host}`, stun: 'stun:localhost:3478', claim: null, hasBeenDown: false })
    sockets.clients.forEach((socket) => socket.terminate())
    sockets.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  },
  profile: async ({ browser, site }, use) => {
    const profile = await openProfile(browser, 'anna', site)
    await use(profile)
    await closeProfile(profile)
  },
  page: async ({ profile, site }, use) => {
    const page = await profile.context.newPage()
    await page.goto(site.url)
    await use(page)
  },
})

test('a page that asks its own relay alone has no faults', async ({ page, profile }) => {
  const echo = await page.evaluate(echoed, `ws://${profile.relay.host}/`)
  expect(echo).toBe('hello')
  expect(faultsOf(profile)).toEqual([])
})

test('a request to another host is a fault, and does not arrive', async ({ page, profile }) => {
  await page.evaluate(() => fetch('http://tracker.example/').catch(() => null))
  expect(faultsOf(profile).join()).toContain('unexpected host: http://tracker.example/')
  expect(faultsOf(profile)).toContain('something asked for tracker.example')
})

test('another port of the same machine is another host', async ({ page, profile }) => {
  await page.evaluate(() => fetch('http://localhost:4999/').catch(() => null))
  expect(faultsOf(profile)).toContain('something asked for localhost:4999')
})

test('a web socket to another host is a fault', async ({ page, profile }) => {
  await page.evaluate(echoed, 'ws://tracker.example:81/')
  expect(faultsOf(profile).join()).toContain('web socket to an unexpected host: ws://tracker.example:81/')
  expect(faultsOf(profile)).toContain('something asked for tracker.example:81')
})

test('what a worker asks for is seen', async ({ page, profile }) => {
  await page.evaluate(
    () => new Promise((resolve) => (new Worker('/worker.js', { type: 'module' }).onmessage = resolve)),
  )
  expect(faultsOf(profile)).toContain('something asked for worker.example')
})

test('what a service worker asks for is seen, by itself and in place of the page', async ({
  page,
  profile,
}) => {
  await page.evaluate(async () => {
    await navigator.serviceWorker.register('/service-worker.js')
    await navigator.serviceWorker.ready
  })
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller?.state)).toBe('activated')
  expect(faultsOf(profile)).toContain('something asked for service.example')
  await page.evaluate(() => fetch('/').catch(() => null))
  expect(faultsOf(profile)).toContain('something asked for instead.example')
})

test('what is asked for while a page goes is seen', async ({ page, profile }) => {
  await page.evaluate(() => {
    addEventListener('pagehide', () => navigator.sendBeacon('http://beacon.example/', 'gone'))
  })
  await page.goto('about:blank')
  await expect.poll(() => faultsOf(profile)).toContain('something asked for beacon.example')
})

test('a foreign ICE server is a fault, in the constructor and later', async ({ page, profile, site }) => {
  await page.evaluate((own) => {
    const connection = new RTCPeerConnection({ iceServers: [{ urls: ['stun:stun.example:19302', own] }] })
    connection.setConfiguration({
      iceServers: [{ urls: 'turn:turn.example?transport=tcp', username: 'a', credential: 'b' }],
    })
    // Another port of the relay's machine is another server, and none at all is no choice.
    new RTCPeerConnection({ iceServers: [{ urls: 'stun:localhost:3479' }] }).close()
    new RTCPeerConnection().close()
    connection.close()
  }, site.stun ?? '')
  await expect
    .poll(() => faultsOf(profile))
    .toEqual([
      'anna: unexpected ICE server: stun:stun.example:19302',
      'anna: unexpected ICE server: turn:turn.example?transport=tcp',
      'anna: unexpected ICE server: stun:localhost:3479',
      'anna: no ICE servers named, so that the browser or a library chooses',
    ])
})

test('console errors, page errors, missing files and policy violations are faults', async ({
  page,
  profile,
}) => {
  await page.evaluate(() => {
    console.error('a complaint')
    setTimeout(() => {
      throw new Error('a throw')
    })
    document.body.append(Object.assign(document.createElement('img'), { src: '/missing.png', alt: '' }))
    document.body.append(Object.assign(document.createElement('iframe'), { src: '/', title: 'x' }))
  })
  await expect.poll(() => faultsOf(profile).join()).toContain('content security policy violated: frame-src')
  await expect.poll(() => faultsOf(profile).join()).toContain('a complaint')
  await expect.poll(() => faultsOf(profile).join()).toContain('page error: Error: a throw')
  await expect.poll(() => faultsOf(profile).join()).toContain('status of 404')
})

test('a broken connection is a fault unless the story broke it', async ({ page, profile, site }) => {
  profile.road.cut()
  await page.evaluate(() => fetch('/').catch(() => null))
  await expect.poll(() => faultsOf(profile).join()).toContain('net::ERR_')
  const before = faultsOf(profile).length
  site.hasBeenDown = true
  await page.evaluate(() => fetch('/').catch(() => null))
  await page.evaluate(() => console.error('still a fault'))
  await expect.poll(() => faultsOf(profile).length).toBe(before + 1)
  expect(faultsOf(profile).at(-1)).toContain('still a fault')
})

test('in Firefox the same are faults', async ({ site }, info) => {
  const firefox = await openFirefox(needFirefox(info), 'ben', site)
  try {
    const { page } = firefox
    await page.goto(site.url)
    expect(await page.evaluate(echoed, `ws://${site.host}/`)).toBe('hello')
    expect(faultsOf(firefox)).toEqual([])
    await page.evaluate(() => {
      void fetch('http://tracker.example/').catch(() => null)
      new WebSocket('ws://localhost:4999/')
      new RTCPeerConnection({ iceServers: [{ urls: 'stun:stun.example:19302' }] }).close()
      new RTCPeerConnection().close()
      console.error('a complaint')
      setTimeout(() => {
        throw new Error('a throw')
      })
      document.body.append(Object.assign(document.createElement('iframe'), { src: '/', title: 'x' }))
    })
    for (const fault of [
      'ben: request to an unexpected host: http://tracker.example/',
      'something asked for tracker.example',
      'something asked for localhost:4999',
      'ben: unexpected ICE server: stun:stun.example:19302',
      'ben: no ICE servers named',
      'ben: console error: a complaint',
      'ben: page error: Error: a throw',
      'ben: content security policy violated: frame-src',
    ]) {
      await expect.poll(() => faultsOf(firefox).join('\n')).toContain(fault)
    }
  } finally {
    await closeFirefox(firefox)
  }
})

test('a cut road breaks open sockets, and a mended one carries new ones', async ({ page, profile }) => {
  const address = `ws://${profile.relay.host}/`
  const ended = page.evaluate(untilClosed, address)
  await expect.poll(() => page.evaluate(() => document.title)).toBe('open')
  profile.guards.expectNetworkTrouble()
  profile.road.cut()
  await ended
  expect(await page.evaluate(echoed, address)).toBe('failed')
  profile.road.mend()
  expect(await page.evaluate(echoed, address)).toBe('hello')
  expect(faultsOf(profile)).toEqual([])
})

test('a secret is found wherever a page can keep it', async ({ page }) => {
  await page.evaluate(hideEverywhere)
  const traces = await tracesInStorage(page, ['marmalade'])
  const places = [...new Set(traces.map(({ where }) => where.split('/')[0]))].sort()
  expect(places).toEqual(
    [
      'Cache storage',
      'IndexedDB',
      'OPFS',
      'cookies',
      'history.state',
      'localStorage',
      'sessionStorage',
      'window.name',
    ].sort(),
  )
  const inDatabase = traces.filter(({ where }) => where.startsWith('IndexedDB')).map(({ where }) => where)
  for (const place of ['text', 'bytes', 'view', 'blob', 'map', 'deep', 'name']) {
    expect(
      inDatabase.some((where) => where.includes(place)),
      place,
    ).toBe(true)
  }
  expect((await dumpStorage(page)).extractableKeys).toEqual(['IndexedDB/a database/things/0/loose'])
  expect(await tracesInStorage(page, ['not there'])).toEqual([])
})

test('what keeps people out is found by axe', async ({ page }) => {
  expect(await accessibilityFaults(page)).toEqual([])
  await page.evaluate(() => document.querySelector('main')?.append(document.createElement('button')))
  expect((await accessibilityFaults(page)).join()).toContain('button-name')
})

function echoed(address: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = new WebSocket(address)
    socket.onopen = () => socket.send('hello')
    socket.onmessage = (event) => {
      socket.onclose = null
      socket.close()
      resolve(String(event.data))
    }
    socket.onclose = () => resolve('failed')
  })
}

function untilClosed(address: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = new WebSocket(address)
    socket.onopen = () => {
      document.title = 'open'
    }
    socket.onclose = () => resolve()
  })
}

async function hideEverywhere(): Promise<void> {
  const secret = 'marmalade'
  const bytes = new TextEncoder().encode(`xx${secret}xx`)
  localStorage.setItem('a', secret)
  sessionStorage.setItem('a', btoa(`12${secret}`))
  document.cookie = `a=${secret}`
  window.name = secret
  history.replaceState({ a: [secret] }, '')
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('deep', { create: true })
  const inside = await folder.getDirectoryHandle('deeper', { create: true })
  const file = await (await inside.getFileHandle('a', { create: true })).createWritable()
  await file.write(bytes)
  await file.close()
  await (await caches.open('a')).put('/kept', new Response(bytes))
  const loose = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt'])
  const firm = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt'])
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open('a database')
    request.onupgradeneeded = () => request.result.createObjectStore('things', { autoIncrement: true })
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('no database'))
  })
  const record = {
    text: secret,
    bytes: bytes.buffer,
    view: bytes.subarray(1),
    blob: new Blob([bytes]),
    map: new Map([['a', secret]]),
    deep: [{ a: { b: [new Set([secret])] } }],
    [secret]: 1,
    loose,
    firm,
  }
  await new Promise<void>((resolve) => {
    const transaction = database.transaction('things', 'readwrite')
    transaction.objectStore('things').put(record)
    transaction.oncomplete = () => resolve()
  })
  database.close()
}
