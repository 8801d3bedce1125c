import { bytesToId, makeSessionId, makeSpaceId } from '@clique/crypto'
import type { DeviceId, SessionId } from '@clique/crypto'
import { Chapter } from '../chapter.ts'
import { firstChapter } from '../chapter-name.ts'
import { admit } from '../gate.ts'
import type { Candidate } from '../gate.ts'

const fixed = (seed: number) => (n: number) => new Uint8Array(n).fill(seed)

export const testSpace = makeSpaceId(fixed(1))

export function deviceNumber(n: number): DeviceId {
  return bytesToId('device', fixed(n + 10)(32))
}

export function sessionNumber(n: number): SessionId {
  return makeSessionId(fixed(n + 50))
}

export function emptyChapter(): Chapter {
  return new Chapter(testSpace, firstChapter)
}

/** Writes a value as a device would, and returns it as others would receive it. */
export function write(
  chapter: Chapter,
  device: number,
  session: number,
  sequence: number,
  value: unknown,
): Candidate {
  const writer = { device: deviceNumber(device), session: sessionNumber(session) }
  const payload = chapter.append(writer, value)
  const candidate = { ...writer, sequence, receivedAt: sequence, payload }
  const admission = admit(chapter, candidate)
  if (admission.verdict === 'refuse') throw new Error(admission.code)
  return candidate
}
