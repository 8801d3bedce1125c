import { toBase64url } from '../../bytes.ts'
import { CliqueError } from '../../errors.ts'
import type { RosterGraph } from '../../roster/graph.ts'
import { decodeEnvelope, encodeEnvelope } from '../../roster/operation-codec.ts'
import { operationTypes } from '../../roster/operation.ts'
import { verifyOperation } from '../../roster/sign-operation.ts'
import { makeClique } from './cast.ts'
import { inSpaces } from './in-spaces.ts'
import { judged } from './judged.ts'
import { malformed } from './malformed.ts'

/** One operation that everybody refuses who knows the log before it. */
export interface RefusedCase {
  readonly name: string
  /** Base64url of the envelope. */
  readonly operation: string
  readonly code: string
}

export interface RefusedFile {
  readonly format: string
  readonly clique: string
  /** Base64url of the envelopes of a log, each after what it builds on; all of them are accepted. */
  readonly log: readonly string[]
  readonly refused: readonly RefusedCase[]
}

/** What becomes of an envelope, as a device would decide it that knows the log: decoded, verified, placed. */
export async function verdictOfEnvelope(graph: RosterGraph, envelope: Uint8Array): Promise<string> {
  try {
    const operation = decodeEnvelope(envelope)
    await verifyOperation(operation)
    const placement = graph.place(operation)
    return placement.kind === 'refused' ? placement.code : placement.kind
  } catch (error) {
    if (error instanceof CliqueError) return error.code
    throw error
  }
}

/** Makes the cases anew: keys and operations come from the seed, wraps do not. */
export async function makeRefusedFile(seed: number): Promise<RefusedFile> {
  const cast = await makeClique(seed)
  const { anna } = cast
  const { graph, operations, clique } = anna.log
  const refused: RefusedCase[] = []
  const names = new Set<string>()
  const add = async (name: string, envelope: Uint8Array): Promise<void> => {
    const code = await verdictOfEnvelope(graph, envelope)
    if (['placed', 'known', 'missing'].includes(code)) throw new Error(`${name} is not refused: ${code}`)
    if (names.has(name)) throw new Error(`two cases are called ${name}`)
    names.add(name)
    refused.push({ name, operation: toBase64url(envelope), code })
  }
  for (const [name, work] of [...judged(cast), ...inSpaces(cast)]) await add(name, await work())
  for (const type of operationTypes) {
    for (const [name, envelope] of await malformed(type, cast)) await add(name, envelope)
  }
  return {
    format: 'clique roster operations, refused, 1',
    clique,
    log: [...operations.values()].map((operation) => toBase64url(encodeEnvelope(operation))),
    refused,
  }
}
