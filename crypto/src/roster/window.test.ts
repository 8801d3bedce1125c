import { expect, test } from 'vitest'
import { History } from '../testing/histories.ts'
import type { RosterNode } from './node.ts'
import { windowOf } from './window.ts'

function nodesOf(history: History): RosterNode[] {
  return [...history.operations.keys()].flatMap((id) => history.graph.get(id) ?? [])
}

function directOf(history: History): (node: RosterNode) => RosterNode[] {
  return ({ operation: { parents, previous } }) =>
    [...parents, ...(previous === null ? [] : [previous])].flatMap((id) => history.graph.get(id) ?? [])
}

test('[ROS2] a fold goes back to the last operation that all heads build on, and no further', () => {
  const history = new History('window')
  history.grow(6, 20)
  const before = nodesOf(history)
  const base = before.at(-1)
  const seen = new Set(history.operations.keys())
  const made = history.replicas
    .slice(0, 3)
    .map(({ newcomer }) =>
      history.write(seen, { kind: 'device', id: newcomer.device }, { type: 'rotate-epoch', space: null }),
    )
  const heads = made.flatMap((operation) => history.graph.get(operation?.id ?? ('' as never)) ?? [])
  expect(heads).toHaveLength(3)
  const window = windowOf(heads, directOf(history))
  expect(window.base).toBe(base)
  expect(new Set(window.nodes)).toEqual(new Set(heads))
})

test('[ROS2] more takers than an invitation has uses are looked at together', () => {
  const history = new History('takers')
  history.grow(3, 2)
  const [founder] = history.replicas
  if (founder === undefined) throw new Error('there is a founder')
  const author = { kind: 'device', id: founder.newcomer.device } as const
  const { random } = history
  const { device: invite, kem } = history.makeNewcomer('link')
  const body = {
    type: 'invite',
    invite: invite as string as never,
    kem,
    mailboxKey: random(32),
    role: 'member',
    uses: 1,
    expiresAt: 0,
    label: '',
  } as const
  const link = history.write(new Set(history.operations.keys()), author, body)
  if (link === null) throw new Error('a founder invites')
  const seen = new Set(history.operations.keys())
  const join = (name: string) =>
    history.write(
      seen,
      { kind: 'invitation', id: body.invite },
      { type: 'join', newcomer: history.makeNewcomer(name) },
    )
  const [first, second] = [join('first'), join('second')]
  if (first === null || second === null) throw new Error('both take it beside each other')
  const after = history.write(new Set([...seen, first.id]), author, { type: 'rotate-epoch', space: null })
  const heads = [after?.id, second.id].flatMap((id) => history.graph.get(id ?? first.id) ?? [])
  const window = windowOf(heads, directOf(history))
  expect(window.base?.operation.id).toBe(link.id)
  expect(window.nodes.map(({ operation }) => operation.type).toSorted()).toEqual([
    'join',
    'join',
    'rotate-epoch',
  ])
})
