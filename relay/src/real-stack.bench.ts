import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { mailboxIdOf, paddedSize, sealedRecordOverhead } from '@clique/crypto/verify'
import { inBenchFolder } from '../../scripts/bench/bench-folder.ts'
import { median, ratio } from '../../scripts/bench/figures.ts'
import type { Figure } from '../../scripts/bench/figures.ts'
import { testKey } from '../protocol/testing/relay-key.ts'
import { Device } from './testing/device.ts'
import { startHocuspocus } from './testing/hocuspocus-peer.ts'
import type { Sender } from './testing/peer-process.ts'
import { RelayProcess } from './testing/relay-process.ts'
import { TenantKeys } from './testing/tenant-keys.ts'

const runs = 3
const runMs = 2_500
const connections = 8
const inFlight = 16
const single = 100
/** A sealed record as it is padded, near 600 bytes; the peer's messages are as long. */
const size = paddedSize(540) + sealedRecordOverhead
const box = testKey(230)
const mailbox = mailboxIdOf(box.publicKey)

/** Through libp2p, noise, yamux and the session, on the disk, with signed receipts; and Hocuspocus as it is. */
export function figures(): Promise<Figure[]> {
  return inBenchFolder(async (folder) => {
    const relay = new RelayProcess()
    const peer = await startHocuspocus(folder)
    const file = openSync(join(folder, 'plain'), 'w')
    const own: Sender[] = []
    const [ours, theirs, acks, flushes]: number[][] = [[], [], [], []]
    try {
      await relay.start()
      own.push(...(await connectOwn(relay)))
      for (let run = 0; run < runs; run++) {
        ours?.push(await perSecond(own))
        const senders = await Promise.all(Array.from({ length: connections }, () => peer.connect()))
        theirs?.push(await perSecond(senders))
        for (const sender of senders) sender.close()
        const one = own[0]
        if (one === undefined) throw new Error('nobody is connected')
        const { ack, flush } = await oneByOne(one, file)
        acks?.push(ack)
        flushes?.push(flush)
      }
    } finally {
      closeSync(file)
      for (const sender of own) sender.close()
      await peer.stop()
      await relay.remove()
    }
    const what = `through the real stack (libp2p, noise), messages of ${size} B`
    return [
      {
        kind: 'measured',
        what: `${what}: accepted a second with receipts, ${connections} × ${inFlight} in flight`,
        against: `Hocuspocus ${peer.version} with SQLite, ${peer.promise}`,
        value: ratio(ours ?? [], theirs ?? []),
        unit: 'ratio',
        goal: { atLeast: 1 },
        runs,
        detail: `${median(ours ?? []).toFixed(0)} / ${median(theirs ?? []).toFixed(0)} messages/s`,
      },
      {
        kind: 'measured',
        what: `${what}: from sending one to its receipt, p50`,
        against: 'one write of as many bytes with fdatasync on the same disk, p50',
        value: ratio(acks ?? [], flushes ?? []),
        unit: 'ratio',
        goal: null,
        runs,
        detail: `${median(acks ?? []).toFixed(2)} ms / ${median(flushes ?? []).toFixed(2)} ms`,
      },
    ]
  })
}

async function connectOwn(relay: RelayProcess): Promise<Sender[]> {
  const keys = new TenantKeys(1)
  const devices = [await Device.claim(relay.url, relay.claim, keys)]
  while (devices.length < connections) {
    const device = await Device.hello(relay.url)
    await device.ask(keys.prove(device.facts), 'attested')
    devices.push(device)
  }
  return Promise.all(
    devices.map(async (device): Promise<Sender> => {
      await device.open(box, 'content')
      const keepUntil = Date.now() + 1e9
      return {
        send: async (bytes) => {
          await device.ask({ kind: 'append', mailbox, keepUntil, items: [bytes] }, 'stored')
        },
        close: () => void device.close(),
      }
    }),
  )
}

async function perSecond(senders: readonly Sender[]): Promise<number> {
  const bytes = Buffer.alloc(size, 'x')
  let count = 0
  const start = performance.now()
  const work = async (sender: Sender): Promise<void> => {
    while (performance.now() - start < runMs) {
      await sender.send(bytes)
      count += 1
    }
  }
  await Promise.all(senders.flatMap((sender) => Array.from({ length: inFlight }, () => work(sender))))
  return (1000 * count) / (performance.now() - start)
}

/** Medians in milliseconds, in turns. */
async function oneByOne(sender: Sender, file: number): Promise<{ ack: number; flush: number }> {
  const bytes = Buffer.alloc(size, 'x')
  const [acks, flushes]: [number[], number[]] = [[], []]
  for (let i = 0; i < single; i++) {
    const start = performance.now()
    await sender.send(bytes)
    const middle = performance.now()
    writeSync(file, bytes, 0, size, i * size)
    fdatasyncSync(file)
    acks.push(middle - start)
    flushes.push(performance.now() - middle)
  }
  return { ack: median(acks), flush: median(flushes) }
}
