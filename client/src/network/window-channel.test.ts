import { describe, expect, test } from 'vitest'
import { equal } from '@clique/crypto'
import { channelPair } from './testing/channel-pair.ts'
import type { TestChannel } from './testing/channel-pair.ts'
import { windowChannel } from './window-channel.ts'
import type { WindowChannel } from './window-channel.ts'

const MiB = 1024 * 1024
const soon = { timeout: 30_000 }

function pair(): { inner: [TestChannel, TestChannel]; near: WindowChannel; far: WindowChannel } {
  const inner = channelPair()
  return { inner, near: windowChannel(inner[0]), far: windowChannel(inner[1]) }
}

function grant(bytes: number): Uint8Array {
  const frame = new Uint8Array(5)
  frame[0] = 1
  new DataView(frame.buffer).setUint32(1, bytes)
  return frame
}

describe('a channel with a window', () => {
  test('[WC1] passes frames in order, the largest and the empty ones too', async () => {
    const { near, far } = pair()
    const frames = [0, 1, 2 * MiB, 0, 3 * MiB, 7].map((size, i) => new Uint8Array(size).fill(i))
    const sent = Promise.all(frames.map((frame) => near.send(frame)))
    for (const frame of frames) {
      const got = await far.receive()
      expect(got !== null && equal(got, frame)).toBe(true)
    }
    await sent
    await near.close()
    expect(await far.receive()).toBeNull()
  })

  test('[WC2] sends no more than the other side takes, and goes on when it reads', async () => {
    const { inner, near, far } = pair()
    const count = 100
    const sent: number[] = []
    for (let i = 0; i < count; i++) {
      void near.send(new Uint8Array(64 * 1024).fill(i)).then(() => sent.push(i))
    }
    await expect.poll(() => sent.length, soon).toBe(32)
    expect(inner[0].sent.length).toBe(1 + 32)
    for (let i = 0; i < count; i++) expect((await far.receive())?.[0]).toBe(i)
    await expect.poll(() => sent.length, soon).toBe(count)
  })

  test('[WC3] is ready when the other side reads, and silent when nobody does', async () => {
    const { near } = pair()
    await near.ready(5_000)
    const [alone, nobody] = channelPair()
    await expect(windowChannel(alone).ready(1)).rejects.toMatchObject({ code: 'peer-silent' })
    nobody.abort()
    await expect(windowChannel(alone).ready(5_000)).rejects.toMatchObject({ code: 'peer-silent' })
  })

  test.each([
    ['large frames', Array.from({ length: 3 }, () => new Uint8Array(MiB)), 'frame-too-large'],
    ['empty frames', Array.from({ length: 4_000 }, () => Uint8Array.of(0)), 'frame-too-large'],
    ['a window without end', [grant(2 ** 32 - 1)], 'frame-too-large'],
    ['windows that add up', [grant(60 * MiB), grant(60 * MiB)], 'frame-too-large'],
    ['nothing', [new Uint8Array(0)], 'frame-cut'],
    ['an unknown tag', [Uint8Array.of(2)], 'frame-cut'],
    ['half a number', [Uint8Array.of(1, 0, 0)], 'frame-cut'],
  ] as const)(
    '[WC4] ends with whoever sends more than was taken, or garbage: %s',
    async (_, frames, code) => {
      const [inner, bad] = channelPair()
      const near = windowChannel(inner)
      for (const frame of frames) await bad.send(frame).catch(() => undefined)
      const drained = async (): Promise<void> => {
        while ((await near.receive()) !== null);
      }
      // Whoever does not read is the one to be protected, so nothing is read before all has come.
      await expect.poll(() => inner.isAborted, soon).toBe(true)
      await expect(drained()).rejects.toMatchObject({ code })
      await expect(near.send(Uint8Array.of(1))).rejects.toMatchObject({ code })
    },
  )

  test('[WC5] that is cut off lets nobody wait', async () => {
    const { near, far } = pair()
    const waiting = [near.receive(), far.receive()]
    const stuck = Array.from({ length: 40 }, () => near.send(new Uint8Array(MiB)))
    near.abort()
    expect(await waiting[0]).toBeNull()
    const outcomes = await Promise.allSettled(stuck)
    expect(outcomes.at(-1)).toMatchObject({ status: 'rejected', reason: { code: 'peer-silent' } })
  })
})
