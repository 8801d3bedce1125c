import { armStops, stopAround } from './stops.ts'
import type { Told } from './stops.ts'

/** The worker that writes files, made to stop: its name says where. */
const { channel, stopAt } = JSON.parse((globalThis as unknown as { name: string }).name) as {
  channel: string
  stopAt: number | null
}
const stage = new BroadcastChannel(channel)
// As in crash-worker.ts: this worker is ended after the one that started it.
void navigator.locks.request(`${channel}-writer`, () => new Promise(() => undefined))

type Calls = Record<'write' | 'flush' | 'close', (...args: never[]) => unknown>
// What the types of pages do not know of.
const { FileSystemSyncAccessHandle: handle } = globalThis as unknown as {
  FileSystemSyncAccessHandle: { prototype: Calls }
}
for (const name of ['write', 'flush', 'close'] as const) stopAround(handle.prototype, name)

armStops(stopAt, (told: Told) => stage.postMessage(told))
await import('../../../storage/chunk-writer-worker.ts')
