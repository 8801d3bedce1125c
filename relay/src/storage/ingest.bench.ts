import { join } from 'node:path'
import { inBenchFolder } from '../../../scripts/bench/bench-folder.ts'
import { median, ratio } from '../../../scripts/bench/figures.ts'
import type { Figure, Goal } from '../../../scripts/bench/figures.ts'
import { addTenant, batchOf } from '../testing/storage-samples.ts'
import { startMosquitto } from '../testing/mosquitto-peer.ts'
import { startNats } from '../testing/nats-peer.ts'
import type { IngestPeer } from '../testing/peer-process.ts'
import { SqliteStorage } from './sqlite-storage.ts'

const runs = 3
const runMs = 2_500
const size = 600
const connections = 8
const inFlight = 16

/** Messages that are acknowledged when they are on the disk, a second, with so many on their way at a time. */
async function perSecond(lanes: number, send: (lane: number) => Promise<unknown>): Promise<number> {
  let count = 0
  const start = performance.now()
  const work = async (lane: number): Promise<void> => {
    while (performance.now() - start < runMs) {
      await send(lane)
      count += 1
    }
  }
  await Promise.all(Array.from({ length: lanes }, (_, lane) => work(lane)))
  return (1000 * count) / (performance.now() - start)
}

async function ownRate(file: string, lanes: number): Promise<number> {
  const storage = new SqliteStorage(file)
  const { control } = await addTenant(storage, 1)
  const text = 'x'.repeat(size)
  const rate = await perSecond(lanes, () => storage.append(batchOf(control, [text])))
  await storage.close()
  return rate
}

async function peerRate(peer: IngestPeer): Promise<number> {
  const senders = await Promise.all(Array.from({ length: connections }, () => peer.connect()))
  const bytes = Buffer.alloc(size, 'x')
  const rate = await perSecond(connections * inFlight, (lane) => {
    const sender = senders[lane % connections]
    if (sender === undefined) throw new Error('a lane without a connection')
    return sender.send(bytes)
  })
  for (const sender of senders) sender.close()
  return rate
}

export function figures(): Promise<Figure[]> {
  return inBenchFolder(async (folder) => {
    const started = await Promise.all([startNats(join(folder, 'nats')), startMosquitto(join(folder, 'mqtt'))])
    const peers = started.map((start) => ({ ...start, rates: [] as number[] }))
    const [own, single]: [number[], number[]] = [[], []]
    try {
      // In turns, so that what else the machine does falls on all of them.
      for (let run = 0; run < runs; run++) {
        own.push(await ownRate(join(folder, `many-${run}`), connections * inFlight))
        single.push(await ownRate(join(folder, `one-${run}`), 1))
        for (const { peer, rates } of peers) if (peer !== null) rates.push(await peerRate(peer))
      }
    } finally {
      for (const { peer } of peers) await peer?.stop()
    }
    const what = 'the relay keeps up: durable messages/s of 600 B at the storage interface, 8 × 16 in flight'
    const against = (name: string, rates: number[], goal: Goal | null): Figure => ({
      kind: 'measured',
      what,
      against: name,
      value: ratio(own, rates),
      unit: 'ratio',
      goal,
      runs,
      detail: `${median(own).toFixed(0)} / ${median(rates).toFixed(0)} messages/s against ${name}`,
    })
    return [
      against('a commit per message on the same storage', single, { atLeast: 15 }),
      {
        kind: 'skipped',
        what,
        against: 'NATS JetStream, flushed before it acknowledges',
        why: 'it has a setting for that (sync_interval: always) from 2.10 on, and Debian has 2.9',
      },
      ...peers.map(({ name, peer, rates, goal, install }): Figure =>
        peer === null
          ? { kind: 'skipped', what, against: name, why: `not installed; ${install}` }
          : against(`${name} ${peer.version}, ${peer.promise}`, rates, goal),
      ),
    ]
  })
}
