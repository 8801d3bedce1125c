import { beforeAll, expect, test } from 'vitest'
import { decodeItem } from '../epochs/control-item.ts'
import { contentMailboxes, liveRoom, safeEpoch, sendingKey, spaceKeys } from '../epochs/sending.ts'
import { bytesToId } from '../ids.ts'
import type { SpaceId } from '../ids.ts'
import { toHex, utf8ToBytes } from '../bytes.ts'
import { forge, verdictOf } from '../testing/forge.ts'
import { meet, people } from '../testing/people.ts'
import type { Person } from '../testing/people.ts'
import { changes, creates, four } from '../testing/space-people.ts'
import { maxOwnSpaces, maxSpaces } from './limits.ts'
import { leaveClique, removeMember, setRole } from './member-acts.ts'
import { rightToCreate } from './space-rights.ts'
import { createSpace, titleOf } from './space-acts.ts'
import { firstSpace, isInSpace, membersOfSpace, spaceIdOf } from './spaces.ts'

let anna: Person
let ben: Person
let carl: Person
let dora: Person
beforeAll(async () => {
  ;({ anna, ben, carl, dora } = await four(80))
})

/** The names of those who are in by what somebody knows. */
function whoIsIn(judge: Person, space: SpaceId): string[] {
  return membersOfSpace(judge.log.state, space)
    .map(({ name }) => name)
    .toSorted()
}

/** Everybody as they are now, to try what comes of something else. */
async function apart<T>(work: () => Promise<T>): Promise<T> {
  const before = [anna, ben, carl, dora].map((one) => ({ one, log: one.log, kept: one.items.length }))
  try {
    return await work()
  } finally {
    for (const { one, log, kept } of before) {
      one.rewind(log)
      one.items.length = kept
    }
  }
}

test('[ROS19] a space with a smaller audience has keys of its own, and others fold it without them', () =>
  apart(async () => {
    const space = await creates(carl, 'Plans', dora)
    await meet(anna, ben, carl, dora)
    for (const one of [anna, ben, carl, dora]) {
      expect(one.log.state.hash).toBe(anna.log.state.hash)
      expect(one.log.waiting).toHaveLength(0)
      expect(whoIsIn(one, space)).toEqual(['carl', 'dora'])
      expect(one.log.state.spaces.get(space)).toMatchObject({ kind: 'channel', title: '' })
    }
    for (const one of [carl, dora]) {
      expect(titleOf(one.log, space)).toBe('Plans')
      expect(sendingKey(one.log, space)).toEqual(sendingKey(carl.log, space))
      expect(spaceKeys(one.log, space).size).toBe(1)
      expect(liveRoom(one.log, space)).toEqual(liveRoom(carl.log, space))
      expect(contentMailboxes(one.log, space)).toMatchObject([{ current: true }])
    }
    expect(sendingKey(carl.log, space)).not.toBe(null)
    for (const one of [anna, ben]) {
      expect(titleOf(one.log, space)).toBe(null)
      expect(safeEpoch(one.log, space)).toBe(null)
      expect(spaceKeys(one.log, space).size).toBe(0)
      expect(liveRoom(one.log, space)).toBe(null)
      expect(contentMailboxes(one.log, space)).toEqual([])
    }
  }))

test('[ROS19] the title of a smaller audience is in nothing that the others can open', () =>
  apart(async () => {
    const made = await createSpace(
      carl.log,
      carl.device,
      { kind: 'channel', title: 'Surprise', members: [] },
      carl,
    )
    const { signed, body } = made.operation
    expect(toHex(signed)).not.toContain(toHex(utf8ToBytes('Surprise')))
    expect(body).toMatchObject({ type: 'create-space', members: [] })
    // Of one length, whatever it is called.
    const other = await createSpace(carl.log, carl.device, { kind: 'channel', title: 'A', members: [] }, carl)
    expect(other.operation.signed.length).toBe(signed.length)
    expect(titleOf(made.log, made.space)).toBe('Surprise')
  }))

test('[ROS19] a space for everyone uses the keys of the clique, and everybody reads its title', () =>
  apart(async () => {
    const wanted = { kind: 'channel', title: 'Photos', members: 'everyone' } as const
    const { space, item } = carl.keep(await createSpace(carl.log, carl.device, wanted, carl)) as Awaited<
      ReturnType<typeof createSpace>
    >
    expect(decodeItem(item).handout).toBe(null)
    await meet(anna, carl)
    expect(titleOf(anna.log, space)).toBe('Photos')
    expect(sendingKey(anna.log, space)?.epoch).toBe(safeEpoch(anna.log))
    expect(whoIsIn(anna, space)).toEqual(['anna', 'ben', 'carl', 'dora'])
    await expect(changes(carl, space, { remove: [dora] })).rejects.toMatchObject({ code: 'not-allowed' })
    await expect(changes(carl, space, { remove: [carl] })).rejects.toMatchObject({ code: 'not-allowed' })
  }))

test('[ROS19] readers create none, and nobody with people who are not in or with a name that is too long', () =>
  apart(async () => {
    await anna.does((log, me, options) => setRole(log, me, dora.root.id, 'reader', options))
    await meet(anna, dora)
    const wanted = { kind: 'channel', title: 'Plans', members: [] } as const
    const make = (author: Person, change: object) =>
      createSpace(author.log, author.device, { ...wanted, ...change }, author)
    await expect(make(dora, {})).rejects.toMatchObject({ code: 'not-allowed' })
    await expect(make(dora, { members: 'everyone' })).rejects.toMatchObject({ code: 'not-allowed' })
    for (const title of ['', 'x'.repeat(65)]) {
      for (const members of [[], 'everyone'])
        await expect(make(carl, { title, members })).rejects.toMatchObject({ code: 'shape-out-of-range' })
    }
    const nobody = bytesToId('member', carl.random(32))
    await expect(make(carl, { members: [nobody] })).rejects.toMatchObject({ code: 'member-unknown' })
    await anna.does((log, me, options) => removeMember(log, me, dora.root.id, options))
    await meet(anna, carl)
    await expect(make(carl, { members: [dora.root.id] })).rejects.toMatchObject({ code: 'member-out' })
  }))

test('[ROS19] the name of a space follows from who creates it for whom: nobody takes the name of another', () =>
  apart(async () => {
    const made = await createSpace(
      carl.log,
      carl.device,
      { kind: 'channel', title: 'Plans', members: [] },
      carl,
    )
    const { body } = made.operation
    if (body.type !== 'create-space') throw new Error('a space was created')
    const everyone = { ...body, members: null, title: 'Plans', rotation: null }
    expect(await verdictOf(ben, anna, await forge(anna, everyone))).toBe('space-id')
    expect(await verdictOf(ben, carl, await forge(carl, everyone))).toBe('space-id')
    const own = { clique: anna.log.clique, parents: [], previous: null, sequence: 9 } as const
    const names = [
      spaceIdOf({ ...own, author: { kind: 'device', id: anna.device.id } }, body),
      spaceIdOf({ ...own, author: { kind: 'device', id: carl.device.id } }, body),
      spaceIdOf({ ...own, sequence: 10, author: { kind: 'device', id: carl.device.id } }, body),
      spaceIdOf({ ...own, author: { kind: 'device', id: carl.device.id } }, { ...body, members: null }),
      spaceIdOf(
        { ...own, author: { kind: 'device', id: carl.device.id } },
        { ...body, salt: new Uint8Array(16) },
      ),
    ]
    expect(new Set(names).size).toBe(names.length)
  }))

test('[ROS19] there are so many spaces, and one person takes but a part of them', () => {
  const { state } = carl.log
  const member = state.members.get(carl.root.id)
  if (member === undefined) throw new Error('Carl is in')
  const naming = { kind: 'channel', salt: new Uint8Array(16), members: null } as const
  const header = {
    clique: carl.log.clique,
    author: { kind: 'device', id: carl.device.id },
    sequence: 9,
    previous: null,
    parents: [],
  } as const
  const body = {
    type: 'create-space',
    space: spaceIdOf(header, naming),
    ...naming,
    title: 'One more',
  } as const
  const withSpaces = (count: number, change: object) => {
    const spaces = new Map(state.spaces)
    for (let i = 0; i < count; i++) {
      const id = bytesToId('space', carl.random(16))
      spaces.set(id, { ...firstSpace({ id, kind: 'channel', title: 'x' }), ...change })
    }
    const operation = { ...header, id: bytesToId('operation', new Uint8Array(32)), body }
    return rightToCreate(operation, { ...state, spaces }, member)
  }
  const room = maxSpaces - state.spaces.size
  expect(withSpaces(room - 1, {})).toMatchObject({ needs: 'member' })
  expect(withSpaces(room, {})).toBe('too-many-spaces')
  expect(withSpaces(maxOwnSpaces - 1, { creator: carl.root.id })).toMatchObject({ needs: 'member' })
  expect(withSpaces(maxOwnSpaces, { creator: carl.root.id })).toBe('too-many-spaces')
  // Those that everybody has left take no room.
  expect(withSpaces(room, { creator: carl.root.id, audience: new Set() })).toMatchObject({ needs: 'member' })
})

test('[ROS20] the creator, and admins who are in it, say who is in a space; everybody may leave it', () =>
  apart(async () => {
    const space = await creates(carl, 'Plans', dora)
    await meet(anna, ben, carl, dora)
    const refused: [Person, Parameters<typeof changes>[2], string][] = [
      [dora, { add: [ben] }, 'not-allowed'],
      [dora, { remove: [carl] }, 'not-allowed'],
      [ben, { add: [ben] }, 'not-allowed'],
      [ben, { remove: [carl] }, 'not-allowed'],
      [anna, { add: [anna] }, 'not-allowed'],
      [carl, { add: [dora] }, 'audience-unchanged'],
      [carl, { remove: [ben] }, 'audience-unchanged'],
      [carl, { remove: [carl, dora] }, 'not-allowed'],
      [carl, { add: [ben], remove: [carl] }, 'not-allowed'],
    ]
    for (const [author, change, code] of refused) {
      await expect(changes(author, space, change)).rejects.toMatchObject({ code })
    }
    const nowhere = bytesToId('space', carl.random(16))
    await expect(changes(carl, nowhere, { add: [ben] })).rejects.toMatchObject({ code: 'space-unknown' })
    await expect(changes(carl, space, {})).rejects.toMatchObject({ code: 'operation-format' })

    await changes(carl, space, { add: [ben] })
    await meet(anna, ben, carl, dora)
    expect(whoIsIn(anna, space)).toEqual(['ben', 'carl', 'dora'])
    await changes(ben, space, { add: [anna], remove: [carl] })
    await meet(anna, ben, carl, dora)
    expect(whoIsIn(dora, space)).toEqual(['anna', 'ben', 'dora'])
    // The creator says nothing more about a space that they are out of.
    await expect(changes(carl, space, { add: [carl] })).rejects.toMatchObject({ code: 'not-allowed' })
    const { operation } = await changes(dora, space, { remove: [dora] })
    expect(operation.body).toMatchObject({ type: 'set-audience', rotation: null })
    await meet(anna, ben, carl, dora)
    for (const one of [anna, ben, carl, dora]) {
      expect(whoIsIn(one, space)).toEqual(['anna', 'ben'])
      expect(one.log.state.hash).toBe(anna.log.state.hash)
    }
  }))

test('[ROS20] whoever is out of the clique is out of its spaces', () =>
  apart(async () => {
    const space = await creates(carl, 'Plans', dora, ben)
    await meet(anna, ben, carl, dora)
    await anna.does((log, me, options) => removeMember(log, me, dora.root.id, options))
    await ben.does((log, me, options) => leaveClique(log, me, options))
    await meet(anna, ben, carl)
    expect(whoIsIn(carl, space)).toEqual(['carl'])
    expect(isInSpace(anna.log.state, space, dora.root.id)).toBe(false)
  }))

test('[ROS21] of what is done beside each other, taking out wins; who does it knowingly lets in again', () =>
  apart(async () => {
    const space = await creates(carl, 'Plans', dora, ben)
    await meet(anna, ben, carl, dora)
    await changes(carl, space, { remove: [dora] })
    await meet(ben, carl)
    await changes(ben, space, { add: [dora] })
    await meet(ben, carl)
    expect(whoIsIn(carl, space)).toEqual(['ben', 'carl', 'dora'])
    // Beside each other: Carl takes her out, who does not know that Ben has done so and has let her in again.
    const before = carl.log
    await changes(ben, space, { remove: [dora] })
    await changes(ben, space, { add: [dora] })
    carl.rewind(before)
    await changes(carl, space, { remove: [dora] })
    await meet(anna, ben, carl, dora)
    for (const one of [anna, ben, carl, dora]) {
      expect(whoIsIn(one, space)).toEqual(['ben', 'carl'])
      expect(one.log.state.hash).toBe(anna.log.state.hash)
    }
    await changes(carl, space, { add: [dora] })
    await meet(anna, ben, carl, dora)
    expect(whoIsIn(anna, space)).toEqual(['ben', 'carl', 'dora'])
  }))

test('[ROS21] nobody lets others in beside their own being taken out, nor do those whom they let in', () =>
  apart(async () => {
    const space = await creates(carl, 'Plans', ben)
    await meet(anna, ben, carl, dora)
    // Carl is junior to Ben, and what Ben let in unknowingly does not stand all the same.
    await changes(carl, space, { remove: [ben] })
    await changes(ben, space, { add: [anna] })
    await anna.receives(...ben.items)
    await changes(anna, space, { add: [dora] })
    expect(whoIsIn(anna, space)).toEqual(['anna', 'ben', 'carl', 'dora'])
    await meet(anna, ben, carl, dora)
    for (const one of [anna, ben, carl, dora]) {
      expect(whoIsIn(one, space)).toEqual(['carl'])
      expect(one.log.state.hash).toBe(anna.log.state.hash)
    }
  }))

test('[ROS21] what a senior takes out beside it takes nobody out; a junior cannot undo that', () =>
  apart(async () => {
    const space = await creates(carl, 'Plans', ben, dora)
    await meet(anna, ben, carl, dora)
    await changes(carl, space, { add: [anna] })
    await meet(anna, ben, carl, dora)
    // What Ben and Anna may do rests on Carl, who is junior to both; so it is no stronger than he is.
    await changes(ben, space, { remove: [carl] })
    await changes(carl, space, { remove: [dora] })
    await meet(anna, ben, carl, dora)
    expect(whoIsIn(anna, space)).toEqual(['anna', 'ben'])

    const own = await creates(ben, 'Own', anna, carl, dora)
    await meet(anna, ben, carl, dora)
    await anna.does((log, me, options) => setRole(log, me, carl.root.id, 'admin', options))
    await meet(anna, ben, carl, dora)
    await changes(ben, own, { remove: [carl] })
    await changes(carl, own, { remove: [dora] })
    await meet(anna, ben, carl, dora)
    expect(whoIsIn(anna, own)).toEqual(['anna', 'ben', 'dora'])
  }))

test('[ROS21] a change by somebody who was removed without its being known falls', () =>
  apart(async () => {
    const space = await creates(carl, 'Plans', dora)
    await meet(anna, ben, carl, dora)
    await anna.does((log, me, options) => removeMember(log, me, carl.root.id, options))
    await changes(carl, space, { remove: [dora] })
    const late = await creates(carl, 'Late', dora)
    await meet(anna, ben, carl, dora)
    expect(whoIsIn(anna, space)).toEqual(['dora'])
    expect(anna.log.state.spaces.has(late)).toBe(false)
    expect(dora.log.state.hash).toBe(anna.log.state.hash)
  }))

test('[ROS19] a stranger in a list, or the author, makes no two of anybody', async () => {
  const { eva } = await people(81, 'eva')
  await eva.creates()
  const wanted = { kind: 'channel', title: 'Own', members: [eva.root.id, eva.root.id] } as const
  const { space, log } = await createSpace(eva.log, eva.device, wanted, eva)
  expect(membersOfSpace(log.state, space)).toHaveLength(1)
})
