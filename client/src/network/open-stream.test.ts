import type { Connection, NewStreamOptions, Stream } from '@libp2p/interface'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openStream } from './open-stream.ts'

type Options = NewStreamOptions | undefined

/** A connection that loses the first streams, as one whose other side never hears of them. */
function losing(lost: number) {
  const signals: (AbortSignal | undefined)[] = []
  const stream = {} as Stream
  const connection: { status: Connection['status']; newStream: Connection['newStream'] } = {
    status: 'open',
    newStream: (_, options: Options) => {
      signals.push(options?.signal)
      if (signals.length > lost) return Promise.resolve(stream)
      return new Promise((_resolve, reject) => {
        options?.signal?.addEventListener('abort', () => reject(new Error('its time is over')))
      })
    },
  }
  return { connection, stream, tries: () => signals.length }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  // The browser's own timer is not one of those that a test can turn on.
  vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
    const controller = new AbortController()
    setTimeout(() => controller.abort(), ms)
    return controller.signal
  })
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

test('[LN10] a stream that is lost over a direct connection is followed by another one', async () => {
  const { connection, stream, tries } = losing(1)
  const opening = openStream(connection, '/clique/test/1', true)
  await vi.advanceTimersByTimeAsync(4_000)
  expect(await opening).toBe(stream)
  expect(tries()).toBe(2)
})

test('[LN10] by one, and by none where the connection is gone or leads through a relay', async () => {
  const silent = losing(5)
  const opening = openStream(silent.connection, '/clique/test/1', true).catch(String)
  await vi.advanceTimersByTimeAsync(14_000)
  expect([await opening, silent.tries()]).toEqual(['Error: its time is over', 2])

  const gone = losing(5)
  const ending = openStream(gone.connection, '/clique/test/1', true).catch(String)
  gone.connection.status = 'closed'
  await vi.advanceTimersByTimeAsync(4_000)
  expect([await ending, gone.tries()]).toEqual(['Error: its time is over', 1])

  const relayed = losing(5)
  const through = openStream(relayed.connection, '/clique/test/1', false).catch(String)
  await vi.advanceTimersByTimeAsync(10_000)
  expect([await through, relayed.tries()]).toEqual(['Error: its time is over', 1])
})
