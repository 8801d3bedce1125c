import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPort } from './public-port.ts'
import type { PublicPort } from './public-port.ts'
import { makeRequestHandler } from './request-handler.ts'
import { readSegments, StaticFiles } from './static-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'clique-app-'))
const policy = "default-src 'none'; script-src 'self'; worker-src 'self'; manifest-src 'self'"
let port: PublicPort
let url = ''
let isReady = true

beforeAll(async () => {
  mkdirSync(join(folder, 'app/assets'), { recursive: true })
  writeFileSync(join(folder, 'secret.txt'), 'outside of the app')
  writeFileSync(join(folder, 'app/index.html'), '<!doctype html><title>Clique</title>')
  writeFileSync(join(folder, 'app/csp.json'), JSON.stringify({ policy }))
  writeFileSync(join(folder, 'app/.hidden'), 'hidden')
  writeFileSync(join(folder, 'app/assets/main-abc123.js'), `export {} // ${'x'.repeat(500)}`)
  writeFileSync(join(folder, 'app/manifest.webmanifest'), '{}')
  writeFileSync(join(folder, 'app/service-worker.js'), 'addEventListener("fetch", () => {})')
  mkdirSync(join(folder, 'app/icons'))
  writeFileSync(join(folder, 'app/icons/any-192.png'), 'PNG')
  const about = { relay: '12D3', version: '1', protocol: '/p', claimed: false, policy: 'AA' }
  const handler = makeRequestHandler({
    about: async () => about,
    isReady: async () => isReady,
    app: new StaticFiles(join(folder, 'app')),
    onFailure: (error) => {
      throw error
    },
  })
  port = await openPort(['127.0.0.1'], 0, { request: handler, upgrade: () => false })
  url = `http://localhost:${port.port}`
})
afterAll(async () => {
  await port.close()
  rmSync(folder, { recursive: true })
})

/** A request whose path goes out as it is, unlike with fetch. */
function rawStatus(path: string, host = 'localhost'): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: port.port, path, headers: { host } }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    sent.on('error', reject)
    sent.end()
  })
}

describe('the app over HTTP', () => {
  it('[H2] is its page for every path that is a page, never cached, under its own policy', async () => {
    for (const path of ['/', '/index.html', '/join', '/c/abc/settings', '/?x=1']) {
      const response = await fetch(url + path)
      expect(await response.text()).toContain('<title>Clique')
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-cache',
        'content-security-policy': policy,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
      })
    }
  })

  it('[H3] gives parts that are named by their content for ever, compressed where asked', async () => {
    const response = await fetch(`${url}/assets/main-abc123.js`)
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect(response.headers.get('content-encoding')).toBe('gzip')
    expect(await response.text()).toHaveLength(513)
    const plain = await fetch(`${url}/assets/main-abc123.js`, { headers: { 'accept-encoding': 'identity' } })
    expect(plain.headers.get('content-encoding')).toBeNull()
  })

  it('[H8] gives what keeps its name over all versions with its type, asked for anew every time, under the policy', async () => {
    const kinds = {
      'service-worker.js': 'text/javascript; charset=utf-8',
      'manifest.webmanifest': 'application/manifest+json; charset=utf-8',
      'icons/any-192.png': 'image/png',
    }
    for (const [name, type] of Object.entries(kinds)) {
      const response = await fetch(`${url}/${name}`)
      expect([name, Object.fromEntries(response.headers)]).toMatchObject([
        name,
        {
          'content-type': type,
          'cache-control': 'no-cache',
          'content-security-policy': policy,
          'x-content-type-options': 'nosniff',
        },
      ])
      const etag = response.headers.get('etag') ?? ''
      const again = await fetch(`${url}/${name}`, { headers: { 'if-none-match': etag } })
      expect(again.status).toBe(304)
    }
  })

  it('[H3] is not sent again to who has it', async () => {
    const tag = (await fetch(`${url}/`)).headers.get('etag') ?? ''
    const again = await fetch(`${url}/`, { headers: { 'if-none-match': tag } })
    expect([again.status, await again.text()]).toEqual([304, ''])
  })

  it('[H4] misses what is missing, and gives nothing outside its folder and nothing hidden', async () => {
    const paths = [
      '/assets/gone-123.js',
      '/favicon.ico',
      '/../secret.txt',
      '/..%2fsecret.txt',
      '/%2e%2e/secret.txt',
      '/assets/..%5c..%5csecret.txt',
      '/.hidden',
      '/%00',
      '/%ff',
      '/assets',
      '/assets/',
      `/${'x.'.repeat(2000)}`,
    ]
    for (const path of paths) expect([path, await rawStatus(path)]).toEqual([path, 404])
    expect(readSegments('/a//b%20c')).toEqual(['a', 'b c'])
  })

  it('[H5] takes GET and HEAD alone', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      expect((await fetch(`${url}/`, { method })).status).toBe(405)
    }
    const head = await fetch(`${url}/`, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
  })

  it('[H6] is at localhost, whatever this machine is called by', async () => {
    for (const host of [`127.0.0.1:${port.port}`, '127.0.0.1', `[::1]:${port.port}`]) {
      expect(await rawStatus('/join?x=1', host)).toBe(308)
      expect(await rawStatus('/clique/about', host)).toBe(200)
    }
    const response = await fetch(`http://127.0.0.1:${port.port}/join?x=1`, { redirect: 'manual' })
    expect(response.headers.get('location')).toBe(`${url}/join?x=1`)
  })

  it('[H7] says whether it lives and whether it serves', async () => {
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    isReady = false
    expect((await fetch(`${url}/readyz`)).status).toBe(503)
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
  })

  it('[H1] tells every origin what it is', async () => {
    const response = await fetch(`${url}/clique/about`)
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.json()).toMatchObject({ protocol: '/p', claimed: false })
  })
})
