import { bytesToId, labels, ownClient, sha256 } from '@clique/crypto'
import type { HeldShared, SharedUpdate } from '@clique/crypto'
import type * as Y from 'yjs'
import { encodeStructs } from '../record-placing.ts'
import { openContents } from '../shared-contents.ts'
import type { SharedContents } from '../shared-contents.ts'
import { SharedDocument } from '../shared-document.ts'
import type { RecordContribution } from '../shared-document.ts'
import { titleName } from '../title-name.ts'
import { encodeName } from '../title-update.ts'
import type { SaidName } from '../title-update.ts'
import { describeUpdate } from '../update-description.ts'
import { deviceNumber, testSpace } from './writers.ts'

export const everything = (): boolean => true

/** As if everybody had one device. */
export function heldBy(
  records: readonly RecordContribution[],
  counts: (record: RecordContribution) => boolean = everything,
): HeldShared<RecordContribution> {
  return { records, counts, memberOf: (device) => device }
}

export function emptyShared(): SharedDocument {
  return new SharedDocument(testSpace, titleName('talk/'))
}

/** What somebody holds of a shared document. */
export interface HeldRecords {
  readonly records: readonly RecordContribution[]
  apply(record: RecordContribution): unknown
}

/** What a record says that changes a document, whatever it is of. Once. */
export function edits({ doc, named }: SharedContents, change: (doc: Y.Doc) => void): SharedUpdate {
  doc.clientID = ownClient
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  doc.transact(() => change(doc))
  return named(updates[0] ?? encodeStructs(ownClient, [], []))
}

/** What a device writes that holds `held`, as others would receive it. `branch`: of its chain. */
export function writeShared(
  held: HeldRecords,
  device: number,
  sequence: number,
  change: (doc: Y.Doc) => void,
  branch = 0,
): RecordContribution {
  return contribute(held, { device, sequence, branch }, (contents) => edits(contents, change))
}

/** The same of a name. */
export function writeName(
  held: HeldRecords,
  device: number,
  sequence: number,
  name: SaidName,
): RecordContribution {
  return contribute(held, { device, sequence, branch: 0 }, (contents) => encodeName(contents, name))
}

function contribute(
  held: HeldRecords,
  {
    device,
    sequence,
    branch,
  }: { readonly device: number; readonly sequence: number; readonly branch: number },
  say: (contents: SharedContents) => SharedUpdate,
): RecordContribution {
  const contents = openContents(heldBy(held.records))
  const said = say(contents)
  contents.doc.destroy()
  // As if everybody had ground theirs: all ids begin alike.
  const id = new Uint8Array(32)
  id.set(sha256(labels.recordId, Uint8Array.of(device, branch, sequence)).subarray(8), 8)
  const contribution = {
    device: deviceNumber(device),
    sequence,
    id: bytesToId('record', id),
    receivedAt: 0,
    ...said,
    described: describeUpdate(said.update),
  }
  held.apply(contribution)
  return contribution
}
