import { beforeAll, describe, expect, test } from 'vitest'
import { toHex } from '../bytes.ts'
import { isCliqueError } from '../errors.ts'
import { isSealedRecordSize } from '../sealed-record.ts'
import { signerFromSeed } from '../signature.ts'
import { expectDamageRefused } from '../testing/damage.ts'
import { people } from '../testing/people.ts'
import type { Person } from '../testing/people.ts'
import { openPseudonym, pseudonymMailbox, sealPseudonym } from './pseudonym-note.ts'
import { controlMailbox } from './sending.ts'

const seed = 4711
const relay = new Uint8Array(32).fill(1)
const pseudonym = signerFromSeed(new Uint8Array(32).fill(2))
const consent = new Uint8Array(64).fill(4)
let anna: Person
let ben: Person
let sealed: Uint8Array

beforeAll(async () => {
  ;({ anna, ben } = await people(seed, 'anna', 'ben'))
  await anna.creates()
  const invitation = await anna.invites()
  await ben.joins(invitation, anna.items)
  await anna.receives(...ben.items)
  const parts = { relay, device: ben.device.signer, pseudonym, consent }
  sealed = await sealPseudonym(ben.log, parts, ben.random)
})

const codeOf = (opening: Promise<unknown>): Promise<string> =>
  opening.then(
    () => 'opened',
    (error: unknown) => (isCliqueError(error) ? error.code : String(error)),
  )

describe('the note of a pseudonym', () => {
  test('[PSN1] tells members whose it is and what it consents to, and has a size that records have', async () => {
    expect(await openPseudonym(anna.log, relay, sealed)).toEqual({
      device: ben.device.id,
      pseudonym: pseudonym.publicKey,
      consent,
    })
    expect(isSealedRecordSize(sealed.length)).toBe(true)
    expect(toHex(sealed)).not.toContain(toHex(pseudonym.publicKey))
  })

  test('[PSN1] is refused changed in any byte, at another relay, in another clique, and without the keys', async () => {
    await expectDamageRefused(sealed, (bytes) => openPseudonym(anna.log, relay, bytes))
    const elsewhere = new Uint8Array(32).fill(3)
    expect(await codeOf(openPseudonym(anna.log, elsewhere, sealed))).toBe('relay-not-this-one')
    const { carl } = await people(seed + 1, 'carl')
    await carl.creates()
    expect(await codeOf(openPseudonym(carl.log, relay, sealed))).toBe('item-open')
    const asOurs = { clique: carl.log.clique, keyring: anna.log.keyring }
    expect(await codeOf(openPseudonym(asOurs, relay, sealed))).toBe('operation-wrong-clique')
  })

  test('[PSN1] counts only with the signatures of the device and of the pseudonym', async () => {
    const says = { relay, device: ben.device.signer, pseudonym, consent }
    const forgeries = [
      { ...says, device: { publicKey: anna.device.signer.publicKey, sign: ben.device.signer.sign } },
      { ...says, pseudonym: { publicKey: pseudonym.publicKey, sign: ben.device.signer.sign } },
    ]
    for (const forged of forgeries) {
      const note = await sealPseudonym(ben.log, forged, ben.random)
      expect(await codeOf(openPseudonym(anna.log, relay, note))).toBe('signature-invalid')
    }
  })

  test('[PSN2] lies in a mailbox of its own at each relay, which members know', () => {
    const [mine, theirs] = [anna, ben].map(({ log }) =>
      pseudonymMailbox(controlMailbox(log).keyPair.seed, relay),
    )
    expect(mine).toEqual(theirs)
    const other = pseudonymMailbox(controlMailbox(anna.log).keyPair.seed, new Uint8Array(32).fill(3))
    expect(other.publicKey).not.toEqual(mine?.publicKey)
  })
})
