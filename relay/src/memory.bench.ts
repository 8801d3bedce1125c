import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Libp2p } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { build } from 'vite'
import { inBenchFolder } from '../../scripts/bench/bench-folder.ts'
import { median, ratio } from '../../scripts/bench/figures.ts'
import type { Figure } from '../../scripts/bench/figures.ts'
import { Device, makeNode } from './testing/device.ts'
import { TenantKeys } from './testing/tenant-keys.ts'

const runs = 3
/** Connected in one run alone, as it takes long; a thousand leave no room for chance. */
const sessions = 1_000
/** Devices that connect at once: none may wait for its handshake until its time is over. */
const atOnce = 3
/** From the start, and from the last connection, to the reading. */
const settleMs = 5_000

const here = dirname(fileURLToPath(import.meta.url))
const project = dirname(dirname(here))

interface Weighed {
  readonly idle: number
  /** Where nobody connected. */
  readonly perSession: number | null
}

/** Resident memory of our relay and of a bare circuit relay, both bundled, in turns. */
export async function figures(): Promise<Figure[]> {
  const what = 'it fits a small computer: '
  const against = `a bare js-libp2p ${versionOf('libp2p')} circuit relay (${versionOf('@libp2p/circuit-relay-v2')})`
  if (process.platform !== 'linux') {
    return [
      {
        kind: 'skipped',
        what: `${what}memory of the relay`,
        against,
        why: 'read from /proc, which is here on Linux alone',
      },
    ]
  }
  return inBenchFolder(async (folder) => {
    const own = await bundle('main.ts', join(folder, 'own'))
    const other = await bundle('testing/bare-relay.ts', join(folder, 'bare'))
    const [ours, bare]: [Weighed[], Weighed[]] = [[], []]
    for (let run = 0; run < runs; run++) {
      const data = ['--data', join(folder, `data-${run}`)]
      const isFull = run === 0
      ours.push(await weigh([own, ...data, '--port', '0', '--ready-json'], isFull ? connectOwn : null))
      bare.push(await weigh([other], isFull ? connectBare : null))
    }
    const compare = (kind: keyof Weighed, of: string, atMost: number): Figure => {
      const weights = (all: readonly Weighed[]): number[] => all.flatMap((one) => one[kind] ?? [])
      const [mine, theirs] = [weights(ours), weights(bare)]
      return {
        kind: 'measured',
        what: what + of,
        against,
        value: ratio(mine, theirs),
        unit: 'ratio',
        goal: { atMost },
        runs: mine.length,
        detail: `${median(mine).toFixed(0)} KiB / ${median(theirs).toFixed(0)} KiB`,
      }
    }
    return [
      compare('idle', 'idle resident memory of the relay', 1.25),
      compare(
        'perSession',
        `resident memory per attested session, of ${sessions}; of the peer per connection`,
        1.2,
      ),
    ]
  })
}

async function weigh(
  args: readonly string[],
  connectMany: ((greeting: string) => Promise<readonly { close(): Promise<void> }[]>) | null,
): Promise<Weighed> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const greeting = await firstLine(child)
    await wait(settleMs)
    const idle = residentKiB(child)
    if (connectMany === null) return { idle, perSession: null }
    const devices = await connectMany(greeting)
    await wait(settleMs)
    const full = residentKiB(child)
    await Promise.all(devices.map((device) => device.close()))
    return { idle, perSession: (full - idle) / sessions }
  } finally {
    child.kill('SIGKILL')
  }
}

async function connectOwn(greeting: string): Promise<Device[]> {
  const { url, claim } = JSON.parse(greeting) as { url: string; claim: string | null }
  const keys = new TenantKeys(1)
  const first = await Device.claim(url, claim, keys)
  const others = await inGroups(sessions - 1, async () => {
    const device = await Device.hello(url)
    await device.ask(keys.prove(device.facts), 'attested')
    return device
  })
  return [first, ...others]
}

function connectBare(greeting: string): Promise<{ close(): Promise<void> }[]> {
  return inGroups(sessions, async () => {
    const node: Libp2p = await makeNode()
    await node.dial(multiaddr(greeting))
    return { close: async () => node.stop() }
  })
}

async function inGroups<T>(count: number, make: () => Promise<T>): Promise<T[]> {
  const made: T[] = []
  while (made.length < count) {
    const size = Math.min(atOnce, count - made.length)
    made.push(...(await Promise.all(Array.from({ length: size }, make))))
  }
  return made
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout?.on('data', (bytes: Buffer) => {
      text += bytes.toString()
      const end = text.indexOf('\n')
      if (end !== -1) resolve(text.slice(0, end))
    })
    child.once('exit', () => reject(new Error('a relay ended before it was ready')))
  })
}

function residentKiB({ pid }: ChildProcess): number {
  const found = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  if (found === null) throw new Error('a relay that is not running')
  return Number(found[1])
}

/** One file with all that it needs, as a process of its own would be shipped. */
async function bundle(entry: string, outDir: string): Promise<string> {
  await build({
    configFile: false,
    root: project,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: {
      ssr: join(here, entry),
      outDir,
      emptyOutDir: true,
      target: 'node24',
      rolldownOptions: { output: { entryFileNames: 'bundle.mjs', codeSplitting: false } },
    },
  })
  return join(outDir, 'bundle.mjs')
}

function versionOf(name: string): string {
  const file = join(project, 'node_modules', name, 'package.json')
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
