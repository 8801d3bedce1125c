import { expect, test } from 'vitest'
import { toFrame } from '@clique/relay/protocol'
import { frameChannel } from '../network/frame-channel.ts'
import { TestStream } from '../network/testing/test-stream.ts'
import { ChunkAsker } from './chunk-asker.ts'
import { answerToBytes, chunkChannelLimits } from './chunk-messages.ts'
import { sampleChunk } from './testing/memory-chunks.ts'

const soon = { timeout: 30_000 }

test('[CH6] a device that stalls in the middle of a chunk is silent, and asked again over a stream of its own', async () => {
  const streams: TestStream[] = []
  const asker = new ChunkAsker(() => {
    const stream = new TestStream()
    streams.push(stream)
    return Promise.resolve(frameChannel(stream, chunkChannelLimits))
  }, 50)
  const { id, bytes } = sampleChunk(1, 256 * 1024)
  const answer = toFrame(answerToBytes({ kind: 'chunk', bytes }))

  let outcome: unknown = 'waiting'
  void asker.get(id).catch((error: unknown) => (outcome = error))
  await expect.poll(() => streams[0]?.sent.length, soon).toBe(1)
  streams[0]?.arrives(answer.slice(0, answer.length / 2))
  await expect.poll(() => outcome, soon).toMatchObject({ code: 'peer-silent' })
  await expect.poll(() => streams[0]?.aborted, soon).not.toBeNull()

  // What comes of the rest after all belongs to nothing.
  streams[0]?.arrives(answer.slice(answer.length / 2))
  const again = asker.get(id)
  await expect.poll(() => streams[1]?.sent.length, soon).toBe(1)
  streams[1]?.arrives(answer.slice(0, 1000))
  streams[1]?.arrives(answer.slice(1000))
  expect(await again).toEqual(bytes)
  asker.close()
})

test('[CH7] a device that says it holds what it was not asked about speaks garbage', async () => {
  const [asked, other] = [sampleChunk(1, 100).id, sampleChunk(2, 100).id]
  for (const chunks of [[other], [asked, other]]) {
    const stream = new TestStream()
    const asker = new ChunkAsker(() => Promise.resolve(frameChannel(stream, chunkChannelLimits)))
    const answer = asker.have([asked])
    stream.arrives(toFrame(answerToBytes({ kind: 'held', chunks })))
    await expect(answer).rejects.toMatchObject({ code: 'sync-message' })
    await expect.poll(() => stream.aborted, soon).not.toBeNull()
  }
})
