import { afterEach, describe, expect, test } from 'vitest'
import { bytesToId, decode, readArray, readBytesUpTo, toHex } from '@clique/crypto'
import { keyToPeerId, openLogStatement } from '@clique/relay/protocol'
import { channelPair } from '../network/testing/channel-pair.ts'
import { LogCheckpoints } from './log-checkpoints.ts'
import { PeerLink } from './peer-link.ts'
import { LogDevice, honest, leavesOf, relayKey, statementOf } from './testing/log-device.ts'
import type { Story } from './testing/log-device.ts'
import { MemoryReplica } from './testing/memory-replica.ts'
import { makeTestClique } from './testing/test-clique.ts'

const deviceOf = (n: number) => bytesToId('device', new Uint8Array(32).fill(n))
const [ben, mallory] = [deviceOf(1), deviceOf(2)]

describe('a log that only grows', () => {
  test('[LOG1] is proven in every session, kept, and never an alarm', async () => {
    const device = new LogDevice()
    for (const count of [0, 1, 5, 5, 64, 65]) {
      await device.meets(honest(count))
      device.restart()
    }
    expect(device.forks).toBe(0)
    expect(device.proofs).toBe(4)
    await device.meets(honest(70), honest(70), honest(300))
    expect(device.forks).toBe(0)
  })

  test('[LOG2] is not accused by a relay that goes away before it has proven anything', async () => {
    const device = new LogDevice()
    await device.meets(honest(3))
    const before = device.kept
    await device.meets({ ...honest(5), proves: 'hangs-up' })
    expect(device.forks).toBe(0)
    expect(device.kept).toEqual(before)
    await device.meets(honest(6))
    expect(device.forks).toBe(0)
    expect(device.kept).not.toEqual(before)
  })
})

describe('a relay that', () => {
  const liars: Readonly<Record<string, Story>> = {
    'shows fewer leaves than before': honest(4),
    'shows none any more': honest(0),
    'shows as many, and others': { leaves: leavesOf(5, 'other') },
    'shows more, and others before them': { leaves: leavesOf(9, 'other') },
    'changed the last of those that were there': {
      leaves: [...leavesOf(4), ...leavesOf(5, 'other')],
    },
    'has no proof that what it shows is the same log': { ...honest(9), proves: 'nothing' },
    'has a wrong one': { ...honest(9), proves: 'nonsense' },
    'speaks of another tenant': { ...honest(9), tenant: 7 },
  }
  for (const [name, story] of Object.entries(liars)) {
    for (const isRestarted of [false, true]) {
      test(`[LOG3] ${name} is found out${isRestarted ? ', after a restart too' : ''}`, async () => {
        const device = new LogDevice()
        await device.meets(honest(5))
        const before = device.kept
        if (isRestarted) device.restart()
        await device.meets(story)
        expect(device.forks).toBe(1)
        // What it contradicts stays: after a restart it is found out again, and there is something to show.
        expect(device.kept).toEqual(before)
        device.restart()
        await device.meets(story)
        expect(device.forks).toBe(2)
      })
    }
  }

  test('[LOG3] goes back within a session is found out', async () => {
    const device = new LogDevice()
    await device.meets(honest(5), honest(8), honest(7))
    expect(device.forks).toBe(1)
  })
})

describe('a relay that shows others', () => {
  const mine = honest(5)
  const other = (count: number): Story => ({ leaves: leavesOf(count, 'other') })

  const proven = async ({ proof }: LogDevice) => {
    if (proof === null) throw new Error('there is a proof')
    const [, ...statements] = readArray(decode(proof), 3)
    const said = statements.map((one) => openLogStatement(readBytesUpTo(one, 8192), relayKey))
    return (await Promise.all(said)).map(({ size, root }) => `${size} ${toHex(root)}`)
  }

  test('[LOG4] another log of the same size has signed the proof of it, which is kept', async () => {
    const device = new LogDevice()
    await device.meets(mine)
    await device.watch.heard(ben, statementOf(other(5)))
    await device.watch.latest()
    expect(device.forks).toBe(1)
    expect(device.watch.isForked).toBe(true)
    const both = await proven(device)
    expect(both.map((one) => one.split(' ')[0])).toEqual(['5', '5'])
    expect(new Set(both).size).toBe(2)
    device.restart()
    await device.watch.latest()
    expect(device.watch.isForked).toBe(true)
  })

  for (const count of [3, 8, 12]) {
    test(`[LOG4] another log, of ${count} leaves, cannot prove that it is the same`, async () => {
      const device = new LogDevice()
      await device.meets(mine)
      await device.watch.heard(ben, statementOf(other(count)))
      await device.watch.latest()
      // Without the relay it is not known yet whether one of them grew out of the other.
      expect(device.forks).toBe(0)
      await device.meets(honest(9))
      expect(device.forks).toBe(1)
      expect((await proven(device)).some((one) => one.startsWith(`${count} `))).toBe(true)
    })
  }

  test('[LOG5] an earlier or later state of the same log is no alarm', async () => {
    const device = new LogDevice()
    await device.watch.heard(ben, statementOf(honest(2)))
    await device.meetsWhile(async () => {
      for (const count of [1, 3, 5, 7]) await device.watch.heard(ben, statementOf(honest(count)))
    }, honest(7))
    expect(device.forks).toBe(0)
    expect(device.watch.isForked).toBe(false)
  })

  test('[LOG5] is not accused while it does not answer', async () => {
    const device = new LogDevice()
    await device.meets(mine)
    await device.watch.heard(ben, statementOf(honest(4)))
    await device.meets({ ...mine, proves: 'hangs-up' })
    expect(device.forks).toBe(0)
    await device.meets(honest(6))
    expect(device.forks).toBe(0)
  })

  test('[LOG6] is asked nothing on account of what it did not sign, or signed for others', async () => {
    const device = new LogDevice()
    await device.meets(mine)
    const before = device.proofs
    const worthless = [
      statementOf(other(5), new Uint8Array(32).fill(77)),
      statementOf({ ...other(9), tenant: 8 }),
      statementOf(other(5)).slice(1),
      new Uint8Array(0),
      new Uint8Array(20_000),
    ]
    await device.meetsWhile(async () => {
      for (const statement of worthless) await device.watch.heard(ben, statement)
    }, mine)
    expect([device.forks, device.proofs]).toEqual([0, before])
  })

  test('[LOG7] is asked a bounded number of times for one device, and for all', async () => {
    const device = new LogDevice()
    const showAll = (devices: number) => async (): Promise<void> => {
      for (let count = 1; count < 200; count++) {
        await device.watch.heard(deviceOf(count % devices), statementOf(honest(count)))
        await device.watch.latest()
      }
    }
    await device.meetsWhile(showAll(1), honest(300))
    expect(device.proofs).toBe(4)
    device.restart()
    await device.meetsWhile(showAll(100), honest(300))
    expect(device.proofs).toBe(4 + 128)
    expect(device.forks).toBe(0)
  })

  test('[LOG7] cannot have the evidence of one device crowded out by what another shows', async () => {
    const device = new LogDevice()
    await device.meets(mine)
    await device.watch.heard(ben, statementOf(other(3)))
    const crowd = async (): Promise<void> => {
      for (let count = 10; count < 60; count++) await device.watch.heard(mallory, statementOf(honest(count)))
      await device.watch.heard(mallory, statementOf(honest(3)))
    }
    await crowd()
    await device.meetsWhile(crowd, honest(70))
    expect(device.forks).toBe(1)
    expect((await proven(device)).some((one) => one.startsWith('3 '))).toBe(true)
  })
})

/** A machine under load is slow; what is waited for comes all the same. */
const soon = { timeout: 20_000 }

describe('two devices of a clique', { timeout: 30_000 }, () => {
  /** Their links, and what each knows of the relay. */
  function link(...devices: [LogDevice, LogDevice]): void {
    const shared = makeTestClique(3)
    const [a, b] = ['anna', 'ben'].map((name) => new MemoryReplica(shared, name)) as [
      MemoryReplica,
      MemoryReplica,
    ]
    const checkpoints = devices.map((device) => {
      const all = new LogCheckpoints(() => [{ relay: { peer: keyToPeerId(relayKey) }, log: device.watch }])
      device.onVerified = () => all.changed()
      return all
    }) as [LogCheckpoints, LogCheckpoints]
    const [near, far] = channelPair()
    const later = () => () => undefined
    links.push(new PeerLink(near, b.device, { replica: a, checkpoints: checkpoints[0], later }))
    links.push(new PeerLink(far, a.device, { replica: b, checkpoints: checkpoints[1], later }))
  }
  const links: PeerLink[] = []
  afterEach(() => {
    for (const one of links.splice(0)) one.close()
  })

  test('[LOG8] find out a relay with two faces when they meet', async () => {
    const [anna, ben] = [new LogDevice(), new LogDevice()]
    await anna.meets(honest(5))
    await ben.meets({ leaves: leavesOf(5, 'for ben') })
    expect([anna.forks, ben.forks]).toEqual([0, 0])
    link(anna, ben)
    await expect.poll(() => [anna.forks, ben.forks], soon).toEqual([1, 1])
    expect(anna.proof).not.toBeNull()
  })

  test('[LOG8] tell each other of what they learn while they are linked', async () => {
    const [anna, ben] = [new LogDevice(), new LogDevice()]
    await anna.meets(honest(5))
    link(anna, ben)
    await ben.meets({ leaves: leavesOf(5, 'for ben') })
    await expect.poll(() => [anna.forks, ben.forks], soon).toEqual([1, 1])
  })

  test('[LOG8] that were shown the same have nothing to say against it', async () => {
    const [anna, ben] = [new LogDevice(), new LogDevice()]
    await anna.meets(honest(5))
    await ben.meets(honest(9))
    link(anna, ben)
    await anna.meets(honest(9))
    await ben.meets(honest(9))
    expect([anna.forks, ben.forks]).toEqual([0, 0])
  })
})
