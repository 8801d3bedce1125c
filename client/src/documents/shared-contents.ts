import { foldShared } from '@clique/crypto'
import type { Entering, HeldShared, RecordId, SharedUpdate } from '@clique/crypto'
import * as Y from 'yjs'
import { clientsOf, nameTouched, placedEmpty, placedWhole } from './record-placing.ts'
import type { RecordContribution } from './shared-document.ts'
import { isSound } from './tried-apart.ts'

/** What a `shared` document holds for those who look at it now. */
export interface SharedContents {
  /** Good until it is closed; what is changed in it is seen by nobody else. */
  readonly doc: Y.Doc
  /** The record that brought what stands under a client id. */
  readonly recordUnder: (client: number) => RecordContribution | undefined
  /** The same update with what it touches named by records, where it has what it brings under `ownClient`. */
  readonly named: (update: Uint8Array) => SharedUpdate
}

export function openContents(held: HeldShared<RecordContribution>): SharedContents {
  let sound = [...held.records].filter(isSound)
  for (;;) {
    const entering = foldShared({ ...held, records: sound })
    const clients = clientsOf(entering.map(({ record }) => record.id))
    const doc = new Y.Doc({ gc: false })
    const broken = entering.find((one) => !enters(doc, one, clients))
    if (broken === undefined) return contentsOf(doc, entering, clients)
    // It was sound apart, and throws or leaves something open among these: it goes, and what builds on it, and the rest stays.
    doc.destroy()
    sound = sound.filter((record) => record !== broken.record)
  }
}

function contentsOf(
  doc: Y.Doc,
  entering: readonly Entering<RecordContribution>[],
  clients: ReadonlyMap<RecordId, number>,
): SharedContents {
  const byClient = new Map(entering.map(({ record }) => [clients.get(record.id), record]))
  const recordUnder = (client: number) => byClient.get(client)
  return {
    doc,
    recordUnder,
    named: (update) =>
      nameTouched(update, (client) => {
        const record = recordUnder(client)
        return record && { device: record.device, sequence: record.sequence, record: record.id }
      }),
  }
}

function enters(
  doc: Y.Doc,
  { record, places }: Entering<RecordContribution>,
  clients: ReadonlyMap<RecordId, number>,
): boolean {
  try {
    Y.applyUpdate(doc, places === null ? placedWhole(record, clients) : placedEmpty(record, clients, places))
  } catch {
    return false
  }
  return doc.store.pendingStructs === null && doc.store.pendingDs === null
}
