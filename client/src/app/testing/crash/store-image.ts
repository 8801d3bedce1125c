import { CliqueDatabase } from '../../../storage/database.ts'
import { packFolder } from '../../../storage/pack-folder.ts'
import type { Store } from '../../../storage/store.ts'

/** All that a profile keeps, so that every walk of a path begins with the same. */
export interface StoreImage {
  readonly rows: ReadonlyMap<string, readonly unknown[]>
  readonly files: readonly { readonly name: string; readonly bytes: ArrayBuffer }[]
}

export async function imageOf(store: Store): Promise<StoreImage> {
  const rows = new Map<string, readonly unknown[]>()
  for (const table of store.db.tables) rows.set(table.name, await table.toArray())
  const files: { name: string; bytes: ArrayBuffer }[] = []
  const folder = await filesOf(store.name)
  for await (const name of folder.keys()) {
    const file = await (await folder.getFileHandle(name)).getFile()
    files.push({ name, bytes: await file.arrayBuffer() })
  }
  return { rows, files }
}

/** Keys of the vault and of signatures go along: they cannot be read, and can be kept twice. */
export async function layOut({ rows, files }: StoreImage, name: string): Promise<void> {
  const db = new CliqueDatabase(name)
  try {
    await db.transaction('rw', db.tables, async () => {
      for (const [table, all] of rows) if (all.length > 0) await db.table(table).bulkAdd(all)
    })
  } finally {
    db.close()
  }
  if (files.length === 0) return
  const folder = await filesOf(name)
  for (const file of files) {
    const stream = await (await folder.getFileHandle(file.name, { create: true })).createWritable()
    await stream.write(file.bytes)
    await stream.close()
  }
}

async function filesOf(name: string): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory()
  return root.getDirectoryHandle(packFolder(name), { create: true })
}
