import { decodeSharedUpdate, encodeSharedUpdate } from '../../../crypto/src/shared-update.ts'
import type { RecordDependency } from '../../../crypto/src/record.ts'
import { admit } from '../../../client/src/documents/gate.ts'
import { openContents } from '../../../client/src/documents/shared-contents.ts'
import type { RecordContribution } from '../../../client/src/documents/shared-document.ts'
import { emptyShared, heldBy, writeName } from '../../../client/src/documents/testing/shared-writers.ts'
import { deviceNumber, sessionNumber } from '../../../client/src/documents/testing/writers.ts'
import type { Target } from './target.ts'

/** What records of a document that many write say: names of a conversation. */
export function nameTargets(): Target[] {
  const held = emptyShared()
  const hidden = writeName(held, 1, 1, { title: 'Plans', isCarried: false })
  const shown = writeName(held, 2, 1, { title: 'Trip', isCarried: true })
  const before = held.records
  const last = writeName(held, 3, 1, { title: 'Walk', isCarried: false })
  const records = held.records

  /** It is judged as it came, then takes its place among those that it may build on, of which one is hidden. */
  function takeIn(payload: Uint8Array): void {
    const [device, sequence, receivedAt] = [deviceNumber(4), 1, 1]
    const candidate = { device, session: sessionNumber(4), sequence, receivedAt, payload }
    const admission = admit(emptyShared(), candidate)
    if (admission.verdict === 'refuse') return
    const contribution: RecordContribution = { ...admission.contribution, id: last.id }
    const { doc } = openContents(heldBy([...before, contribution], (record) => record !== hidden))
    doc.destroy()
  }

  const named = [hidden, shown]
    .map(({ device, sequence, id }): RecordDependency => ({ device, sequence, record: id }))
    .toSorted((a, b) => (a.record < b.record ? -1 : 1))
  return [
    {
      name: 'name',
      shape: 'cbor',
      seeds: records.map(encodeSharedUpdate),
      read(input) {
        const again = encodeSharedUpdate(decodeSharedUpdate(input))
        takeIn(input)
        return again
      },
    },
    {
      name: 'name-update',
      shape: 'bytes',
      seeds: records.map(({ update }) => update),
      read(input) {
        for (const builtOn of [[], named.slice(0, 1), named.slice(1), named]) {
          takeIn(encodeSharedUpdate({ builtOn, update: input }))
        }
        return null
      },
    },
  ]
}
