import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Goal } from '../../../scripts/bench/figures.ts'

export interface Sender {
  /** Settles when the peer has acknowledged it. */
  send(bytes: Buffer): Promise<void>
  close(): void
}

/** A server of others that takes messages in, started for a benchmark. */
export interface IngestPeer {
  readonly version: string
  /** What its acknowledgement promises. */
  readonly promise: string
  connect(): Promise<Sender>
  stop(): Promise<void>
}

export interface PeerStart {
  readonly name: string
  readonly goal: Goal | null
  /** How it is installed on Debian. */
  readonly install: string
  /** Null where it is not installed. */
  readonly peer: IngestPeer | null
}

const startLimitMs = 10_000
const stopLimitMs = 5_000

/** Debian keeps servers in folders that are not in everybody's PATH. */
export function findProgram(name: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null
}

/** The first number with dots that a program says of itself. */
export function versionOf(program: string, option: string): string {
  const { stdout, stderr } = spawnSync(program, [option], { encoding: 'utf8', timeout: startLimitMs })
  return /\d+(\.\d+)+/.exec(`${stdout}${stderr}`)?.[0] ?? 'of unknown version'
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}

/** Starts it and waits until it listens. @throws Error when it does not in ten seconds */
export async function startServer(program: string, args: string[], port: number): Promise<ChildProcess> {
  const child = spawn(program, args, { stdio: 'ignore' })
  let failure: Error | null = null
  child.once('error', (error) => (failure = error))
  const start = performance.now()
  while (performance.now() - start < startLimitMs && failure === null && child.exitCode === null) {
    const socket = await openSocket(port).catch(() => null)
    if (socket !== null) {
      socket.destroy()
      return child
    }
    await wait(50)
  }
  child.kill('SIGKILL')
  throw new Error(`${program} did not start`, { cause: failure })
}

export function openSocket(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket))
    socket.once('error', reject)
  })
}

export async function stopServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), stopLimitMs)
  await ended
  clearTimeout(timer)
}
