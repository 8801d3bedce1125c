import { bytesToId, emptyKeyring, startLog } from '@clique/crypto'
import type { EpochId } from '@clique/crypto'
import { expect, test } from 'vitest'
import { maxStrayWraps, noteFaults } from './wrap-faults.ts'

const nothing = { bad: new Set<EpochId>(), wrong: new Set<EpochId>() }
const epoch = (n: number) => bytesToId('epoch', new Uint8Array(32).fill(n))
const log = startLog(bytesToId('clique', new Uint8Array(32)))

function knowing(...epochs: readonly EpochId[]) {
  const [genesis] = epochs
  if (genesis === undefined) return log
  const info = { id: genesis, counts: true } as never
  return {
    ...log,
    state: { ...log.state, epochs: new Map(epochs.map((id) => [id, info])), epochHeads: epochs },
  }
}

test('[DTY6] wraps of epochs that nobody began crowd out no others but their like', () => {
  const real = epoch(255)
  let faults = noteFaults(nothing, { badWraps: [real], wrongWraps: [] }, knowing(real))
  for (let n = 0; n < 3 * maxStrayWraps; n++) {
    faults = noteFaults(faults, { badWraps: [epoch(n)], wrongWraps: [] }, knowing(real))
  }
  const latest = Array.from({ length: maxStrayWraps }, (_, i) => epoch(2 * maxStrayWraps + i))
  expect([...faults.bad]).toEqual([real, ...latest])
})

test('[DTY6] what was mended or is followed is forgotten', () => {
  const [a, b] = [epoch(1), epoch(2)]
  const faults = noteFaults(nothing, { badWraps: [a, b], wrongWraps: [a, b] }, knowing(a, b))
  expect([...faults.wrong]).toEqual([a, b])
  const held = {
    epoch: a,
    space: null,
    secret: null,
    controlKey: null,
    contentRoot: new Uint8Array(32),
    archiveWrapKey: null,
    signingKey: null,
    terms: null,
  }
  const keyring = { ...emptyKeyring, epochs: new Map([[a, held]]) }
  const later = noteFaults(faults, { badWraps: [], wrongWraps: [] }, { ...knowing(b), keyring })
  expect([[...later.bad], [...later.wrong]]).toEqual([[b], [b]])
})
