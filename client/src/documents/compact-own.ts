import { carriedBy, carryRecords, compactionKind, headsFor, maxCarried } from '@clique/crypto'
import type { DeviceId, KeyId } from '@clique/crypto'
import type { RecordRow } from '../storage/record-rows.ts'
import { readChainBack } from '../storage/records.ts'
import { readUnrelayedSequences } from '../storage/unsent.ts'
import { updateKind } from './gate.ts'
import { acknowledged, nextBody, sealBody } from './journal.ts'
import type { WriteContext } from './journal.ts'
import type { SpaceDocuments } from './space-documents.ts'
import { isTitle } from './title-name.ts'

/** Fewer would hardly be worth a record that all who hold them are sent as well. */
export const leastCarried = 64
/** Bytes, sealed: what is larger is nearly all content, of which nothing is saved. */
const largestCarried = 4 * 1024
/** Milliseconds without a word of one's own, so that nobody who is writing waits for it. */
const quietMs = 10 * 60_000

/**
 * Rows at the end of a device's chain that one record can carry, the last first; null while that may change by waiting.
 * Only what lies at a relay is carried: until then the screen says of each that it waits to be sent.
 */
export async function rowsToCarry(
  documents: SpaceDocuments,
  device: DeviceId,
  key: KeyId,
  now: number,
): Promise<readonly RecordRow[] | null> {
  const { context, place, heads, forks } = documents
  const head = heads.get(device)
  if (head === undefined || head.keyId !== key || forks.has(device)) return []
  const rows = await readChainBack(context.store, place, device, head.sequence + 1, maxCarried)
  const unsent = await readUnrelayedSequences(context.store, place, device)
  const [last] = rows
  if (last === undefined) return []
  if (unsent.has(last.sequence) || now - last.receivedAt < quietMs) return null
  const end = rows.findIndex(
    ({ sequence, keyId, document, bytes, first }, i) =>
      sequence !== last.sequence - i ||
      keyId !== key ||
      document !== last.document ||
      isTitle(document) ||
      bytes.length > largestCarried ||
      first !== undefined ||
      unsent.has(sequence),
  )
  return end < 0 ? rows : rows.slice(0, end)
}

/**
 * Writes a record that carries this device's last ones, which need no rows any more then. The caller holds the clique's lock
 * and has caught up. Nothing is written where there are too few. @throws CliqueError `storage-full`, `storage-failed`
 */
export async function compactOwn(context: WriteContext): Promise<void> {
  const { documents, me, log, key, now } = context
  const rows = (await rowsToCarry(documents, me.id, key.keyId, now)) ?? []
  const bodies = rows.map((row) => documents.open(row).claims).toReversed()
  const [first] = bodies
  if (first === undefined || bodies.length < leastCarried) return
  if (bodies.some(({ kind }) => kind !== updateKind)) return
  const { document } = first
  const heads = headsFor(log, me.id)
  const own = { document, heads, dependencies: await acknowledged(context, heads) }
  const body = nextBody(context, { ...own, kind: compactionKind, payload: carryRecords(bodies) })
  // What others would refuse must never be signed.
  carriedBy(body)
  const record = await sealBody(context, body)
  const row = { ...record, first: first.sequence, replaces: true as const }
  await documents.append([{ record: row, contributions: [], growth: { entries: 0, newest: 0 } }])
}
