import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DeviceId, EpochId, KeyId } from '../ids.ts'
import { deriveKeyId } from '../key-schedule.ts'
import { rotateEpoch } from '../roster/acts.ts'
import { rotationOf } from '../roster/operation.ts'
import type { HolderId, RosterState } from '../roster/state.ts'
import { History } from '../testing/histories.ts'
import { meet, people } from '../testing/people.ts'
import type { Person } from '../testing/people.ts'
import { isSubset } from './check-rotation.ts'
import { entitledRecipients } from './recipients.ts'
import { isMeantFor, keysOutOfReach } from './reach.ts'
import type { ArchiveId } from './rotation.ts'
import { rotationDue } from './rotation-due.ts'
import { contentMailboxes, safeEpoch, sendingKey, spaceKeys } from './sending.ts'

/** What the archives of a history lead to for somebody who gets the wraps of one device and of its invitation. */
function opens(history: History, state: RosterState, device: DeviceId): Set<EpochId> {
  const member = state.devices.get(device)?.member
  const invite = member === undefined ? null : (state.members.get(member)?.invite ?? null)
  const parts = [...history.operations.values()].flatMap(({ body }) => rotationOf(body) ?? [])
  const epochs = new Set<EpochId>()
  const archives = new Set<ArchiveId>()
  for (const { epoch, archive } of parts) {
    const holders = state.epochs.get(epoch)?.holders
    const isHeld =
      holders?.has(`device:${device}`) === true ||
      (invite !== null && holders?.has(`invite:${invite}`) === true)
    if (!isHeld) continue
    epochs.add(epoch)
    archives.add(archive.id)
  }
  for (let before = -1; before < epochs.size + archives.size;) {
    before = epochs.size + archives.size
    for (const { archive } of parts) {
      if (!archives.has(archive.id)) continue
      for (const entry of archive.entries) {
        if (entry.kind === 'content') epochs.add(entry.epoch)
        else archives.add(entry.archive)
      }
    }
  }
  return epochs
}

test('[EPO12] under since-join a device can come by exactly the keys that it is meant to hold', () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const history = new History(`reach ${seed}`, 'since-join')
      for (let step = 0; step < 50; step++) history.step()
      const state = history.graph.stateAt(history.operations.keys())
      for (const device of state.devices.keys()) {
        const meant = [...state.epochs.values()].filter((epoch) => isMeantFor(state, epoch, device))
        expect(new Set(meant.map(({ id }) => id))).toEqual(opens(history, state, device))
        // One archive, one circle: what is written under it is for all of them or for none.
        const ofMeant = new Set(meant.map(({ archive }) => archive))
        const ofOthers = [...state.epochs.values()].filter((epoch) => !meant.includes(epoch))
        expect(ofOthers.filter(({ archive }) => ofMeant.has(archive))).toEqual([])
      }
    }),
    { numRuns: 20 },
  )
}, 60_000)

test('[EPO12] what is out of reach never comes back into it', () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const history = new History(`never ${seed}`, 'since-join')
      const earlier: { state: RosterState; device: DeviceId }[] = []
      for (let step = 0; step < 40; step++) {
        history.step()
        const replica = history.pick(history.replicas)
        if (replica === undefined) continue
        earlier.push({ state: history.stateOf(replica), device: replica.newcomer.device })
      }
      const state = history.graph.stateAt(history.operations.keys())
      const space = [...state.spaces.keys()][0]
      if (space === undefined) throw new Error('every clique has its conversation')
      for (const before of earlier) {
        const now = keysOutOfReach(state, space, before.device)
        for (const key of keysOutOfReach(before.state, space, before.device)) expect(now).toContain(key)
      }
    }),
    { numRuns: 20 },
  )
}, 60_000)

async function garden(seed: number, history: 'full' | 'since-join') {
  const { anna, ben, eva } = await people(seed, 'anna', 'ben', 'eva')
  await anna.creates({ history })
  await anna.does(rotateEpoch)
  await ben.joins(await anna.invites(), anna.items)
  await anna.receives(...ben.items)
  await anna.does(rotateEpoch)
  await ben.receives(...anna.items)
  return { anna, ben, eva }
}

function outOfReach(judge: Person, of = judge): ReadonlySet<KeyId> {
  return keysOutOfReach(judge.log.state, judge.conversation, of.device.id)
}

test('[EPO12] what somebody holds and what is out of reach for them is all there is', async () => {
  const { anna, ben } = await garden(60, 'since-join')
  const all = [...anna.log.state.epochs.keys()].map((epoch) => deriveKeyId(epoch, anna.conversation))
  expect(outOfReach(anna).size).toBe(0)
  expect(outOfReach(ben).size).toBe(2)
  const held = new Set(spaceKeys(ben.log, ben.conversation).keys())
  expect([...held, ...outOfReach(ben)].toSorted()).toEqual(all.toSorted())
  // Others know as well as Ben what he cannot open.
  expect(outOfReach(anna, ben)).toEqual(outOfReach(ben))
})

test('[EPO12] under full history nothing is out of reach', async () => {
  const { anna, ben } = await garden(61, 'full')
  expect(outOfReach(ben).size).toBe(0)
  expect(spaceKeys(ben.log, ben.conversation)).toEqual(spaceKeys(anna.log, anna.conversation))
})

test('[EPO12] who comes by a link keeps its key, and opens what others sealed for it meanwhile', async () => {
  const { anna, ben, eva } = await garden(62, 'since-join')
  const [forKim, forEva] = [await anna.invites(), await anna.invites()]
  const { kim } = await people(63, 'kim')
  await kim.joins(forKim, anna.items)
  await eva.joins(forEva, anna.items)
  // Kim knows of an open invitation and nothing of Eva, who has taken it.
  await kim.does(rotateEpoch)
  const sent = sendingKey(kim.log, kim.conversation)
  await eva.receives(...kim.items)
  expect(outOfReach(eva)).not.toContain(sent?.keyId)
  expect([...spaceKeys(eva.log, eva.conversation).keys()]).toContain(sent?.keyId)
  expect(outOfReach(ben)).toEqual(outOfReach(anna, ben))
})

function holdersOf({ log }: Person, epoch: EpochId): ReadonlySet<HolderId> {
  return log.state.epochs.get(epoch)?.holders ?? new Set()
}

test('[EPO6] under since-join nothing is sent under an epoch that leaves somebody out', async () => {
  for (const history of ['since-join', 'full'] as const) {
    const { anna, ben, eva } = await garden(64, history)
    const { kim } = await people(65, 'kim')
    const [byAnna, byBen] = [await anna.invites(), await ben.invites()]
    await eva.joins(byAnna, anna.items)
    await kim.joins(byBen, ben.items)
    await meet(anna, ben, eva, kim)
    // Each of the two came with an epoch that the other cannot open.
    const isForAll = (epoch: EpochId | undefined) =>
      epoch !== undefined && isSubset(entitledRecipients(anna.log.state).holders, holdersOf(anna, epoch))
    const mailbox = () => contentMailboxes(anna.log, anna.conversation).find(({ current }) => current)
    expect(isForAll(safeEpoch(anna.log) ?? undefined)).toBe(false)
    expect(sendingKey(anna.log, anna.conversation) === null).toBe(history === 'since-join')
    expect(mailbox() === undefined).toBe(history === 'since-join')
    const idle = { now: 0, recordsSinceRotation: 0, epochStartedAt: 0 }
    expect(rotationDue(anna.log, anna.device.id, idle)?.cause).toBe('left-out')
    await anna.does(rotateEpoch)
    expect(isForAll(sendingKey(anna.log, anna.conversation)?.epoch)).toBe(true)
    expect(mailbox()?.epoch).toBe(safeEpoch(anna.log))
  }
})
