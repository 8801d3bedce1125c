import { afterEach, expect, test, vi } from 'vitest'
import { bytesToId, encode, labels, sha256, signerFromSeed, systemRandom } from '@clique/crypto'
import type { AuthSide } from './auth.ts'
import { runAuth } from './link.ts'
import { channelPair } from './testing/channel-pair.ts'

afterEach(() => {
  vi.useRealTimers()
})

function side(role: AuthSide['role'], gate = 1): AuthSide {
  const own = role === 'dialer' ? 'anna' : 'ben'
  const other = role === 'dialer' ? 'ben' : 'anna'
  const signers = [own, other].map((name) => signerFromSeed(sha256(labels.chunkId, encode(name))))
  const devices = signers.map(({ publicKey }) => bytesToId('device', publicKey))
  const [device, signer] = [devices[0], signers[0]]
  if (device === undefined || signer === undefined) throw new Error('nobody is there')
  return {
    role,
    clique: bytesToId('clique', new Uint8Array(32)),
    device,
    signer,
    ownPeer: own,
    otherPeer: other,
    gateKeys: [{ key: sha256(labels.gateKey, encode([gate])) }],
    heads: [],
    deviceInRoster: (asked) => (asked === devices[1] ? { peer: other, isIn: true } : null),
    random: systemRandom,
  }
}

test('[LK1] two sides over a stream know each other, and the stream is closed', async () => {
  const [near, far] = channelPair()
  const [dialer, listener] = await Promise.all([
    runAuth(near, side('dialer')),
    runAuth(far, side('listener')),
  ])
  expect(dialer.device).toBe(side('listener').device)
  expect(listener.device).toBe(side('dialer').device)
  expect(await near.receive(10_000)).toBeNull()
})

test('[LK2] a stranger sees the stream end, and no reason', async () => {
  const [near, far] = channelPair()
  const [dialer, listener] = await Promise.allSettled([
    runAuth(near, side('dialer', 2)),
    runAuth(far, side('listener')),
  ])
  expect(listener).toMatchObject({ status: 'rejected', reason: { code: 'auth-no-common-epoch' } })
  expect(dialer).toMatchObject({ status: 'rejected' })
  expect(far.sent).toHaveLength(1)
})

test('[LK3] a side that says nothing is given up after its time', async () => {
  vi.useFakeTimers()
  const [near] = channelPair()
  let outcome: unknown = 'waiting'
  void runAuth(near, side('dialer')).catch((error: unknown) => (outcome = error))
  await vi.advanceTimersByTimeAsync(9_999)
  expect(outcome).toBe('waiting')
  await vi.advanceTimersByTimeAsync(1)
  expect(outcome).toMatchObject({ code: 'peer-silent' })
  expect(near.isAborted).toBe(true)
})

test('[LK4] a side that talks before its turn, or garbage, is cut off', async () => {
  for (const frame of [
    new Uint8Array([1, 2, 3]),
    encode([1, 4, new Uint8Array(16)]),
    new Uint8Array(20_000),
  ]) {
    const [near, far] = channelPair()
    await far.send(frame)
    await expect(runAuth(near, side('dialer'))).rejects.toMatchObject({ code: 'auth-message' })
    expect(near.isAborted).toBe(true)
  }
})
