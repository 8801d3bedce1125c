import fc from 'fast-check'
import { expect, test } from 'vitest'
import { foldChain, placeInChain } from './chain.ts'
import type { ChainLink } from './chain.ts'
import { carriedBy, carryRecords, compactionKind, maxCarried } from './compaction.ts'
import { bytesToId } from './ids.ts'
import { nameRecord, signRecord } from './record.ts'
import type { RecordBody, SignedRecord } from './record.ts'
import { codeThrown } from './testing/damage.ts'
import { badCompaction, badCompactions, ChainWriter } from './testing/refused/compactions.ts'

const linkOf = ({ body, id }: Pick<SignedRecord, 'body' | 'id'>): ChainLink => ({ ...body, id })
const dependency = (n: number) => ({
  device: bytesToId('device', new Uint8Array(32).fill(n)),
  sequence: n,
  record: bytesToId('record', new Uint8Array(32).fill(n)),
})

/** Records as a device writes them over some starts and states of the roster. */
async function someRecords(writer: ChainWriter, turns: readonly number[]): Promise<SignedRecord[]> {
  const records: SignedRecord[] = []
  for (const turn of turns) {
    if (turn === 1) writer.restart()
    if (turn === 2) writer.moveOn()
    records.push(await writer.write(turn === 3 ? { dependencies: [dependency(1), dependency(2)] } : {}))
  }
  return records
}

test('[CMP1] what a compaction carries are the records themselves, to the byte', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(3),
      fc.array(fc.nat(4), { minLength: 2, maxLength: 20 }),
      async (before, turns) => {
        const writer = new ChainWriter(`carried ${turns.join()}`)
        await writer.writes(before)
        const records = await someRecords(writer, turns)
        const { body } = await writer.compacts(records)
        const bare = records.map(({ body: own, signed, id }) => ({ body: own, signed, id }))
        expect(carriedBy(body)).toEqual(bare)
        expect(carryRecords(carriedBy(body).map((one) => one.body))).toEqual(body.payload)
      },
    ),
    { seed: 7, numRuns: 40 },
  )
})

test('[CMP1] one that carries sixty-four short messages takes less than a third of their room', async () => {
  const writer = new ChainWriter('room')
  const records: SignedRecord[] = []
  for (let i = 0; i < 64; i++) records.push(await writer.write({ payload: new Uint8Array(130) }))
  const room = records.reduce((sum, record) => sum + writer.seal(record).length, 0)
  expect(writer.seal(await writer.compacts(records)).length).toBeLessThan(room / 3)
})

test('[CMP1] what does not fit into one is not made', async () => {
  const writer = new ChainWriter('large')
  const records = [
    await writer.write({ payload: new Uint8Array(600_000) }),
    await writer.write({ payload: new Uint8Array(600_000) }),
  ]
  expect(await codeThrown(() => carryRecords(records.map(({ body }) => body)))).toBe('too-large')
})

test('[CMP1] one carries 256 records at most, and two at least', async () => {
  const writer = new ChainWriter('many')
  const records = await writer.writes(maxCarried + 1)
  expect(carriedBy((await writer.compacts(records.slice(1))).body)).toHaveLength(maxCarried)
  const other = new ChainWriter('many')
  const all = await other.writes(maxCarried + 1)
  expect(await codeThrown(async () => carriedBy((await other.compacts(all)).body))).toBe('shape-out-of-range')
  const third = new ChainWriter('many')
  expect(await codeThrown(async () => carriedBy((await third.compacts(await third.writes(1))).body))).toBe(
    'shape-out-of-range',
  )
})

test('[CMP2] one that says anything else of what is before it is refused', async () => {
  const good = await badCompaction(() => undefined)
  expect(carriedBy(good)).toHaveLength(3)
  const behind = { ...good, previousKey: bytesToId('key', new Uint8Array(16)) }
  expect(await codeThrown(() => carriedBy(behind))).toBe('compaction-mismatch')
  const said = new Map<string, string | null>()
  for (const [name, change] of badCompactions) {
    const body = await badCompaction(change)
    said.set(name, await codeThrown(() => carriedBy(body)))
  }
  const named = (code: string) => [...said].filter(([, one]) => one === code).map(([name]) => name)
  expect(named('compaction-mismatch')).toEqual([
    'carries another payload',
    'leaves out the first',
    'leaves out one in the middle',
    'leaves out the last',
    'turns two about',
    'carries one twice',
    'names another session',
    'names another roster',
    'has a record acknowledge more than it did',
    'names another record before',
    'names another key before',
    'is of another kind',
  ])
  expect([...said.values()]).not.toContain(null)
})

test('[CMP3] one of another shape is refused, and one that carries a compaction', async () => {
  const codes = await Promise.all(
    badCompactions.slice(12).map(async ([name, change]) => {
      const body = await badCompaction(change)
      return [name, await codeThrown(() => carriedBy(body))]
    }),
  )
  expect(Object.fromEntries(codes)).toEqual({
    'carries a compaction': 'compaction-nested',
    'carries nothing': 'shape-out-of-range',
    'carries one record': 'shape-out-of-range',
    'carries too many': 'shape-out-of-range',
    'carries more than there are before it': 'record-sequence',
    'begins at the first and names one before': 'record-sequence',
    'has a stretch of nothing': 'cbor-not-canonical',
    'cuts a stretch in two': 'cbor-not-canonical',
    'names heads in another order': 'cbor-not-canonical',
    'acknowledges itself': 'shape-out-of-range',
    'has a further field in a stretch': 'shape-wrong',
    'has a further field in a record': 'shape-wrong',
  })
})

test('[CMP3] one whose payload is cut off, longer or garbage is refused', async () => {
  const body = await badCompaction(() => undefined)
  for (let size = 0; size < body.payload.length; size++) {
    const cut = { ...body, payload: body.payload.slice(0, size) }
    expect(await codeThrown(() => carriedBy(cut)), `cut at ${size}`).toBeTypeOf('string')
  }
  const longer = { ...body, payload: new Uint8Array([...body.payload, 0]) }
  expect(await codeThrown(() => carriedBy(longer))).toBe('cbor-trailing-bytes')
})

test('[CMP4] of all that another key seals nothing comes through a compaction, whatever it says', async () => {
  const old = bytesToId('key', new Uint8Array(16).fill(9))
  const writer = new ChainWriter('two keys')
  const before = [await writer.write({ key: old }), await writer.write({ key: old })]
  const { body } = await writer.compacts(before)
  expect(body.key).not.toBe(old)
  expect(await codeThrown(() => carriedBy(body))).toBe('compaction-mismatch')
  // Nor beside some of its own.
  const mixed = new ChainWriter('two keys, mixed')
  const records = [await mixed.write({ key: old }), await mixed.write(), await mixed.write()]
  const compaction = (await mixed.compacts(records)).body
  expect(await codeThrown(() => carriedBy(compaction))).toBe('compaction-mismatch')
})

test('[CMP5] a chain is the same with records in their own right and with carried ones', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(9), { maxLength: 10 }),
      fc.array(fc.nat(12), { maxLength: 12 }),
      fc.nat(12),
      async (left, acknowledged, forkAt) => {
        const writer = new ChainWriter('fold')
        const records = await writer.writes(10)
        const compaction = await writer.compacts(records)
        const after = await writer.write()
        // Somebody with the same key says something else at one place.
        const twin = records[forkAt]?.body
        const twins = twin === undefined ? [] : [{ ...linkOf({ body: twin, id: otherId(twin) }) }]
        const all = [...records, compaction, after]
        const said = acknowledged
          .flatMap((i) => all[i] ?? [])
          .map(({ id: record, body: { sequence } }) => ({ sequence, record }))
        const whole = [...records.map(linkOf), linkOf(compaction), linkOf(after), ...twins]
        const kept = records.filter((_, i) => !left.includes(i)).map(linkOf)
        const carried = carriedBy(compaction.body).map(linkOf)
        const mixed = [linkOf(after), ...twins, ...kept, ...carried, linkOf(compaction)]
        expect(foldChain(mixed, { acknowledged: said })).toEqual(foldChain(whole, { acknowledged: said }))
      },
    ),
    { seed: 11, numRuns: 60 },
  )
})

function otherId(body: RecordBody) {
  return nameRecord({ ...body, payload: Uint8Array.of(0) }).id
}

test('[CMP6] whoever holds another record than it carries has the proof of a fork, where the two part', async () => {
  const writer = new ChainWriter('proof')
  const records = await writer.writes(4)
  const [first, second] = records
  if (first === undefined || second === undefined) throw new Error('records')
  const held = await signRecord({ ...second.body, payload: Uint8Array.of(1) }, writer.signer)
  const compaction = await writer.compacts(records)
  const stands = [linkOf(first), linkOf(held)]
  const known = {
    at: (sequence: number) => stands.find((one) => one.sequence === sequence) ?? null,
    namedAt: () => null,
  }
  const verdicts = carriedBy(compaction.body).map((one) => placeInChain(known, linkOf(one)))
  expect(verdicts[0]).toEqual({ verdict: 'duplicate' })
  expect(verdicts[1]).toEqual({
    verdict: 'fork',
    proof: { sequence: 2, held: held.id, other: second.id, shownBy: second.id },
  })
  expect(compaction.body.kind).toBe(compactionKind)
})
