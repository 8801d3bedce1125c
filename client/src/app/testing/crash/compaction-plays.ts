import type { SpaceId } from '@clique/crypto'
import { expect, vi } from 'vitest'
import { compactOwn, leastCarried } from '../../../documents/compact-own.ts'
import type { TestMember } from '../../../documents/testing/members.ts'
import { hears } from '../../../documents/testing/readers.ts'
import type { CliqueSession } from '../../../documents/clique-session.ts'
import { readRecordsAfter } from '../../../storage/records.ts'
import { quietTime, relayPeer, takeIn } from './paths.ts'
import type { Reception } from './paths.ts'
import { annaAndBen } from './plays.ts'
import type { Play } from './plays.ts'
import { textsIn } from './soundness.ts'

const texts = Array.from({ length: leastCarried }, (_, i) => `${i}`)

/** Anna has said so much that it pays to carry it in one record, and the relay has it. */
async function talks(anna: TestMember): Promise<void> {
  for (const text of texts) await anna.says(text)
  await hears(anna, await anna.records(), relayPeer)
}

async function rowsIn(session: CliqueSession, space: SpaceId) {
  const { place } = await session.documents(space)
  return readRecordsAfter(session.store, place, 0)
}

const compact: Play = {
  name: 'carrying records in one',
  path: 'compact',
  stopsWriter: false,
  begin: () =>
    annaAndBen(async (anna) => {
      const { space } = anna
      await talks(anna)
      return {
        input: {},
        async check(session, { kept }) {
          const rows = await rowsIn(session, space)
          const isCarried = rows.some(({ first }) => first !== undefined)
          if (kept.length > 0) expect(isCarried).toBe(true)
          expect(rows).toHaveLength(isCarried ? 1 : leastCarried)
          // The window begins with the newest fifty.
          expect(await textsIn(session, space)).toEqual(texts.slice(-50))
        },
      }
    }),
}

const takeInCompaction: Play = {
  name: 'taking in a record that carries others',
  path: 'receive',
  stopsWriter: false,
  begin: () =>
    annaAndBen(async (anna, ben) => {
      const { space } = anna
      await talks(anna)
      const old = await anna.records()
      await hears(ben, old.slice(0, 20), relayPeer)
      anna.clockError += quietTime
      await anna.session.write(space, compactOwn)
      anna.clockError -= quietTime
      const carrying = await anna.records()
      expect(carrying).toHaveLength(1)
      const receptions: readonly Reception[] = [
        { kind: 'records', bytes: old.slice(30, 40) },
        { kind: 'records', bytes: carrying },
        { kind: 'records', bytes: old.slice(10) },
      ]
      return {
        walker: ben,
        taker: anna,
        input: { receptions },
        async check(session, { kept }) {
          for (const reception of receptions.slice(kept.length)) await takeIn(session, space, reception)
          await vi.waitUntil(async () => (await rowsIn(session, space)).length === 1, { timeout: 30_000 })
          expect(await textsIn(session, space)).toEqual(texts.slice(-50))
        },
      }
    }),
}

export const compactionPlays: readonly Play[] = [compact, takeInCompaction]
