import { bytesToId } from '@clique/crypto'
import type { DeviceId, MemberId, RecordId, Role, RosterState } from '@clique/crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PlacedMessage } from './conversation-fold.ts'
import { readEntry } from './entries.ts'
import { foldModeration, mayModerate } from './moderation.ts'
import type { ModerationFacts, PlacedAct } from './moderation.ts'
import { maxLifts } from './moderation-entry.ts'
import type { ModerationEntry } from './moderation-entry.ts'
import { deviceNumber } from './testing/writers.ts'

/** In the order of their ranks; each has one device. */
const names = ['anna', 'ben', 'carla', 'dan'] as const
type Name = (typeof names)[number]
const deviceOf = (name: Name): DeviceId => deviceNumber(names.indexOf(name))
const recordId = (n: number): RecordId => bytesToId('record', new Uint8Array(32).fill(n))

type Roles = Readonly<Partial<Record<Name, Role | 'out'>>>

/** Whoever is not named is not known; `out`: a member who is out. */
function rosterOf(roles: Roles): RosterState {
  const known = names.filter((name) => roles[name] !== undefined)
  const members = known.map((name) => {
    const role = roles[name] === 'out' ? 'member' : roles[name]
    const status = roles[name] === 'out' ? 'out' : 'in'
    return [name, { id: name, role, status, rank: name === 'anna' ? [] : [names.indexOf(name)] }] as const
  })
  const devices = known.map((name) => [deviceOf(name), { id: deviceOf(name), member: name }] as const)
  return { members: new Map(members), devices: new Map(devices) } as unknown as RosterState
}

const usual: Roles = { anna: 'owner', ben: 'moderator', carla: 'moderator', dan: 'member' }

function message(author: Name, sequence = 1, time = 10): PlacedMessage {
  const entry = { kind: 'message', time, sentAt: time, text: 'words', files: [] } as const
  return { device: deviceOf(author), document: 'd', index: 0, entry, sequence, receivedAt: time }
}

interface Act {
  readonly by: Name
  readonly sequence: number
  /** The roster that its record names. */
  readonly knows?: Roles
  readonly entry: ModerationEntry
}

function place({ by, sequence, entry }: Act): PlacedAct {
  return { device: deviceOf(by), document: 'd', index: sequence, entry, sequence, receivedAt: 1 }
}

function hide(by: Name, of: PlacedMessage, sequence: number, knows?: Roles, time = 20): Act {
  const { device } = of
  const name = { device, sequence: of.sequence, record: recordId(of.sequence), index: 0 }
  const entry = { kind: 'hide', time, sentAt: time, message: name } as const
  return { by, sequence, entry, ...(knows && { knows }) }
}

function show(by: Name, of: PlacedMessage, sequence: number, lifted: readonly Act[], knows?: Roles): Act {
  const { entry, ...rest } = hide(by, of, sequence, knows, 30)
  if (entry.kind !== 'hide') throw new Error('a hide')
  const lifts = lifted.map((act) => ({ device: deviceOf(act.by), sequence: act.sequence }))
  return { ...rest, entry: { ...entry, kind: 'show', lifts } }
}

function stand(by: Name, whose: Name, upTo: number, sequence: number, knows?: Roles, time = 40): Act {
  const entry = { kind: 'stand', time, sentAt: time, device: deviceOf(whose), sequence: upTo } as const
  return { by, sequence, entry, ...(knows && { knows }) }
}

function factsOf(acts: readonly Act[], today: Roles, cut = Infinity): ModerationFacts {
  const named = new Map(acts.map((act) => [`${deviceOf(act.by)} ${act.sequence}`, act.knows ?? usual]))
  return {
    roster: rosterOf(today),
    named({ device, sequence }) {
      const roles = named.get(`${device} ${sequence}`)
      return roles === undefined ? null : rosterOf(roles)
    },
    recordAt: (_, sequence) => recordId(sequence),
    isWithinFirstCut: ({ sequence }) => sequence <= cut,
  }
}

function hiders(of: PlacedMessage, acts: readonly Act[], today: Roles = usual, cut?: number): MemberId[] {
  const hides = foldModeration([of], acts.map(place), factsOf(acts, today, cut)).get(of) ?? []
  return hides.map(({ by }) => by)
}

test('[MOD1] a message is hidden by whoever has the role for it, and of nobody above them', () => {
  const dans = message('dan')
  expect(hiders(dans, [hide('ben', dans, 1)])).toEqual(['ben'])
  const bens = message('ben')
  expect(hiders(bens, [hide('anna', bens, 1)])).toEqual(['anna'])
  expect(hiders(bens, [hide('dan', bens, 1)])).toEqual([])
  expect(hiders(dans, [hide('dan', dans, 1)])).toEqual([])
  const annas = message('anna')
  expect(hiders(annas, [hide('ben', annas, 1)])).toEqual([])
  // Ben was let in before Carla; a role counts for more than that.
  expect(hiders(bens, [hide('carla', bens, 1)])).toEqual([])
  expect(hiders(message('carla'), [hide('ben', message('carla'), 1)])).toEqual(['ben'])
  const promoted = { ...usual, carla: 'admin' } as const
  expect(hiders(bens, [hide('carla', bens, 1, promoted)], promoted)).toEqual(['carla'])
  // Whoever is out is above nobody.
  const gone = { ...usual, ben: 'out' } as const
  expect(hiders(bens, [hide('carla', bens, 1, gone)], gone)).toEqual(['carla'])
  const { members, ...rest } = rosterOf(usual)
  const departed = [...members].map(([id, member]) => [id, { ...member, status: 'out' as const }] as const)
  const empty = { ...rest, members: new Map(departed) }
  expect(mayModerate(empty, 'ben' as MemberId, 'dan' as MemberId)).toBe(false)
  expect(mayModerate(rosterOf({ dan: 'member' }), 'anna' as MemberId, 'dan' as MemberId)).toBe(false)
})

test('[MOD1] the roster that the record names decides, also where it is not known', () => {
  const dans = message('dan')
  const before = { ...usual, ben: 'member' } as const
  expect(hiders(dans, [hide('ben', dans, 1, before)])).toEqual([])
  // Its author names a roster in which nobody knows Dan.
  expect(hiders(dans, [hide('ben', dans, 1, { anna: 'owner', ben: 'moderator' })])).toEqual([])
  const facts = { ...factsOf([], usual), named: () => null }
  expect(foldModeration([dans], [place(hide('ben', dans, 1))], facts).size).toBe(0)
})

test('[MOD2] what somebody hid ends with their right, but for what somebody above them lets stand', () => {
  const dans = message('dan')
  const [early, late] = [hide('ben', dans, 4), hide('ben', dans, 6)]
  const demoted = { ...usual, ben: 'member' } as const
  expect(hiders(dans, [early], demoted)).toEqual([])
  const word = stand('anna', 'ben', 5, 1, demoted)
  expect(hiders(dans, [early, word], demoted)).toEqual(['ben'])
  expect(hiders(dans, [late, word], demoted)).toEqual([])
  // A member's word is none, nor is that of a junior, nor one from before.
  expect(hiders(dans, [early, stand('dan', 'ben', 9, 1)], demoted)).toEqual([])
  expect(hiders(dans, [early, stand('carla', 'ben', 9, 1)], demoted)).toEqual([])
  expect(hiders(dans, [early, stand('anna', 'ben', 9, 1, demoted, 19)], demoted)).toEqual([])
  // Carla's word stands while she has the right, and then by Anna's.
  const carlas = stand('carla', 'ben', 5, 3, demoted)
  const both = { ...demoted, carla: 'member' } as const
  expect(hiders(dans, [early, carlas], demoted)).toEqual(['ben'])
  expect(hiders(dans, [early, carlas], both)).toEqual([])
  expect(hiders(dans, [early, carlas, stand('anna', 'carla', 3, 1, both, 50)], both)).toEqual(['ben'])
  // Two who lost it do not hold up each other.
  const bens = stand('ben', 'carla', 9, 2)
  expect(hiders(dans, [early, carlas, bens], both)).toEqual([])
})

test('[MOD2] of a device that is out it counts up to what was named of it first', () => {
  const dans = message('dan')
  expect(hiders(dans, [hide('ben', dans, 4)], usual, 4)).toEqual(['ben'])
  expect(hiders(dans, [hide('ben', dans, 5)], usual, 4)).toEqual([])
})

test('[MOD3] a message is shown again by whoever may overrule what hides it, and what they did not know of stays', () => {
  const dans = message('dan')
  const [bens, carlas] = [hide('ben', dans, 4), hide('carla', dans, 4)]
  expect(hiders(dans, [bens, carlas])).toEqual(['ben', 'carla'])
  expect(hiders(dans, [bens, carlas, show('ben', dans, 5, [bens, carlas])])).toEqual([])
  expect(hiders(dans, [bens, carlas, show('anna', dans, 1, [bens])])).toEqual(['carla'])
  expect(hiders(dans, [bens, show('carla', dans, 5, [bens])])).toEqual(['ben'])
  expect(hiders(dans, [bens, show('dan', dans, 5, [bens])])).toEqual(['ben'])
  // Again, after it was shown.
  expect(hiders(dans, [bens, show('ben', dans, 5, [bens]), hide('ben', dans, 6)])).toEqual(['ben'])
  // By somebody who lost the right to: then it did not happen.
  const demoted = { ...usual, carla: 'member' } as const
  expect(hiders(dans, [carlas, bens, show('carla', dans, 5, [carlas])], demoted)).toEqual(['ben'])
})

test('[MOD5] what names another branch of a chain, or is earlier than its message, hides nothing', () => {
  const dans = message('dan', 1, 10)
  expect(hiders(dans, [hide('ben', dans, 1, usual, 9)])).toEqual([])
  expect(hiders(dans, [hide('ben', dans, 1, usual, 10)])).toEqual(['ben'])
  const facts = { ...factsOf([hide('ben', dans, 1)], usual), recordAt: () => recordId(9) }
  expect(foldModeration([dans], [place(hide('ben', dans, 1))], facts).size).toBe(0)
})

const good = hide('ben', message('dan'), 1).entry as Extract<ModerationEntry, { kind: 'hide' }>
const lifts = [{ device: deviceOf('ben'), sequence: 1 }]
const faults: readonly [string, object][] = [
  ['without a message', { ...good, message: undefined }],
  ['of a message by its place alone', { ...good, message: { ...good.message, record: undefined } }],
  ['of a record that is no hash', { ...good, message: { ...good.message, record: 'ff' } }],
  ['of a device that is none', { ...good, message: { ...good.message, device: 'Dan' } }],
  ['of a record before the first', { ...good, message: { ...good.message, sequence: 0 } }],
  ['of half a place', { ...good, message: { ...good.message, index: 0.5 } }],
  ['at no time', { ...good, time: 2 ** 48 }],
  ['sent at no time', { ...good, sentAt: -1 }],
  ['that lifts nothing', { ...good, kind: 'show', lifts: [] }],
  ['that lifts without a list', { ...good, kind: 'show', lifts: {} }],
  ['that lifts half', { ...good, kind: 'show', lifts: [...lifts, null] }],
  ['that lifts without end', { ...good, kind: 'show', lifts: Array(maxLifts + 1).fill(lifts[0]) }],
  ['that lets nobody stand', { kind: 'stand', time: 1, sentAt: 1, sequence: 1 }],
  ['of another kind', { ...good, kind: 'erase' }],
]
for (const [what, value] of faults) {
  test(`[MOD5] an entry ${what} is passed over`, () => {
    expect(readEntry(value)).toBeNull()
  })
}

test('[MOD5] entries are read as they were written', () => {
  for (const entry of [good, { ...good, kind: 'show', lifts } as const, stand('anna', 'ben', 5, 1).entry]) {
    expect(readEntry(structuredClone(entry))).toEqual(entry)
  }
  const { entry } = message('dan')
  expect(readEntry({ ...good, ...entry })).toEqual(entry)
})

/** What three moderators did about two messages, each knowing some roster; and a roster of today. */
const roles = fc.constantFrom<Role>('admin', 'moderator', 'member')
const rosters = fc
  .record({ ben: roles, carla: roles, dan: roles })
  .map((some) => ({ anna: 'owner', ...some }))
const step = fc.record({
  by: fc.constantFrom(...names),
  what: fc.constantFrom('hide', 'hide', 'show', 'stand'),
  of: fc.nat(1),
  whose: fc.constantFrom<Name>('ben', 'carla', 'dan'),
  knows: fc.nat(2),
  upTo: fc.integer({ min: 1, max: 12 }),
  late: fc.nat(25),
})

test('[MOD4] the same entries and rosters hide the same messages, in any order and in any window', () => {
  fc.assert(
    fc.property(
      fc.tuple(rosters, rosters, rosters),
      fc.array(step, { minLength: 1, maxLength: 14 }),
      fc.infiniteStream(fc.nat()),
      (known, steps, choices) => {
        const messages = [message('dan', 1, 10), message('ben', 2, 25)] as const
        const acts: Act[] = []
        steps.forEach(({ by, what, of, whose, knows, upTo, late }, i) => {
          const target = messages[of === 0 ? 0 : 1]
          const roster = (known[knows % 3] ?? usual) as Roles
          const hides = acts.filter(({ entry }) => entry.kind === 'hide' && upTo % 2 === 0)
          const sequence = i + 3
          if (what === 'stand') acts.push(stand(by, whose, upTo, sequence, roster, 10 + late))
          else if (what === 'show' && hides.length > 0) acts.push(show(by, target, sequence, hides, roster))
          else acts.push(hide(by, target, sequence, roster, 10 + late))
        })
        const facts = factsOf(acts, known[0] as Roles, 14)
        const placed = acts.map(place)
        const shuffled = placed
          .map((act) => ({ act, at: choices.next().value }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ act }) => act)
        const [early, late] = messages
        const whole = foldModeration(messages, placed, facts)
        const other = foldModeration(messages.toReversed(), shuffled, facts)
        // A window that begins with the later message holds nothing that is older.
        const recent = shuffled.filter(({ entry }) => entry.time >= late.entry.time)
        const window = foldModeration([late], recent, facts)
        expect([other.get(early), other.get(late)]).toEqual([whole.get(early), whole.get(late)])
        expect(window.get(late)).toEqual(whole.get(late))
      },
    ),
    { numRuns: 2_000 },
  )
})
