import {
  bytesToId,
  labels,
  signLabelled,
  signerFromSeed,
  toBase64url,
  encode,
  idToBytes,
} from '@clique/crypto'
import type { DeviceId } from '@clique/crypto'
import { describe, expect, it } from 'vitest'
import { clockToleranceMs, maxStateSize, readState, signState } from './live-state.ts'
import type { LiveState, StateRules } from './live-state.ts'

const ben = signerFromSeed(new Uint8Array(32).fill(2))
const carla = signerFromSeed(new Uint8Array(32).fill(3))
const idOf = ({ publicKey }: typeof ben): DeviceId => bytesToId('device', publicKey)
const now = 1_800_000_000_000
const typing: LiveState = { device: idOf(ben), client: 7, clock: 3, at: now, activity: 'typing' }

const rules = (change: Partial<StateRules> = {}): StateRules => ({
  room: 'room',
  isIn: (device) => device === idOf(ben) || device === idOf(carla),
  now: () => now,
  ...change,
})

describe('a state in a live room', () => {
  it('[LIV1] is read as its device signed it', async () => {
    const text = await signState(ben, 'room', typing)
    expect(text.length).toBeLessThanOrEqual(maxStateSize)
    expect(await readState(text, 7, 3, rules())).toEqual(typing)
  })

  it('[LIV1] is ignored when somebody else signed it, or nobody', async () => {
    expect(await readState(await signState(carla, 'room', typing), 7, 3, rules())).toBeNull()
    const body = encode(['room', idToBytes(idOf(ben)), 7, 3, now, 2])
    const unsigned = toBase64url(encode([body, new Uint8Array(64)]))
    expect(await readState(unsigned, 7, 3, rules())).toBeNull()
    const otherLabel = await signLabelled(ben, labels.recordSignature, body)
    expect(await readState(toBase64url(encode([body, otherLabel])), 7, 3, rules())).toBeNull()
  })

  it('[LIV1] is ignored for another room, under another number, and from a device that is out', async () => {
    const text = await signState(ben, 'room', typing)
    expect(await readState(text, 7, 3, rules({ room: 'another' }))).toBeNull()
    expect(await readState(text, 8, 3, rules())).toBeNull()
    expect(await readState(text, 7, 4, rules())).toBeNull()
    expect(await readState(text, 7, 3, rules({ isIn: (device) => device === idOf(carla) }))).toBeNull()
  })

  it('[LIV1] is ignored when it is played back later', async () => {
    const text = await signState(ben, 'room', typing)
    expect(await readState(text, 7, 3, rules({ now: () => now + clockToleranceMs }))).toEqual(typing)
    expect(await readState(text, 7, 3, rules({ now: () => now + clockToleranceMs + 1 }))).toBeNull()
  })

  it.each([
    ['no text', 5],
    ['nothing', null],
    ['an empty text', ''],
    ['no base64url', '?'],
    ['no CBOR', toBase64url(Uint8Array.of(255))],
    ['a list of something else', toBase64url(encode([1, 2]))],
    ['a body of something else', toBase64url(encode([encode(['room']), new Uint8Array(64)]))],
    ['too long a text', 'A'.repeat(maxStateSize + 1)],
  ])('[LIV1] %s is ignored', async (_what, text) => {
    expect(await readState(text, 7, 3, rules())).toBeNull()
  })
})
