import { expect, test } from 'vitest'
import { toFrame } from '@clique/relay/protocol'
import { frameChannel } from './frame-channel.ts'
import { TestStream } from './testing/test-stream.ts'

const limits = { maxFrame: 100, maxHeld: 150, drainMs: 20 }

test('[FC1] frames come out whole, then null when the other side is done', async () => {
  const stream = new TestStream()
  const channel = frameChannel(stream, limits)
  const bytes = toFrame(new Uint8Array(50).fill(7))
  stream.arrives(bytes.slice(0, 3))
  stream.arrives(bytes.slice(3))
  stream.end()
  expect(await channel.receive()).toEqual(new Uint8Array(50).fill(7))
  expect(await channel.receive()).toBeNull()
})

test('[FC2] an oversize frame aborts the stream before it is taken in', async () => {
  const stream = new TestStream()
  const channel = frameChannel(stream, limits)
  stream.arrives(new Uint8Array([0, 0, 0, 101]))
  await expect(channel.receive()).rejects.toMatchObject({ code: 'frame-too-large' })
  expect(stream.aborted).not.toBeNull()
})

test('[FC3] a stream that ends inside a frame is told from one that is done', async () => {
  const stream = new TestStream()
  const channel = frameChannel(stream, limits)
  stream.arrives(new Uint8Array([0, 0, 0, 9, 1]))
  stream.end()
  await expect(channel.receive()).rejects.toMatchObject({ code: 'frame-cut' })
})

test('[FC4] a sender that is faster than its reader is paused, and goes on when there is room', async () => {
  const stream = new TestStream()
  const channel = frameChannel(stream, limits)
  for (let i = 0; i < 3; i++) stream.arrives(toFrame(new Uint8Array(80)))
  expect(stream.readStatus).toBe('paused')
  await channel.receive()
  await channel.receive()
  await channel.receive()
  expect(stream.readStatus).toBe('readable')
})

test('[FC5] a reader that stalls is given up after its time', async () => {
  const stream = new TestStream()
  const channel = frameChannel(stream, limits)
  stream.isFull = true
  let outcome: unknown = 'waiting'
  void channel.send(new Uint8Array(10)).catch((error: unknown) => (outcome = error))
  await expect.poll(() => outcome, { timeout: 10_000 }).toMatchObject({ code: 'peer-silent' })
  expect(stream.aborted).not.toBeNull()
})

test('[FC6] a wait for a frame ends after its time', async () => {
  const channel = frameChannel(new TestStream(), limits)
  await expect(channel.receive(10)).rejects.toMatchObject({ code: 'peer-silent' })
})
