import * as encoding from 'lib0/encoding'
import { concat, fromBase64url, toBase64url, utf8ToBytes } from '../../../crypto/src/bytes.ts'
import { decode, encode } from '../../../crypto/src/cbor.ts'
import { bytesToId } from '../../../crypto/src/ids.ts'
import { labels } from '../../../crypto/src/labels.ts'
import { signLabelled, signerFromSeed } from '../../../crypto/src/signature.ts'
import { seededRandom } from '../../../crypto/src/testing/seeded.ts'
import { readPermissionLink, readRoute } from '../../../client/src/app/routes.ts'
import { readEntry } from '../../../client/src/documents/entries.ts'
import { admit } from '../../../client/src/documents/gate.ts'
import { describedPicture } from '../../../client/src/documents/testing/files.ts'
import {
  deviceNumber,
  emptyChapter,
  sessionNumber,
  write,
} from '../../../client/src/documents/testing/writers.ts'
import { describeUpdate } from '../../../client/src/documents/update-description.ts'
import { readHeard } from '../../../client/src/live/heard.ts'
import { readState, signState } from '../../../client/src/live/live-state.ts'
import { readSignal } from '../../../client/src/live/signal-message.ts'
import { readPictureHeader } from '../../../client/src/media/picture-header.ts'
import {
  authMessageToBytes,
  bytesToAuthMessage,
  tagCount,
} from '../../../client/src/network/auth-messages.ts'
import { frameChannel } from '../../../client/src/network/frame-channel.ts'
import type { FrameChannel } from '../../../client/src/network/frame-channel.ts'
import { parseOrigin, relayToMultiaddr } from '../../../client/src/network/relay-address.ts'
import { windowChannel } from '../../../client/src/network/window-channel.ts'
import {
  answerToBytes,
  bytesToAnswer,
  bytesToQuestion,
  questionToBytes,
} from '../../../client/src/sync/chunk-messages.ts'
import { bytesToSyncMessage, syncMessageToBytes } from '../../../client/src/sync/sync-messages.ts'
import { CliqueError } from '../../../crypto/src/errors.ts'
import { toFrame } from '../../../relay/protocol/frames.ts'
import { jsonOf } from './relay-targets.ts'
import type { Target } from './target.ts'

const random = seededRandom('wire client')
const json = (value: unknown): Uint8Array => utf8ToBytes(JSON.stringify(value))

/** What devices read of each other, of pages in a room, of links and of files. */
export async function clientTargets(): Promise<readonly Target[]> {
  const signer = signerFromSeed(random(32))
  const device = bytesToId('device', signer.publicKey)
  const operation = bytesToId('operation', random(32))
  const space = bytesToId('space', random(16))
  const chunk = bytesToId('chunk', random(32))
  const tags = Array.from({ length: tagCount }, () => random(16))
  const room = 'room'
  const now = 1_767_225_600_000
  const state = { device, client: 5, clock: 2, at: now, activity: 'here' } as const
  const signed = await signState(signer, room, state)
  const [stateBody] = decode(fromBase64url(signed)) as Uint8Array[]
  if (stateBody === undefined) throw new Error('a state without a body')
  const rules = { room, isIn: () => true, now: () => now }
  const message = {
    kind: 'message',
    time: now,
    sentAt: now,
    text: 'hello',
    files: [describedPicture(300_000)],
  }
  const moderated = { device: deviceNumber(1), sequence: 1, record: '0f'.repeat(32), index: 0 }
  const hide = { kind: 'hide', time: now, sentAt: now, message: moderated }
  const moderation = [
    hide,
    { ...hide, kind: 'show', lifts: [{ device: deviceNumber(1), sequence: 7 }] },
    { kind: 'stand', time: now, sentAt: now, device: deviceNumber(1), sequence: 7 },
  ]
  const updates = [1, 2].map((sequence) => write(emptyChapter(), 1, 1, sequence, message).payload)

  return [
    {
      name: 'auth-message',
      shape: 'cbor',
      seeds: [
        { kind: 'hello', nonce: random(32) } as const,
        { kind: 'challenge', nonce: random(32), tags } as const,
        { kind: 'tags', tags } as const,
        { kind: 'answer', tag: random(16) } as const,
        { kind: 'identity', device, heads: [operation, operation], signature: random(64) } as const,
      ].map(authMessageToBytes),
      read: (input) => authMessageToBytes(bytesToAuthMessage(input)),
    },
    {
      name: 'sync-message',
      shape: 'cbor',
      seeds: [
        { kind: 'summary', heads: [operation], spaces: new Map([[space, random(16)]]) } as const,
        { kind: 'roster', held: new Set(['0011223344556677']) } as const,
        { kind: 'items', items: [random(40), random(3)] } as const,
        { kind: 'vector', space, vector: new Map([[device, 7]]) } as const,
        { kind: 'records', space, records: [random(50)] } as const,
        { kind: 'got', space, vector: new Map([[device, 7]]) } as const,
        { kind: 'checkpoints', checkpoints: [{ relay: '12D3', statement: random(20) }] } as const,
      ].map(syncMessageToBytes),
      // Names that come twice in a comparison count once, so that message alone is not what it was.
      read(input) {
        const read = bytesToSyncMessage(input)
        return read.kind === 'roster' ? null : syncMessageToBytes(read)
      },
    },
    {
      name: 'chunk-question',
      shape: 'cbor',
      seeds: [
        questionToBytes({ kind: 'have', chunks: [chunk, chunk] }),
        questionToBytes({ kind: 'get', chunk }),
      ],
      read: (input) => questionToBytes(bytesToQuestion(input)),
    },
    {
      name: 'chunk-answer',
      shape: 'cbor',
      seeds: [
        { kind: 'held', chunks: [chunk] } as const,
        { kind: 'chunk', bytes: random(99) } as const,
        { kind: 'lacking' } as const,
      ].map(answerToBytes),
      read: (input) => answerToBytes(bytesToAnswer(input)),
    },
    {
      name: 'frame-channel',
      shape: 'bytes',
      seeds: [concat(toFrame(random(5)), toFrame(random(200)))],
      read: (input) => readAll(channelOf(input)),
    },
    {
      name: 'window-channel',
      shape: 'bytes',
      seeds: [concat(toFrame(Uint8Array.of(1, 0, 32, 0, 0)), toFrame(concat(Uint8Array.of(0), random(60))))],
      read: (input) => readAll(windowChannel(channelOf(input))),
    },
    {
      name: 'live-state',
      shape: 'text',
      seeds: [utf8ToBytes(signed)],
      async read(input) {
        await readState(new TextDecoder().decode(input), 5, 2, rules)
        return null
      },
    },
    {
      name: 'live-state-body',
      shape: 'cbor',
      seeds: [stateBody],
      async read(input) {
        const text = toBase64url(encode([input, await signLabelled(signer, labels.liveState, input)]))
        await readState(text, 5, 2, rules)
        return null
      },
    },
    {
      name: 'live-heard',
      shape: 'bytes',
      seeds: [heardOf([{ client: 5, clock: 2, text: JSON.stringify({ signed }) }]), heardOf([])],
      read(input) {
        readHeard(input)
        return null
      },
    },
    {
      name: 'live-signal',
      shape: 'json',
      seeds: [
        { type: 'announce', from: 'a' },
        {
          type: 'signal',
          from: 'a',
          to: 'b',
          token: 5,
          signal: { type: 'offer', sdp: 'v=0\r\na=candidate:1 1 udp 1 1.2.3.4 5 typ host' },
        },
        {
          type: 'signal',
          from: 'a',
          to: 'b',
          signal: {
            type: 'candidate',
            candidate: { candidate: 'candidate:1 1 udp 1 a.local 5', sdpMid: '0' },
          },
        },
      ].map(json),
      read(input) {
        readSignal(jsonOf(input))
        return null
      },
    },
    {
      name: 'entry',
      shape: 'json',
      seeds: [message, { ...message, files: [] }, ...moderation].map(json),
      read(input) {
        const entry = readEntry(jsonOf(input))
        // What was read is read again as the same: snapshots keep it.
        if (entry !== null && JSON.stringify(readEntry(structuredClone(entry))) !== JSON.stringify(entry))
          throw new Error('read again as another')
        return null
      },
    },
    {
      name: 'record-update',
      shape: 'bytes',
      seeds: updates,
      read(input) {
        describeUpdate(input)
        const chapter = emptyChapter()
        admit(chapter, {
          device: deviceNumber(1),
          session: sessionNumber(1),
          sequence: 1,
          receivedAt: 1,
          payload: input,
        })
        chapter.close()
        return null
      },
    },
    {
      name: 'picture-header',
      shape: 'bytes',
      seeds: pictureHeads(),
      read(input) {
        readPictureHeader(input)
        return null
      },
    },
    {
      name: 'relay-address',
      shape: 'json',
      seeds: [
        json({
          url: 'https://relay.example:444',
          peer: '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5',
        }),
        json({ url: 'http://[::1]', peer: '12D3' }),
      ],
      read(input) {
        const place = jsonOf(input)
        if (!(place instanceof Object) || !('url' in place) || !('peer' in place)) return null
        const { url, peer } = place
        if (typeof url !== 'string' || typeof peer !== 'string') return null
        refusedOr(() => parseOrigin(url))
        refusedOr(() => relayToMultiaddr({ url, peer }))
        return null
      },
    },
    {
      name: 'link',
      shape: 'text',
      seeds: [
        '#claim=AAAAAAAAAAAAAAAAAAAAAA',
        'https://relay.example/#allow=AAAAAAAAAAAAAAAAAAAAAA&relay=http%3A%2F%2Fa.example',
        '#invite=AQID',
        `#/c/${'ab'.repeat(32)}/chats`,
      ].map(utf8ToBytes),
      read(input) {
        const text = new TextDecoder().decode(input)
        readRoute(text)
        readPermissionLink(text)
        return null
      },
    },
  ]
}

function refusedOr(read: () => unknown): void {
  try {
    read()
  } catch (error) {
    if (!(error instanceof CliqueError)) throw error
  }
}

/** As y-webrtc writes them. */
function heardOf(states: readonly { client: number; clock: number; text: string }[]): Uint8Array {
  const inner = encoding.createEncoder()
  encoding.writeVarUint(inner, states.length)
  for (const { client, clock, text } of states) {
    encoding.writeVarUint(inner, client)
    encoding.writeVarUint(inner, clock)
    encoding.writeVarString(inner, text)
  }
  const outer = encoding.createEncoder()
  encoding.writeVarUint(outer, 1)
  encoding.writeVarUint8Array(outer, encoding.toUint8Array(inner))
  return encoding.toUint8Array(outer)
}

/** A stream that brings these bytes in pieces, and ends. */
function channelOf(bytes: Uint8Array): FrameChannel {
  const listeners = new Map<string, (event: never) => void>()
  const stream = {
    readStatus: 'readable',
    send: () => true,
    onDrain: () => Promise.resolve(),
    pause: () => undefined,
    resume: () => undefined,
    close: () => Promise.resolve(),
    abort: () => undefined,
    addEventListener: (type: string, listener: (event: never) => void) => listeners.set(type, listener),
  }
  const channel = frameChannel(stream as never, { maxFrame: 1024, maxHeld: 4096, drainMs: 1000 })
  queueMicrotask(() => {
    for (let at = 0; at < bytes.length; at += 37) {
      const data = bytes.subarray(at, at + 37)
      listeners.get('message')?.({ data: { subarray: () => data } } as never)
    }
    listeners.get('end')?.({} as never)
  })
  return channel
}

async function readAll(channel: FrameChannel): Promise<null> {
  while ((await channel.receive()) !== null);
  return null
}

/** The beginnings of files of each kind, as their formats have them. */
function pictureHeads(): Uint8Array[] {
  const text = (value: string): number[] => [...utf8ToBytes(value)]
  const jpeg = [0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xc0, 0, 11, 8, 0, 20, 0, 30, 1, 0, 0, 0]
  const png = [
    0x89,
    0x50,
    0x4e,
    0x47,
    0x0d,
    0x0a,
    0x1a,
    0x0a,
    0,
    0,
    0,
    13,
    ...text('IHDR'),
    0,
    0,
    0,
    30,
    0,
    0,
    0,
    20,
    8,
    6,
    0,
    0,
    0,
  ]
  const gif = [...text('GIF89a'), 30, 0, 20, 0, 0, 0, 0, 0x2c, 0, 0, 0, 0, 30, 0, 20, 0, 0, 2, 1, 0, 0, 0x3b]
  const webp = [
    ...text('RIFF'),
    40,
    0,
    0,
    0,
    ...text('WEBPVP8X'),
    10,
    0,
    0,
    0,
    2,
    0,
    0,
    0,
    29,
    0,
    0,
    19,
    0,
    0,
  ]
  const ispe = [0, 0, 0, 20, ...text('ispe'), 0, 0, 0, 0, 0, 0, 0, 30, 0, 0, 0, 20]
  const box = (name: string, inside: number[]): number[] => [
    0,
    0,
    0,
    inside.length + 8,
    ...text(name),
    ...inside,
  ]
  const meta = box('meta', [0, 0, 0, 0, ...box('iprp', box('ipco', ispe))])
  const avif = [...box('ftyp', [...text('avif'), 0, 0, 0, 0, ...text('avifmif1')]), ...meta]
  return [jpeg, png, gif, webp, avif].map((bytes) => Uint8Array.from([...bytes, ...new Uint8Array(16)]))
}
