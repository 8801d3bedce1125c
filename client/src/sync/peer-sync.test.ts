import { bytesToId } from '@clique/crypto'
import { expect, test } from 'vitest'
import { PeerSync } from './peer-sync.ts'
import type { Held, SyncEffect } from './peer-sync.ts'
import { bytesToSyncMessage, maxRoster, syncMessageToBytes } from './sync-messages.ts'
import type { SyncMessage } from './sync-messages.ts'
import { digestVector } from './vector.ts'
import type { Vector } from './vector.ts'

const space = bytesToId('space', new Uint8Array(16).fill(1))
const ben = bytesToId('device', new Uint8Array(32).fill(2))

function holding(vector: Vector): Held {
  const vectors = new Map([[space, vector]])
  return { heads: [], knowsOperation: () => true, vectors, digests: new Map([[space, digestVector(vector)]]) }
}

function said(effects: readonly SyncEffect[]): SyncMessage[] {
  return effects.flatMap((effect) => (effect.kind === 'send' ? [effect.message] : []))
}

test('[PS10] who writes while the summaries cross still learns what the other holds', () => {
  const before = holding(new Map())
  const after = holding(new Map([[ben, 0]]))
  const [annas, bens] = [new PeerSync(), new PeerSync()]
  const [fromAnna] = said(annas.open(before))
  const [fromBen] = said(bens.open(before))
  if (fromAnna === undefined || fromBen === undefined) throw new Error('both begin with a summary')
  // Anna finds that nothing differs; Ben has written meanwhile.
  expect(said(annas.receive(fromBen, before))).toEqual([])
  const [vector] = said(bens.receive(fromAnna, after))
  if (vector === undefined) throw new Error('he says what he holds')
  const answer = said(annas.receive(vector, before))
  expect(answer.map(({ kind }) => kind)).toEqual(['vector'])
  for (const message of answer) expect(said(bens.receive(message, after))).toEqual([])
  expect(bens.expected(space)).toEqual(new Map())
  const got: SyncMessage = { kind: 'got', space, vector: new Map([[ben, 0]]) }
  expect(bens.receive(got, after)).toEqual([{ kind: 'note-vector', space, vector: got.vector }])
})

test('[PS10] who learns of a space after the other told of it says from then on what it holds there', () => {
  const [annas, bens] = [new PeerSync(), new PeerSync()]
  const heads = ['1', '2'].map((n) => bytesToId('operation', new Uint8Array(32).fill(Number(n))))
  const without = { ...holding(new Map()), vectors: new Map(), digests: new Map() }
  const [fromAnna] = said(annas.open({ ...holding(new Map()), heads }))
  if (fromAnna === undefined) throw new Error('a summary')
  bens.open(without)
  // Ben fetches the operation that made the space, and then is in it himself.
  expect(said(bens.receive(fromAnna, without))).toEqual([])
  const empty = { ...holding(new Map()), heads }
  const told = said(bens.rosterChanged(empty))
  expect(told.map(({ kind }) => kind)).toEqual(['summary'])
  for (const message of told) expect(said(annas.receive(message, empty))).toEqual([])
  expect([annas.expected(space), bens.expected(space)]).toEqual([new Map(), new Map()])
  const one = { ...holding(new Map([[ben, 1]])), heads }
  expect(said(bens.recordsChanged(space, one))).toEqual([{ kind: 'got', space, vector: new Map([[ben, 1]]) }])
})

test('[PS14] whatever is said of a space that is not for both, nothing comes of it', () => {
  const other = bytesToId('space', new Uint8Array(16).fill(9))
  const vector = new Map([[ben, 1]])
  const held = holding(vector)
  const sync = new PeerSync()
  sync.open(held)
  for (const message of [
    { kind: 'vector', space: other, vector },
    { kind: 'got', space: other, vector },
    { kind: 'records', space: other, records: [new Uint8Array(300)] },
  ] as const) {
    expect(sync.receive(message, held)).toEqual([])
    expect(sync.expected(other)).toBeNull()
  }
})

test('[PS16] who is taken out of a space and comes back is sent what was written meanwhile', () => {
  const anna = bytesToId('device', new Uint8Array(32).fill(3))
  const at = (head: number, vector: Vector | null): Held => ({
    ...holding(vector ?? new Map()),
    heads: [bytesToId('operation', new Uint8Array(32).fill(head))],
    ...(vector === null ? { vectors: new Map(), digests: new Map() } : {}),
  })
  const [annas, bens] = [new PeerSync(), new PeerSync()]
  let [hers, his] = [at(1, new Map()), at(1, new Map([[ben, 1]]))]
  /** All that either is to do until nobody says anything more. */
  const talk = (fromAnna: SyncEffect[], fromBen: SyncEffect[]): SyncEffect[] => {
    const done: SyncEffect[] = []
    while (fromAnna.length + fromBen.length > 0) {
      done.push(...fromAnna)
      const [toBen, toAnna] = [said(fromAnna), said(fromBen)]
      fromBen = toBen.flatMap((message) => bens.receive(message, his))
      fromAnna = toAnna.flatMap((message) => annas.receive(message, hers))
    }
    return done
  }
  // They differ, so both spell out what they hold.
  talk(annas.open(hers), bens.open(his))
  hers = at(1, new Map([[ben, 1]]))
  talk(annas.recordsChanged(space, hers), [])
  hers = at(2, null)
  his = hers
  talk(annas.rosterChanged(hers), bens.rosterChanged(his))
  expect([annas.expected(space), bens.expected(space)]).toEqual([null, null])
  // Anna has written before Ben hears that he is in again.
  hers = at(
    3,
    new Map([
      [ben, 1],
      [anna, 1],
    ]),
  )
  talk(annas.rosterChanged(hers), [])
  his = at(3, new Map([[ben, 1]]))
  const done = talk([], bens.rosterChanged(his))
  expect(done).toContainEqual({ kind: 'send-records', space })
})

test('[PS17] of a roster that is too long for a comparison the newest are named, and nobody is refused for it', () => {
  const names = Array.from({ length: maxRoster + 2 }, (_, i) => i.toString(16).padStart(16, '0'))
  const bytes = syncMessageToBytes({ kind: 'roster', held: new Set(names) })
  expect(bytesToSyncMessage(bytes)).toEqual({ kind: 'roster', held: new Set(names.slice(2)) })
})
