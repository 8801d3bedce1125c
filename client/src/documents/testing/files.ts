import { chunkCount, toBase64url } from '@clique/crypto'
import { maxFileNameLength } from '../attached-file.ts'
import type { AttachedFile, SealedFile } from '../attached-file.ts'

/** What a message says of a file that nobody has. */
export function describedFile(size: number, changes: Partial<AttachedFile> = {}): AttachedFile {
  return { ...sealed(size), name: 'notes.pdf', type: 'application/pdf', picture: null, ...changes }
}

export function describedPicture(size: number, changes: Partial<AttachedFile> = {}): AttachedFile {
  const picture = { width: 1600, height: 1200, hash: text(25), thumbnail: sealed(9_000) }
  return describedFile(size, { name: 'lake.jpg', type: 'image/jpeg', picture, ...changes })
}

export const longestName = `${'山'.repeat(maxFileNameLength - 4)}.jpg`

function sealed(size: number): SealedFile {
  return { key: text(32), size, chunks: text(32 * chunkCount(size)) }
}

function text(bytes: number): string {
  return toBase64url(new Uint8Array(bytes).fill(7))
}
