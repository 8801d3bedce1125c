import { ownClient } from '@clique/crypto'
import type { DescribedStruct, RecordDependency, RecordId, SharedUpdate } from '@clique/crypto'
import * as Y from 'yjs'
import type { RecordContribution } from './shared-document.ts'

/** What a record says, and its id. */
export type PlacedRecord = Pick<RecordContribution, 'id' | 'builtOn' | 'update'>

/**
 * The client id under which each of these records stands in a document: its place among them by its whole id, from 1 on.
 * Yjs looks at nothing but which of two is the higher, so whatever else enters leaves those in order that are there ([CID4]).
 */
export function clientsOf(ids: Iterable<RecordId>): ReadonlyMap<RecordId, number> {
  return new Map([...new Set(ids)].toSorted().map((id, i) => [id, i + 1]))
}

/**
 * The update of a record as its document takes it in: what it brings, and what it touches of others, stands under the client
 * ids that `clients` gives these records. `deletesOf`: of whom it deletes something, by the client ids that it names them by.
 */
export function placedWhole(
  record: PlacedRecord,
  clients: ReadonlyMap<RecordId, number>,
  deletesOf: (client: number) => boolean = () => true,
): Uint8Array {
  return moved(record.update, placing(record, clients), deletesOf)
}

/** The same, and nothing of others is deleted. */
export function placedAlone(record: PlacedRecord, clients: ReadonlyMap<RecordId, number>): Uint8Array {
  return placedWhole(record, clients, (client) => client === ownClient)
}

/** An update of equal length with nothing in it, which deletes nothing of others; some of its structs keep their places. */
export function placedEmpty(
  record: RecordContribution,
  clients: ReadonlyMap<RecordId, number>,
  places: ReadonlySet<DescribedStruct>,
): Uint8Array {
  const move = placing(record, clients)
  const emptied = Y.decodeUpdate(record.update).structs.map((struct, i) => {
    const place = record.described.structs[i]
    return struct instanceof Y.Item && place !== undefined && places.has(place)
      ? movedItem(struct, move, new Y.ContentDeleted(struct.length))
      : new Y.GC(moveId(struct.id, move), struct.length)
  })
  return encodeStructs(move(ownClient), emptied, [])
}

/** What an edit of a document says, where its records stand under these client ids: it names those that it touches. */
export function nameTouched(
  edit: Uint8Array,
  recordUnder: (client: number) => RecordDependency | undefined,
): SharedUpdate {
  const touched = new Map<number, RecordDependency>()
  const note = (client: number) => {
    const record = client === ownClient ? undefined : recordUnder(client)
    if (record !== undefined) touched.set(client, record)
    return client
  }
  moved(edit, note, () => true)
  // Ascending by client id is ascending by record.
  const clients = [...touched].toSorted(([a], [b]) => a - b)
  const named = new Map(clients.map(([client], i) => [client, i + 1]))
  const update = moved(
    edit,
    (client) => (client === ownClient ? client : must(named.get(client))),
    () => true,
  )
  return { builtOn: clients.map(([, record]) => record), update }
}

/** An update of these structs, which are of one client, ascending and without holes. */
export function encodeStructs(
  client: number,
  structs: readonly (Y.Item | Y.GC)[],
  deletes: readonly (readonly [number, readonly { readonly clock: number; readonly len: number }[]])[],
): Uint8Array {
  const encoder = new Y.UpdateEncoderV1()
  encoder.writeLen(structs.length > 0 ? 1 : 0)
  if (structs.length > 0) {
    encoder.writeLen(structs.length)
    encoder.writeClient(client)
    encoder.writeLen(structs[0]?.id.clock ?? 0)
    for (const struct of structs) struct.write(encoder, 0)
  }
  encoder.writeLen(deletes.length)
  for (const [of, ranges] of deletes) {
    encoder.resetDsCurVal()
    encoder.writeClient(of)
    encoder.writeLen(ranges.length)
    for (const { clock, len } of ranges) {
      encoder.writeDsClock(clock)
      encoder.writeDsLen(len)
    }
  }
  return encoder.toUint8Array()
}

/** The client id that takes the place of another. */
type Move = (client: number) => number

function placing(
  { id, builtOn }: Pick<PlacedRecord, 'id' | 'builtOn'>,
  clients: ReadonlyMap<RecordId, number>,
): Move {
  return (client) => {
    const record = client === ownClient ? id : builtOn[client - 1]?.record
    return must(record === undefined ? undefined : clients.get(record))
  }
}

function must(client: number | undefined): number {
  if (client === undefined) throw new Error('a record that is not there')
  return client
}

/** What it brings is under `ownClient`. */
function moved(update: Uint8Array, move: Move, deletesOf: (client: number) => boolean): Uint8Array {
  const { structs, ds } = Y.decodeUpdate(update)
  const all = structs.map((struct) =>
    struct instanceof Y.Item
      ? movedItem(struct, move, struct.content)
      : new Y.GC(moveId(struct.id, move), struct.length),
  )
  const deletes = [...ds.clients]
    .filter(([client]) => deletesOf(client))
    .map(([client, ranges]) => [move(client), ranges] as const)
  return encodeStructs(move(ownClient), all, deletes)
}

function moveId(id: Y.ID, move: Move): Y.ID {
  return Y.createID(move(id.client), id.clock)
}

function movedItem(item: Y.Item, move: Move, content: Y.Item['content']): Y.Item {
  const { id, origin, rightOrigin, parent, parentSub } = item
  return new Y.Item(
    moveId(id, move),
    null,
    origin === null ? null : moveId(origin, move),
    null,
    rightOrigin === null ? null : moveId(rightOrigin, move),
    parent instanceof Y.ID ? moveId(parent, move) : parent,
    parentSub,
    content,
  )
}
