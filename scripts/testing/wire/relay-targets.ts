import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { concat, fromHex, utf8ToBytes } from '../../../crypto/src/bytes.ts'
import { decode, encode } from '../../../crypto/src/cbor.ts'
import type { CborValue } from '../../../crypto/src/cbor.ts'
import { bytesToId } from '../../../crypto/src/ids.ts'
import { labelToBytes } from '../../../crypto/src/label-bytes.ts'
import { labels } from '../../../crypto/src/labels.ts'
import type { Label } from '../../../crypto/src/labels.ts'
import { signCheckpoint } from '../../../crypto/src/checkpoint.ts'
import { leafHash } from '../../../crypto/src/merkle.ts'
import { bytesToDown, bytesToUp, downToBytes, upToBytes } from '../../../relay/protocol/codec.ts'
import { FrameCutter, toFrame } from '../../../relay/protocol/frames.ts'
import { downSchema, upSchema } from '../../../relay/protocol/messages.ts'
import type { Schema } from '../../../relay/protocol/messages.ts'
import { openLogStatement } from '../../../relay/protocol/log-statement.ts'
import { keyToPeerId, peerIdToKey } from '../../../relay/protocol/peer-id.ts'
import {
  hashOfBatch,
  leafToBytes,
  logOrigin,
  openReceipt,
  receiptToBytes,
} from '../../../relay/protocol/receipt.ts'
import {
  hashOfItems,
  openAttestation,
  openPolicy,
  openRangeStatement,
} from '../../../relay/protocol/statements.ts'
import { signAttestation, signPolicy, signRange } from '../../../relay/protocol/statements.ts'
import { bytesToWebRtcPlace, webRtcPlaceToBytes } from '../../../relay/protocol/webrtc-place.ts'
import { testKey } from '../../../relay/protocol/testing/relay-key.ts'
import { readAbout } from '../../../relay/protocol/about.ts'
import { makeRequestHandler } from '../../../relay/src/http/request-handler.ts'
import { StaticFiles } from '../../../relay/src/http/static-files.ts'
import { OptionsError, readOptions } from '../../../relay/src/options.ts'
import { SignalServer } from '../../../relay/src/signal/signal-server.ts'
import { answerStun } from '../../../relay/src/stun/stun-message.ts'
import type { Target } from './target.ts'

/** A value that a field takes, from the name that says what it takes. */
function sampleOf(name: string): CborValue {
  const [, kind = '', inner = ''] = /^(\w*)\(?(.*?)\)?$/.exec(name) ?? []
  if (kind === 'uint') return 1
  if (kind === 'text') return 'abc'
  if (kind === 'one') return inner.split('|')[0] ?? ''
  if (kind === 'id') return new Uint8Array(Number(inner.split(',')[1])).fill(3)
  if (kind === 'bytes') return new Uint8Array(inner.includes('-') ? 5 : Number(inner)).fill(7)
  if (kind === 'list')
    return [sampleOf(inner.slice(inner.indexOf(',') + 1)), sampleOf(inner.slice(inner.indexOf(',') + 1))]
  if (name.startsWith('[uint')) return [1, new Uint8Array(4)]
  if (name.startsWith('[bytes')) return name.slice(1, -1).split(',').map(sampleOf)
  throw new Error(`no sample of ${name}`)
}

function messagesOf(schema: Schema): Uint8Array[] {
  return Object.values(schema).map(({ tag, fields }) =>
    encode([tag, ...Object.values(fields).map((field) => sampleOf((field as { name: string }).name))]),
  )
}

/** What the relay reads of devices and of the network, and what devices read of it. */
export async function relayTargets(): Promise<readonly Target[]> {
  const key = testKey(1)
  const relay = key.publicKey
  const hash = (byte: number) => new Uint8Array(32).fill(byte)
  const tenant = hash(2)
  const mailbox = bytesToId('mailbox', hash(3))
  const items = [Uint8Array.of(1), Uint8Array.of(2, 3)]
  const leaf = { mailbox, first: 0, count: 2, batch: hashOfBatch(items), time: 5, keepUntil: 9 }
  const leafBytes = leafToBytes(leaf)
  const signer = { publicKey: relay, sign: (bytes: Uint8Array) => Promise.resolve(key.sign(bytes)) }
  const note = await signCheckpoint(signer, {
    origin: logOrigin(relay, tenant),
    size: 1,
    root: leafHash(leafBytes),
  })
  const receipt = receiptToBytes({ tenant, leaf: leafBytes, index: 0, proof: [], note })
  const attestation = signAttestation(
    {
      relay,
      peer: keyToPeerId(hash(4)),
      tenant,
      generation: 1,
      issued: 5,
      expires: 9,
      size: 1,
      root: hash(5),
    },
    key.signStatement,
  )
  const offered = items.map((bytes, offset) => ({ offset, bytes }))
  const range = signRange(
    {
      relay,
      tenant,
      mailbox,
      from: 0,
      to: 2,
      next: 2,
      items: hashOfItems(offered),
      time: 5,
      size: 1,
      root: hash(5),
    },
    key.signStatement,
  )
  const place = {
    certificate: hash(6),
    port: 8787,
    addresses: [Uint8Array.of(192, 0, 2, 1), hash(7).slice(16)],
  }
  const policy = signPolicy(
    { relay, version: 1, issued: 5, stunPort: 3478, webRtc: place, limits: new Map([['itemSize', 5]]) },
    key.signStatement,
  )
  /** The body alone, signed anew, so that changes are met behind the signature. */
  const signedAnew = (
    label: Label,
    open: (signed: Uint8Array) => Promise<unknown>,
    signed: Uint8Array,
  ): Pick<Target, 'seeds' | 'read'> => ({
    seeds: [(decode(signed) as Uint8Array[])[0] ?? new Uint8Array()],
    async read(input) {
      await open(encode([input, key.sign(concat(labelToBytes(label), input))]))
      return null
    },
  })
  const binding = fromHex('000100002112a442b7e7a701bc34d686fa87dfae')

  return [
    {
      name: 'relay-up',
      shape: 'cbor',
      seeds: messagesOf(upSchema),
      read: (input) => upToBytes(bytesToUp(input)),
    },
    {
      name: 'relay-down',
      shape: 'cbor',
      seeds: messagesOf(downSchema),
      read: (input) => downToBytes(bytesToDown(input)),
    },
    {
      name: 'relay-frames',
      shape: 'bytes',
      seeds: [concat(toFrame(hash(1)), toFrame(new Uint8Array())), toFrame(new Uint8Array(300))],
      read(input) {
        // In pieces of every size that the bytes themselves name.
        const cutter = new FrameCutter(4096)
        for (let at = 0; at < input.length;) {
          const end = at + 1 + ((input[at] ?? 0) % 7)
          cutter.push(input.subarray(at, end))
          for (let frame = cutter.next(); frame !== null; frame = cutter.next());
          at = end
        }
        return null
      },
    },
    {
      name: 'relay-receipt',
      shape: 'cbor',
      seeds: [receipt],
      async read(input) {
        await openReceipt(input, { relay, mailbox, items })
        return null
      },
    },
    {
      name: 'relay-attestation',
      shape: 'cbor',
      ...signedAnew(labels.relayAttestation, (signed) => openAttestation(signed, relay), attestation),
    },
    {
      name: 'relay-range',
      shape: 'cbor',
      ...signedAnew(labels.relayRange, (signed) => openRangeStatement(signed, relay), range),
    },
    {
      name: 'relay-policy',
      shape: 'cbor',
      ...signedAnew(labels.relayPolicy, (signed) => openPolicy(signed, relay), policy),
    },
    {
      name: 'relay-log-statement',
      shape: 'bytes',
      seeds: [attestation, range, utf8ToBytes(note)],
      async read(input) {
        await openLogStatement(input, relay)
        return null
      },
    },
    {
      name: 'relay-peer-id',
      shape: 'text',
      seeds: [utf8ToBytes(keyToPeerId(hash(4)))],
      read: (input) => utf8ToBytes(keyToPeerId(peerIdToKey(new TextDecoder().decode(input)))),
    },
    {
      name: 'relay-about',
      shape: 'json',
      seeds: [
        utf8ToBytes(JSON.stringify({ relay: 'a', version: '1', protocol: 'p', claimed: true, policy: 'x' })),
      ],
      read(input) {
        const value = jsonOf(input)
        if (value !== undefined) readAbout(value)
        return null
      },
    },
    {
      name: 'stun',
      shape: 'bytes',
      seeds: [
        binding,
        concat(
          binding.map((byte, i) => (i === 3 ? 8 : byte)),
          fromHex('80220004abcdef00'),
        ),
      ],
      read(input) {
        const answer = answerStun(input, { address: '203.0.113.7', port: 4711 })
        if (answer !== null && answer.length > input.length + 24) throw new Error('the answer is much longer')
        return null
      },
    },
    {
      name: 'relay-options',
      shape: 'json',
      seeds: [
        ['--port', '9000', '--host', 'localhost', '--data', '/tmp/x'],
        [
          '--public-url',
          'https://relay.example',
          '--max-storage',
          '100',
          '--ready-json',
          '--stun-port',
          'off',
        ],
      ].map((args) => utf8ToBytes(JSON.stringify(args))),
      read(input) {
        const args = jsonOf(input)
        if (!Array.isArray(args)) return null
        try {
          readOptions(args.map(String), {})
        } catch (error) {
          if (!(error instanceof OptionsError)) throw error
        }
        return null
      },
    },
    {
      name: 'relay-webrtc-place',
      shape: 'cbor',
      seeds: [webRtcPlaceToBytes(place)],
      read: (input) => webRtcPlaceToBytes(bytesToWebRtcPlace(input)),
    },
    await httpTarget(),
    signalTarget(),
  ]
}

/** Undefined for what is no JSON, which is refused before anything of ours reads it. */
export function jsonOf(input: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(input))
  } catch {
    return undefined
  }
}

/** Method, target and host of a request, as they come over a socket. */
async function httpTarget(): Promise<Target> {
  const folder = mkdtempSync(join(tmpdir(), 'clique-wire-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'index.html'), 'the app')
  let failure: unknown = null
  const handle = makeRequestHandler({
    about: () => Promise.resolve({ relay: 'a', version: '1', protocol: 'p', claimed: true, policy: 'x' }),
    isReady: () => Promise.resolve(true),
    app: new StaticFiles(folder),
    onFailure: (error) => (failure = error),
  })
  const server = createServer((request, response) => void handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  const { port } = server.address() as AddressInfo
  const seeds = [
    ['GET', '/', 'relay.example'],
    ['HEAD', '/clique/about?x', 'localhost:8787'],
    ['GET', '/assets/%2e%2e/index.html', '127.0.0.1:8787'],
    ['GET', '/c/abc', '[::1]:8787'],
    ['POST', '/healthz', ''],
  ]
  return {
    name: 'relay-http',
    shape: 'text',
    seeds: seeds.map((lines) => utf8ToBytes(lines.join('\n'))),
    async read(input) {
      failure = null
      const [method = '', url = '', host = ''] = new TextDecoder().decode(input).split('\n')
      const socket = connect(port, '127.0.0.1')
      socket.end(`${method} ${url} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
      socket.resume()
      await new Promise<void>((resolve) => {
        // Whatever Node's own parser makes of it: a reset is an answer.
        socket.on('error', () => undefined)
        socket.on('close', () => resolve())
      })
      if (failure !== null) throw failure
      return null
    },
  }
}

/** What a page tells others through the relay, and the address with which it comes. */
function signalTarget(): Target {
  const server = new SignalServer(
    () => null,
    () => 0,
  )
  server.close()
  return {
    name: 'relay-signal-door',
    shape: 'text',
    seeds: [utf8ToBytes('/signal?ticket=abc'), utf8ToBytes('/signal')],
    read(input) {
      const url = new TextDecoder().decode(input)
      if (url.split('?', 1)[0] !== '/signal') return null
      const socket = { end: () => undefined }
      server.upgrade({ url } as IncomingMessage, socket as never, Buffer.alloc(0))
      return null
    },
  }
}
