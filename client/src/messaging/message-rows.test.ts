import type { DeviceId, EpochId, MemberId, RosterState, SpaceId } from '@clique/crypto'
import { expect, test } from 'vitest'
import { chapterPrefix } from '../documents/chapter-name.ts'
import type { FoldedMessage } from '../documents/conversation-fold.ts'
import { toMessageRows, type RowFacts } from './message-rows.ts'

const [anna, ben, carl] = ['anna', 'ben', 'carl'] as unknown as [MemberId, MemberId, MemberId]
const space = 'space' as SpaceId
const [a1, b1, b2, c1] = ['a1', 'b1', 'b2', 'c1'] as unknown as [DeviceId, DeviceId, DeviceId, DeviceId]

const people: [MemberId, DeviceId[], string][] = [
  [anna, [a1], 'in'],
  [ben, [b1, b2], 'in'],
  [carl, [c1], 'in'],
]

function rosterOf(entries = people): RosterState {
  const members = new Map(
    entries.map(([id, devices, status]) => [
      id,
      { id, name: `${id}!`, devices, status, role: id === anna ? 'owner' : 'member', rank: [] },
    ]),
  )
  const devices = new Map(entries.flatMap(([member, ids]) => ids.map((id) => [id, { id, member }] as const)))
  const policy = { history: 'full' }
  const spaces = new Map([[space, { audience: 'everyone' }]])
  return { members, devices, policy, spaces, epochs: new Map() } as unknown as RosterState
}

function message(sequence: number, device = a1, changes: Partial<FoldedMessage> = {}): FoldedMessage {
  const entry = {
    kind: 'message',
    time: sequence,
    sentAt: sequence,
    text: `m${sequence}`,
    files: [],
  } as const
  return {
    device,
    document: 'd',
    index: 0,
    entry,
    sequence,
    receivedAt: 1,
    clockOff: false,
    hides: [],
    ...changes,
  }
}

const facts = {
  me: anna,
  device: a1,
  space,
  roster: rosterOf(),
  unrelayed: new Set<number>(),
  uploading: new Set<number>(),
  vectors: new Map<DeviceId, Record<string, number>>(),
}

test('an own message goes from queued, it or its files, to on the relay to delivered to n of m', () => {
  const states = [
    toMessageRows([message(3)], { ...facts, unrelayed: new Set([3]) }),
    toMessageRows([message(3)], { ...facts, uploading: new Set([3]) }),
    toMessageRows([message(3)], facts),
    toMessageRows([message(3)], { ...facts, vectors: new Map([[b1, { a1: 2 }]]) }),
    toMessageRows([message(3)], { ...facts, vectors: new Map([[b1, { a1: 3 }]]), unrelayed: new Set([3]) }),
    toMessageRows([message(3)], {
      ...facts,
      vectors: new Map([
        [b1, { a1: 3 }],
        [b2, { a1: 4 }],
        [c1, { a1: 9 }],
      ]),
    }),
  ].map(([row]) => row?.state)
  expect(states).toEqual([
    { kind: 'queued' },
    { kind: 'queued' },
    { kind: 'on-relay' },
    { kind: 'on-relay' },
    { kind: 'delivered', to: 1, of: 2 },
    { kind: 'delivered', to: 2, of: 2 },
  ])
})

test('people who are not in are not waited for', () => {
  const roster = rosterOf([...people.slice(0, 2), [carl, [c1], 'out']])
  const [row] = toMessageRows([message(1)], { ...facts, roster, vectors: new Map([[b2, { a1: 1 }]]) })
  expect(row?.state).toEqual({ kind: 'delivered', to: 1, of: 1 })
})

test('who joined after a message, and may not read it, is not waited for and never counts', () => {
  const archives = ['1'.repeat(64), '2'.repeat(64)] as const
  const holders = [
    [a1, b1],
    [a1, b1, c1],
  ].map((devices) => new Set(devices.map((id) => `device:${id}`)))
  const epochs = archives.map(
    (archive, i) =>
      [archive, { id: archive, archive, circle: archive, holders: holders[i], named: holders[i] }] as const,
  )
  const roster = { ...rosterOf(), policy: { history: 'since-join' }, epochs: new Map(epochs) }
  const [early, late] = archives.map(
    (id) => `${chapterPrefix(roster as unknown as RosterState, id as string as EpochId)}00000000`,
  )
  const messages = [message(1, a1, { document: early ?? '' }), message(2, a1, { document: late ?? '' })]
  const vectors = new Map([
    [b1, { a1: 1 }],
    [c1, { a1: 2 }],
  ])
  const rows = toMessageRows(messages, { ...facts, roster: roster as unknown as RosterState, vectors })
  expect(rows.map(({ state }) => state)).toEqual([
    { kind: 'delivered', to: 1, of: 1 },
    { kind: 'delivered', to: 1, of: 2 },
  ])
})

test('alone in a clique a message is kept, neither waiting for others nor delivered to 0 of 0', () => {
  const roster = rosterOf(people.slice(0, 1))
  const state = (more: Partial<RowFacts>) =>
    toMessageRows([message(1)], { ...facts, roster, ...more })[0]?.state
  expect(state({})).toEqual({ kind: 'kept' })
  expect(state({ unrelayed: new Set([1]) })).toEqual({ kind: 'queued' })
})

test('a message of a device that is in no roster is not shown', () => {
  const rows = toMessageRows([message(1, 'x1' as DeviceId), message(2, b1)], facts)
  expect(rows.map(({ author, mine }) => [author, mine])).toEqual([[ben, false]])
})

test('a row that has not changed is the same object', () => {
  const before = toMessageRows([message(1), message(2)], facts)
  const after = toMessageRows(
    [message(1), message(2), message(3)],
    { ...facts, unrelayed: new Set([2]) },
    before,
  )
  expect(after[0]).toBe(before[0])
  expect(after[1]).not.toBe(before[1])
  expect(new Set(after.map(({ key }) => key)).size).toBe(3)
})

test('a wrong clock gives way to what can be known', () => {
  const entry = { kind: 'message', time: 5_000, sentAt: 9_000, text: 'x', files: [] } as const
  const ahead = message(1, b1, { entry, receivedAt: 6_000, clockOff: true })
  const behind = message(2, b1, { entry: { ...entry, sentAt: 10 }, receivedAt: 6_000, clockOff: true })
  expect(toMessageRows([ahead, behind], facts).map(({ sentAt }) => sentAt)).toEqual([6_000, 5_000])
})

test('what somebody wrote stays under their name, and says that they are here no more', () => {
  const others = people.filter(([id]) => id !== ben)
  const before = toMessageRows([message(1, b1)], facts)
  const left = { ...facts, roster: rosterOf([...others, [ben, [b1, b2], 'out']]) }
  const [row] = toMessageRows([message(1, b1)], left, before)
  expect(before[0]).toMatchObject({ authorName: 'ben!', isGone: false })
  expect(row).toMatchObject({ authorName: 'ben!', isGone: true, text: 'm1' })
})

test('[MOD3] whoever may hide messages but not lift what hides one is told who may', () => {
  const at = (me: MemberId, by: MemberId, roles: Readonly<Record<string, string>>) => {
    const members = [...rosterOf().members].map(
      ([id, member]) => [id, { ...member, role: roles[id] ?? member.role }] as const,
    )
    const roster = { ...rosterOf(), members: new Map(members) } as RosterState
    const hides = [{ device: by === anna ? a1 : b1, sequence: 9, by }]
    return toMessageRows([message(1, c1, { hides })], { ...facts, roster, me })[0]?.hidden
  }
  const bensRole = { ben: 'admin' }
  expect(at(ben, anna, bensRole)).toMatchObject({ mayShow: false, shownBy: ['anna!'] })
  expect(at(anna, ben, bensRole)).toMatchObject({ mayShow: true, shownBy: [] })
  // Its author is a member, and may not in any case.
  expect(at(carl, anna, bensRole)).toMatchObject({ mayShow: false, shownBy: [] })
  // Whoever is above the one who hid it may, too; the author not, whatever they are.
  const both = { ben: 'admin', carl: 'moderator' }
  expect(at(carl, ben, both)).toMatchObject({ mayShow: false, shownBy: ['anna!', 'ben!'] })
})

test('[MOD6] what is hidden is in no row, but for its author and for those who may hide it', () => {
  const hides = [{ device: a1, sequence: 9, by: anna }]
  const bens = message(1, b1, { hides })
  const rowFor = (me: MemberId, of = bens) => toMessageRows([of], { ...facts, me })[0]
  const content = { text: 'm1', files: [] }
  const bare = { text: '', files: [], mayHide: false }
  const hidden = { by: 'anna!', byMe: false, mayShow: false, content: null }
  expect(rowFor(carl)).toMatchObject({ ...bare, hidden })
  expect(rowFor(ben)).toMatchObject({ ...bare, hidden: { ...hidden, content } })
  expect(rowFor(anna)).toMatchObject({ ...bare, hidden: { ...hidden, byMe: true, mayShow: true, content } })
  const shown = message(1, b1)
  expect(rowFor(anna, shown)).toMatchObject({ text: 'm1', hidden: null, mayHide: true })
  expect(rowFor(carl, shown)).toMatchObject({ text: 'm1', hidden: null, mayHide: false })
  const [before] = toMessageRows([shown], facts)
  const [after] = toMessageRows([bens], facts, before === undefined ? [] : [before])
  expect(after).not.toBe(before)
  expect(toMessageRows([bens], facts, after === undefined ? [] : [after])[0]).toBe(after)
})
