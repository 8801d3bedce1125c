import { expect, test } from 'vitest'
import { readSignal } from './signal-message.ts'

const offer = { type: 'signal', from: 'a', to: 'b', token: 1, signal: { type: 'offer', sdp: 'v=0' } } as const
const ice = (address: string): string => `candidate:1 1 udp 2113937151 ${address} 54321 typ host`
const candidate = (text: unknown) => ({
  ...offer,
  signal: { type: 'candidate', candidate: { candidate: text, sdpMid: '0', sdpMLineIndex: 0 } },
})

test('[LIV5] what pages say to each other is read', () => {
  for (const message of [
    offer,
    { ...offer, signal: { type: 'answer', sdp: 'v=0' } },
    candidate(ice('10.0.0.1')),
  ]) {
    expect(readSignal(message)).toEqual(message)
  }
  expect(readSignal({ type: 'announce', from: 'a' })).toEqual({ type: 'announce', from: 'a' })
})

test('[LIV5] fields that the library might heed are left out', () => {
  const more = { renegotiate: true, transceiverRequest: { kind: 'video' } }
  expect(readSignal({ ...offer, ...more, signal: { ...offer.signal, ...more } })).toEqual(offer)
  expect(readSignal({ type: 'announce', from: 'a', to: 'b', signal: {} })).toEqual({
    type: 'announce',
    from: 'a',
  })
  expect(readSignal({ ...offer, token: 'high' })).toEqual({ ...offer, token: undefined })
})

test.each([
  ['nothing', null],
  ['a number', 5],
  ['no fields', {}],
  ['no name', { type: 'announce' }],
  ['an empty name', { type: 'announce', from: '' }],
  ['too long a name', { type: 'announce', from: 'x'.repeat(65) }],
  ['a name that is none', { ...offer, from: 1 }],
  ['nobody whom it is for', { ...offer, to: undefined }],
  ['another type', { ...offer, type: 'x' }],
  ['no signal', { ...offer, signal: null }],
  ['a request to negotiate again', { ...offer, signal: { type: 'renegotiate', renegotiate: true } }],
  ['a request for video', { ...offer, signal: { type: 'transceiverRequest', transceiverRequest: {} } }],
  ['a description without text', { ...offer, signal: { type: 'offer', sdp: 5 } }],
  ['a candidate without text', candidate(5)],
  ['too long a candidate', candidate(ice('1'.repeat(1024)))],
])('[LIV5] %s is nothing', (_what, value) => {
  expect(readSignal(value)).toBeNull()
})

test('[LIV5] no candidate makes the browser ask for a host by its name', () => {
  for (const address of ['192.168.1.2', 'fe80::1', '2001:db8::7', '4d0f6b0e-2a38-4b7e.local']) {
    expect(readSignal(candidate(ice(address)))).not.toBeNull()
  }
  for (const address of ['tracker.example', 'tracker.example.local', 'localhost', '']) {
    expect(readSignal(candidate(ice(address)))).toBeNull()
    const sdp = `v=0\r\na=${ice(address)}\r\n`
    expect(readSignal({ ...offer, signal: { type: 'offer', sdp } })).toBeNull()
  }
})
