import {
  concat,
  decodeRecord,
  idToBytes,
  labels,
  labelToBytes,
  openBytes,
  splitSealedRecord,
} from '@clique/crypto'
import { median, ratio } from '../../../scripts/bench/figures.ts'
import type { Figure } from '../../../scripts/bench/figures.ts'
import { LongTalk } from '../documents/testing/long-talk.ts'
import { TestMember } from '../documents/testing/members.ts'
import { maxBatch } from './sync-messages.ts'

const runs = 3
const count = 10_000
/** Signatures that are checked at once. */
const atOnce = 64

/** What one record costs without any of what makes it one: a cipher's bytes and a signature's. */
interface RawRecord {
  readonly key: Uint8Array
  readonly sealed: Uint8Array
  readonly aad: Uint8Array
  readonly signed: Uint8Array<ArrayBuffer>
  readonly signature: Uint8Array<ArrayBuffer>
}

/** Coming back after a long absence: opened, verified, judged, applied and stored, against the bare cryptography. */
export async function figures(): Promise<Figure[]> {
  const bare: number[] = []
  const fromRelay: Taking[] = []
  const fromDevice: Taking[] = []
  for (let run = 0; run < runs; run++) {
    const anna = await TestMember.founder('Anna')
    const ben = await anna.invites('Ben')
    await ben.tells(anna)
    const cleo = await anna.invites('Cleo')
    for (const member of [anna, ben]) await cleo.tells(member)
    const talk = await LongTalk.by(ben)
    const sealed: Uint8Array[] = []
    while (sealed.length < count) sealed.push(...(await talk.nextChapter()).records.map(({ bytes }) => bytes))
    const raw = sealed.map((bytes) => toRaw(bytes, talk, ben))
    const author = await crypto.subtle.importKey(
      'raw',
      idToBytes(ben.session.device).slice(),
      'Ed25519',
      false,
      ['verify'],
    )
    fromRelay.push(await takeIn(anna, sealed, 'relay'))
    bare.push(await seconds(() => openAndVerify(raw, author)))
    fromDevice.push(await takeIn(cleo, sealed, null))
    for (const member of [anna, ben, cleo]) await member.leaves()
  }
  return [...tell('a relay', fromRelay, bare), ...tell('a device', fromDevice, bare)]
}

/** Seconds, and the milliseconds of the tasks that held the page for more than 50. */
interface Taking {
  readonly time: number
  readonly longTasks: readonly number[]
}

function tell(from: string, taken: readonly Taking[], bare: readonly number[]): Figure[] {
  const times = taken.map(({ time }) => time)
  const worst = Math.max(0, ...taken.flatMap(({ longTasks }) => longTasks))
  const what = `coming back after a holiday: ${count / 1000},000 records from ${from}`
  return [
    {
      kind: 'measured',
      what: `${what}, verified, opened, applied and stored, in Chromium`,
      against: 'bare XChaCha20-Poly1305 (@noble/ciphers) and WebCrypto Ed25519 of the same bytes',
      value: ratio(times, bare),
      unit: 'ratio',
      goal: { atMost: 2 },
      runs,
      detail: `${median(times).toFixed(2)} s / ${median(bare).toFixed(2)} s`,
    },
    {
      kind: 'measured',
      what: `${what}: tasks that hold the page for more than 50 ms meanwhile`,
      against: 'the limit',
      value: median(taken.map(({ longTasks }) => longTasks.length)),
      unit: 'tasks',
      goal: { atMost: 0 },
      runs,
      detail: `the longest of all runs: ${worst.toFixed(0)} ms`,
    },
  ]
}

async function takeIn(
  { session, space }: TestMember,
  sealed: readonly Uint8Array[],
  relay: string | null,
): Promise<Taking> {
  const longTasks: number[] = []
  const note = (list: PerformanceObserverEntryList): void => {
    longTasks.push(...list.getEntries().map(({ duration }) => duration))
  }
  const observer = new PerformanceObserver(note)
  // What was made ready before is in a task of its own then.
  await new Promise((resolve) => setTimeout(resolve, 200))
  observer.observe({ type: 'longtask' })
  let accepted = 0
  const time = await seconds(async () => {
    for (let at = 0; at < sealed.length; at += maxBatch) {
      accepted += (await session.receiveRecords(space, sealed.slice(at, at + maxBatch), relay)).accepted
    }
  })
  longTasks.push(...observer.takeRecords().map(({ duration }) => duration))
  observer.disconnect()
  if (accepted !== count) throw new Error(`${accepted} records were accepted`)
  return { time, longTasks }
}

function toRaw(bytes: Uint8Array, { key }: LongTalk, { session, space }: TestMember): RawRecord {
  const { head, body } = splitSealedRecord(bytes)
  const { signed, signature } = decodeRecord(bytes, key, { clique: session.clique, space })
  return {
    key: key.recordKey,
    sealed: body,
    aad: concat(labelToBytes(labels.recordSeal), head),
    signed: concat(labelToBytes(labels.recordSignature), signed).slice(),
    signature: signature.slice(),
  }
}

async function openAndVerify(records: readonly RawRecord[], author: CryptoKey): Promise<void> {
  for (let at = 0; at < records.length; at += atOnce) {
    const batch = records.slice(at, at + atOnce)
    for (const { key, sealed, aad } of batch) openBytes(key, sealed, aad)
    const good = await Promise.all(
      batch.map(({ signature, signed }) => crypto.subtle.verify('Ed25519', author, signature, signed)),
    )
    if (good.includes(false)) throw new Error('a signature that does not hold')
  }
}

async function seconds(task: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await task()
  return (performance.now() - start) / 1000
}
