import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../run.ts'

/** Runs with a folder on the project's own disk: the system's may be in memory, where a flush costs nothing. */
export async function inBenchFolder<T>(task: (folder: string) => Promise<T>): Promise<T> {
  mkdirSync(join(root, 'bench'), { recursive: true })
  const folder = mkdtempSync(join(root, 'bench/data-'))
  try {
    return await task(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
