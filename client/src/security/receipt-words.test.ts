import type { MemberId, OperationId } from '@clique/crypto'
import { beforeAll, expect, test } from 'vitest'
import { membership } from '../words/english-membership.ts'
import { language } from '../words/language.svelte.ts'
import { isUnderWay, keysSentences, relaySentence, titleOf } from './receipt-words.ts'
import type { RelayForce, RemovalReceipt } from './removals-view.ts'

beforeAll(() => language.restore())

const named = (name: string, me = false) => ({ id: name as MemberId, name, me })
const relay: RelayForce = { peer: 'p', url: 'https://relay.example:8443', force: 'in-force', byMe: false }

const receipt = (made: Partial<RemovalReceipt>): RemovalReceipt => ({
  id: 'op' as OperationId,
  kind: 'removed',
  member: named('Ben'),
  device: null,
  by: [named('Anna')],
  heardAt: null,
  madeHere: false,
  following: 'on',
  hasNewKeys: true,
  confirmations: [],
  isConfirmed: false,
  relays: [relay],
  ...made,
})

test('what happened is said in one line, to whomever it concerns', () => {
  const title = (made: Partial<RemovalReceipt>) => titleOf(membership, receipt(made))
  expect(title({})).toBe('Anna removed Ben')
  expect(title({ by: [named('Anna', true)] })).toBe('You removed Ben')
  expect(title({ member: named('Ben', true) })).toBe('Anna removed you')
  expect(title({ by: [] })).toBe('Ben was removed')
  expect(title({ kind: 'left', by: [] })).toBe('Ben left')
  expect(title({ kind: 'device' })).toBe('A device of Ben was removed')
})

test('whoever is out is told what was heard until then, and that nothing is waited for', () => {
  const one = { member: named('Carla'), confirmed: 0, devices: 1 }
  const last = receipt({ following: 'ended', confirmations: [one] })
  const nothing = 'Nothing was heard of it here.'
  expect(keysSentences(membership, last)).toEqual([nothing])
  expect(keysSentences(membership, { ...last, hasNewKeys: false })).toEqual([nothing])
  const dora = { ...one, member: named('Dora'), confirmed: 1 }
  expect(keysSentences(membership, { ...last, confirmations: [one, dora] })).toEqual(['Arrived: Dora.'])
  const all = { ...last, confirmations: [dora], isConfirmed: true }
  expect(keysSentences(membership, all)).toEqual(['Arrived: Dora.'])
  for (const force of ['not-yet', 'unknown'] as const) {
    expect(relaySentence(membership, last, { ...relay, force })).toBe(nothing)
  }
  expect(isUnderWay(last)).toBe(false)
  expect(isUnderWay({ ...last, following: 'never' })).toBe(false)
  expect(isUnderWay({ ...last, following: 'on' })).toBe(true)
})

test('who has the new keys is told by name: wholly, in part, and who is still waited for', () => {
  const keys = (made: Partial<RemovalReceipt>) => keysSentences(membership, receipt(made))
  const one = (name: string, confirmed: number, devices: number, me = false) => ({
    member: named(name, me),
    confirmed,
    devices,
  })
  expect(keys({ hasNewKeys: false })).toEqual([membership.receipt.noKeys])
  expect(keys({ isConfirmed: true })).toEqual(['You have them. Ben does not.'])
  expect(keys({ confirmations: [one('Carla', 2, 2)], isConfirmed: true })).toEqual([
    'Everybody who is here has them. Ben does not.',
  ])
  const confirmations = [
    one('Anna', 0, 1, true),
    one('Carla', 2, 2),
    one('Dora', 1, 1),
    one('Emil', 1, 2),
    one('Frida', 0, 1),
    one('Gone', 0, 0),
  ]
  expect(keys({ confirmations })).toEqual([
    'Arrived: Carla and Dora.',
    'In part: Emil, on 1 of 2 devices.',
    'Still to come: Frida and your other devices. They get them when they are back.',
  ])
})

test('a relay that has not heard of it says so, with what that waits for', () => {
  const sentence = (made: Partial<RelayForce>) =>
    relaySentence(membership, receipt({}), { ...relay, ...made })
  expect(sentence({})).toMatch(/^In force: relay\.example:8443 /)
  expect(sentence({ force: 'not-yet', byMe: true })).toMatch(/This device tells it/)
  expect(sentence({ force: 'not-yet' })).toMatch(/Until then Ben can still fetch/)
  expect(sentence({ force: 'unknown' })).toMatch(/has not been asked yet/)
})

test('it is under way until everybody has the keys and every relay goes by them', () => {
  expect(isUnderWay(receipt({ isConfirmed: true }))).toBe(false)
  expect(isUnderWay(receipt({ isConfirmed: false }))).toBe(true)
  expect(isUnderWay(receipt({ isConfirmed: true, hasNewKeys: false }))).toBe(true)
  expect(isUnderWay(receipt({ isConfirmed: true, relays: [relay, { ...relay, force: 'unknown' }] }))).toBe(
    true,
  )
})
