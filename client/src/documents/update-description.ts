import { CliqueError, decodeSharedUpdate, maxUpdateSize } from '@clique/crypto'
import type { DescribedRange, DescribedStruct, DescribedUpdate, StructId, StructParent } from '@clique/crypto'
import type { SharedUpdate } from '@clique/crypto'
import * as Y from 'yjs'

/**
 * Decodes a V1 update without applying it. @throws CliqueError `gate-too-large`, `gate-unreadable` (also for bytes
 * behind the update)
 */
export function describeUpdate(update: Uint8Array): DescribedUpdate {
  // Decoding spends memory, so size comes first.
  if (update.length > maxUpdateSize) throw new CliqueError('gate-too-large')
  const { structs, ds } = decodeWhole(update)
  const deletes: DescribedRange[] = []
  for (const [client, ranges] of ds.clients) {
    for (const { clock, len } of ranges) deletes.push({ client, clock, length: len })
  }
  return { size: update.length, structs: structs.map(describeStruct), deletes }
}

/** What a record says: its update, and what of others that touches. */
export interface DescribedPayload extends SharedUpdate {
  readonly described: DescribedUpdate
}

/** That of a record in a `log` document, which is an update, or in a `shared` one. @throws CliqueError */
export function describePayload(payload: Uint8Array, isShared: boolean): DescribedPayload {
  const said = isShared ? decodeSharedUpdate(payload) : { builtOn: [], update: payload }
  return { ...said, described: describeUpdate(said.update) }
}

type Rest = ConstructorParameters<typeof Y.UpdateDecoderV1>[0]

function decodeWhole(update: Uint8Array): ReturnType<typeof Y.decodeUpdateV2> {
  const rests: Rest[] = []
  class WatchedDecoder extends Y.UpdateDecoderV1 {
    constructor(rest: Rest) {
      super(rest)
      rests.push(rest)
    }
  }
  let decoded: ReturnType<typeof Y.decodeUpdateV2>
  try {
    decoded = Y.decodeUpdateV2(update, WatchedDecoder)
  } catch {
    throw new CliqueError('gate-unreadable')
  }
  // Yjs stops where it has what it needs; what lies behind would travel for ever unseen.
  if (rests[0]?.pos !== update.length) throw new CliqueError('gate-unreadable')
  return decoded
}

function describeStruct(struct: Y.Item | Y.GC | Y.Skip): DescribedStruct {
  const base = { id: idOf(struct.id), length: struct.length }
  if (!(struct instanceof Y.Item)) {
    const kind = struct instanceof Y.GC ? 'gc' : 'skip'
    const nowhere = { origin: null, rightOrigin: null, parent: null }
    return { ...base, ...nowhere, kind, isSubdocument: false, isEntry: false, depth: 0 }
  }
  return {
    ...base,
    kind: 'item',
    origin: struct.origin === null ? null : idOf(struct.origin),
    rightOrigin: struct.rightOrigin === null ? null : idOf(struct.rightOrigin),
    parent: describeParent(struct.parent),
    isSubdocument: struct.content instanceof Y.ContentDoc,
    isEntry: struct.content instanceof Y.ContentAny && struct.parentSub === null,
    depth: depthOf(valueOf(struct.content)),
  }
}

function idOf({ client, clock }: StructId): StructId {
  return { client, clock }
}

/** Before it is applied, an item names its parent by the root's name or by an id. */
function describeParent(parent: unknown): StructParent {
  if (typeof parent === 'string') return { root: parent }
  return parent instanceof Y.ID ? { item: idOf(parent) } : null
}

function valueOf(content: Y.Item['content']): unknown {
  if (content instanceof Y.ContentAny || content instanceof Y.ContentJSON) return content.arr
  if (content instanceof Y.ContentEmbed) return [content.embed]
  return content instanceof Y.ContentFormat ? [content.value] : null
}

/** Arrays and objects inside one another; the list that a struct's values come in is not counted. */
function depthOf(values: unknown): number {
  if (!Array.isArray(values)) return 0
  let depth = 0
  let level: unknown[] = values
  // Level by level and not by recursion: depth is what somebody else chose.
  for (;;) {
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null && !(value instanceof Uint8Array)
        ? [Object.values(value)]
        : [],
    )
    if (level.length === 0) return depth
    depth++
    level = level.flat()
  }
}
