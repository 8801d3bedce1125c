import { expect, test } from 'vitest'
import * as aead from './aead.ts'
import * as gcm from './aes-gcm.ts'
import * as hkdf from './hkdf.ts'
import * as hpke from './hpke.ts'
import * as front from './index.ts'
import * as schedule from './key-schedule.ts'
import * as mac from './mac.ts'
import * as media from './media.ts'
import * as record from './record.ts'
import * as recovery from './recovery.ts'
import * as vault from './vault.ts'
import * as door from './verify.ts'

test('[DOOR1] the relay’s door leads to nothing that makes, takes or gives a secret of a clique', () => {
  const closed = [aead, gcm, hkdf, hpke, schedule, mac, media, record, recovery, vault]
  const offered = new Set(Object.keys(door))
  for (const module of closed) {
    expect(Object.keys(module).filter((name) => offered.has(name))).toEqual([])
  }
  expect(
    [...offered].filter((name) => /seal[A-Z]|unwrap|derive|generate|seed|vault|secret/i.test(name)),
  ).toEqual([
    'isSealedChunkSize',
    'sealedChunkSize',
    'isSealedRecordSize',
    'maxSealedRecordSize',
    'sealedRecordOverhead',
  ])
})

test('[DOOR1] everything behind the relay’s door is behind the front door too', () => {
  const names = new Set(Object.keys(front))
  expect(Object.keys(door).filter((name) => !names.has(name))).toEqual([])
})
