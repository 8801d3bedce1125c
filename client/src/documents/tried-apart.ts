import { ownClient, referencesOf } from '@clique/crypto'
import type { RecordId } from '@clique/crypto'
import * as Y from 'yjs'
import { clientsOf, encodeStructs, placedAlone } from './record-placing.ts'
import type { RecordContribution } from './shared-document.ts'

/** Until it is taken in, Yjs has a root by its name, which its types do not say. */
const root = 'stand-ins' as unknown as Y.ID

/** A record never changes, and what comes of it apart follows from it alone. */
const tried = new WeakMap<RecordContribution, boolean>()

/**
 * Whether Yjs takes in what a record brings where it finds, in place of what that stands or hangs on, something of which all is
 * true that has to be ([GATE13]). Everybody says the same of a record, whatever else has come, and once is enough.
 */
export function isSound(record: RecordContribution): boolean {
  const known = tried.get(record)
  if (known !== undefined) return known
  const sound = tryApart(record)
  tried.set(record, sound)
  return sound
}

function tryApart(record: RecordContribution): boolean {
  const doc = new Y.Doc({ gc: false })
  try {
    const clients = clientsOf([record.id, ...record.builtOn.map((one) => one.record)])
    for (const update of standInsFor(record, clients)) Y.applyUpdate(doc, update)
    Y.applyUpdate(doc, placedAlone(record, clients))
    return doc.store.pendingStructs === null && doc.store.pendingDs === null
  } catch {
    return false
  } finally {
    doc.destroy()
  }
}

/** At each clock of others that is named, something that can stand before, after and around whatever there is. */
function standInsFor(
  { builtOn, described: { structs } }: RecordContribution,
  clients: ReadonlyMap<RecordId, number>,
): Uint8Array[] {
  const references = structs.flatMap(referencesOf)
  return builtOn.map(({ record }, i) => {
    const client = clients.get(record) ?? ownClient
    const named = references.filter((one) => one.client === i + 1).map((one) => one.clock)
    const standIns: (Y.Item | Y.GC)[] = []
    let end = 0
    for (const clock of [...new Set(named)].toSorted((a, b) => a - b)) {
      if (clock > end) standIns.push(new Y.GC(Y.createID(client, end), clock - end))
      const content = new Y.ContentType(new Y.Map())
      standIns.push(new Y.Item(Y.createID(client, clock), null, null, null, null, root, null, content))
      end = clock + 1
    }
    return encodeStructs(client, standIns, [])
  })
}
