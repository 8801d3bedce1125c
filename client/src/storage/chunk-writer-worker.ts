import type { FromWriter, ToWriter } from './chunk-writer-messages.ts'

/**
 * Writes files and flushes them: only a worker is given a handle that can, in every browser that has a file system. A
 * stream in the page would not say when the bytes are on the disk.
 */
interface Scope {
  postMessage(message: FromWriter): void
  onmessage: ((event: MessageEvent<ToWriter>) => void) | null
}
const scope = globalThis as unknown as Scope

/** What the types of pages do not know of. */
interface SyncHandle {
  write(bytes: Uint8Array, options: { at: number }): number
  flush(): void
  getSize(): number
  close(): void
}
type WritableHandle = FileSystemFileHandle & { createSyncAccessHandle?(): Promise<SyncHandle> }

let last: Promise<void> = Promise.resolve()
scope.onmessage = ({ data }) => {
  last = last.then(() => answer(data))
}

async function answer({ request, folder, name, parts }: ToWriter): Promise<void> {
  scope.postMessage({ request, fault: await write(folder, name, parts) })
}

async function write(
  folder: string,
  name: string,
  parts: readonly Uint8Array[],
): Promise<FromWriter['fault']> {
  let files: FileSystemDirectoryHandle | undefined
  try {
    const root = await navigator.storage.getDirectory()
    files = await root.getDirectoryHandle(folder, { create: true })
    const file: WritableHandle = await files.getFileHandle(name, { create: true })
    const handle = await file.createSyncAccessHandle?.()
    if (handle === undefined) return await give('unfit', files, name)
    try {
      let at = 0
      for (const part of parts) {
        if (handle.write(part, { at }) < part.length) return await give('storage-full', files, name, handle)
        at += part.length
      }
      handle.flush()
      // Where the browser's grant ends, Chromium may cut a file and say that all was written.
      if (handle.getSize() !== at) return await give('storage-full', files, name, handle)
    } finally {
      handle.close()
    }
    return null
  } catch (error) {
    return give(isQuota(error) ? 'storage-full' : 'storage-failed', files, name)
  }
}

/** Nothing is left of a file that was not finished. */
async function give(
  fault: NonNullable<FromWriter['fault']>,
  files: FileSystemDirectoryHandle | undefined,
  name: string,
  handle?: SyncHandle,
): Promise<FromWriter['fault']> {
  handle?.close()
  // Without a row it is nobody's, and is removed at the next start if it cannot be now.
  await files?.removeEntry(name).catch(() => undefined)
  return fault
}

function isQuota(error: unknown): boolean {
  return error instanceof Error && error.name === 'QuotaExceededError'
}
