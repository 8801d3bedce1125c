import { expect, test } from 'vitest'
import { equal } from './bytes.ts'
import { isCliqueError } from './errors.ts'
import { bytesToId } from './ids.ts'
import {
  decodeRecoveryEntries,
  encodeRecoveryEntries,
  recoveryMailboxSeedAt,
  type RecoveryEntry,
} from './recovery-list.ts'
import {
  makeRecoveryPhrase,
  openRecoveryList,
  phraseToSeed,
  recoveryListPair,
  recoveryMailboxSeed,
  sealRecoveryList,
} from './recovery.ts'
import { systemRandom } from './platform.ts'

const entry: RecoveryEntry = {
  clique: bytesToId('clique', new Uint8Array(32).fill(1)),
  member: bytesToId('member', new Uint8Array(32).fill(2)),
  salt: new Uint8Array(16).fill(3),
  controlMailboxSeed: new Uint8Array(32).fill(4),
  relays: [{ url: 'https://relay.example', peer: '12D3KooWRelay' }],
}

test('[RCL1] the words open the list of cliques that the device sealed without them', async () => {
  const seed = phraseToSeed(makeRecoveryPhrase(systemRandom))
  const { publicKey, privateKey } = await recoveryListPair(seed)
  const sealed = await sealRecoveryList(publicKey, encodeRecoveryEntries([entry]))
  expect(decodeRecoveryEntries(await openRecoveryList(privateKey, sealed))).toEqual([entry])
})

test('[RCL2] a recovery list with a changed, missing or further byte is refused with a code', () => {
  const bytes = encodeRecoveryEntries([entry])
  const bad = [
    bytes.slice(0, -1),
    Uint8Array.of(...bytes, 0),
    encodeRecoveryEntries([{ ...entry, salt: new Uint8Array(15) }]),
  ]
  const changed = bytes.slice()
  changed[1] = 2
  for (const each of [...bad, changed]) {
    let thrown: unknown = null
    try {
      decodeRecoveryEntries(each)
    } catch (error) {
      thrown = error
    }
    expect(isCliqueError(thrown)).toBe(true)
  }
})

test('[RCL3] a person has an unrelated recovery mailbox at each relay', () => {
  const seed = recoveryMailboxSeed(phraseToSeed(makeRecoveryPhrase(systemRandom)))
  const here = recoveryMailboxSeedAt(seed, '12D3KooWA')
  expect(equal(here, recoveryMailboxSeedAt(seed, '12D3KooWB'))).toBe(false)
  expect(equal(here, recoveryMailboxSeedAt(seed, '12D3KooWA'))).toBe(true)
})
