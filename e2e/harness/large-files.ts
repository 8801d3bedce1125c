import { createHash, randomBytes } from 'node:crypto'
import { closeSync, createReadStream, openSync, writeSync } from 'node:fs'

/** A file of noise on the disk: as an argument it would have to go through the line to the browser. Gives its path. */
export function writeNoise(path: string, mebibytes: number): string {
  const file = openSync(path, 'w')
  for (let i = 0; i < mebibytes; i++) writeSync(file, randomBytes(1024 * 1024))
  closeSync(file)
  return path
}

export async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const bytes of createReadStream(path)) hash.update(bytes as Buffer)
  return hash.digest('hex')
}
