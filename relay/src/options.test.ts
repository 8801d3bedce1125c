import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { originToMultiaddr } from './network/announce.ts'
import { defaultPort, readOptions } from './options.ts'

describe('options', () => {
  it('[O1] without any: this machine alone, the fixed port, ./data', () => {
    expect(readOptions([], {})).toEqual({
      data: join(process.cwd(), 'data'),
      port: defaultPort,
      hosts: ['127.0.0.1', '::1'],
      app: null,
      stunPort: 'same',
      webRtcPort: 'auto',
      publicUrl: null,
      appUrl: null,
      maxStorage: null,
      readyJson: false,
    })
  })

  it('[O2] from the environment, flags first', () => {
    const environment = { CLIQUE_PORT: '1234', CLIQUE_DATA: '/srv/clique', CLIQUE_APP: '/srv/app' }
    expect(readOptions(['--port', '99'], environment)).toMatchObject({
      port: 99,
      data: '/srv/clique',
      app: '/srv/app',
    })
    expect(readOptions([], { CLIQUE_PORT: '' })).toMatchObject({ port: defaultPort })
  })

  it('[O3] listens to others when it has a public address, or is told to', () => {
    const options = readOptions(['--public-url', 'https://relay.example'], {})
    expect(options).toMatchObject({ hosts: ['::'] })
    expect(options?.publicUrl?.origin).toBe('https://relay.example')
    expect(readOptions(['--host', '0.0.0.0'], {})).toMatchObject({ hosts: ['0.0.0.0'] })
    expect(readOptions(['--host', 'localhost'], {})).toMatchObject({ hosts: ['127.0.0.1', '::1'] })
  })

  it('[O7] answers STUN where it is told to, or not at all', () => {
    for (const [text, port] of [
      ['0', 0],
      ['3478', 3478],
      ['off', null],
      ['same', 'same'],
    ] as const) {
      expect(readOptions(['--stun-port', text], {})).toMatchObject({ stunPort: port })
      expect(readOptions([], { CLIQUE_STUN_PORT: text })).toMatchObject({ stunPort: port })
    }
  })

  it('[O8] takes WebRTC connections where it is told to, where it is of use, or not at all', () => {
    for (const [text, port] of [
      ['8790', 8790],
      ['off', null],
      ['auto', 'auto'],
    ] as const) {
      expect(readOptions(['--webrtc-port', text], {})).toMatchObject({ webRtcPort: port })
      expect(readOptions([], { CLIQUE_WEBRTC_PORT: text })).toMatchObject({ webRtcPort: port })
    }
  })

  it.each([
    [['--stun-port', '65536']],
    [['--stun-port', 'on']],
    [['--webrtc-port', 'on']],
    [['--webrtc-port', '0']],
    [['--port', '70000']],
    [['--port', '8787x']],
    [['--port', '-1']],
    [['--what']],
    [['stray']],
    [['--public-url', 'relay.example']],
    [['--public-url', 'https://relay.example/path']],
    [['--public-url', 'ftp://relay.example']],
    [['--app-url', 'https://app.example/path']],
    [['--max-storage', '0']],
  ])('[O4] %j is refused with a sentence', (args) => {
    expect(() => readOptions(args, {})).toThrow(/\w+ \w+/)
  })

  it('[O5] help is asked for', () => {
    expect(readOptions(['--help'], {})).toBeNull()
  })

  it('[O6] an origin becomes the address that peers dial', () => {
    const address = (text: string) => originToMultiaddr(new URL(text))
    expect(address('http://localhost:8787')).toBe('/dns/localhost/tcp/8787/ws')
    expect(address('https://relay.example')).toBe('/dns/relay.example/tcp/443/tls/ws')
    expect(address('http://192.168.1.2')).toBe('/ip4/192.168.1.2/tcp/80/ws')
    expect(address('https://[2001:db8::1]:8443')).toBe('/ip6/2001:db8::1/tcp/8443/tls/ws')
  })
})
