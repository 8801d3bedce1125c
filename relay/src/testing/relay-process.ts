import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const main = join(dirname(fileURLToPath(import.meta.url)), '../main.ts')

/** A real relay in a process of its own, on a port and in a folder of its own. */
export class RelayProcess {
  readonly folder = mkdtempSync(join(tmpdir(), 'clique-relay-'))
  /** All that it said, on both of its outputs. */
  output = ''
  url = ''
  claim: string | null = null
  #child: ChildProcess | null = null

  get port(): number {
    return Number(new URL(this.url).port)
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  get isRunning(): boolean {
    return this.#child !== null
  }

  /** On the port that it had before, if it had one. Settles when it is ready, or with its exit code. */
  async start(...more: readonly string[]): Promise<number | 'ready'> {
    const port = this.url === '' ? '0' : String(this.port)
    const args = [main, '--data', this.folder, '--port', port, '--ready-json', ...more]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    return new Promise((resolve) => {
      let line = ''
      child.stderr.on('data', (bytes: Buffer) => (this.output += bytes.toString()))
      child.stdout.on('data', (bytes: Buffer) => {
        this.output += bytes.toString()
        line += bytes.toString()
        if (!line.includes('\n')) return
        const ready = JSON.parse(line) as { url: string; claim: string | null }
        this.url = ready.url
        this.claim = ready.claim
        line = ''
        resolve('ready')
      })
      child.once('exit', (code) => {
        this.#child = null
        resolve(code ?? -1)
      })
    })
  }

  /** Its exit code; null when it ended by the signal. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> {
    const child = this.#child
    if (child === null) return null
    return new Promise((resolve) => {
      child.once('exit', (code) => resolve(code))
      child.kill(signal)
    })
  }

  get #backup(): string {
    return `${this.folder}-backup`
  }

  /** Copies its folder while it stands still. */
  async backUp(): Promise<void> {
    await this.stop()
    cpSync(this.folder, this.#backup, { recursive: true })
    await this.start()
  }

  /** Goes on with what it was when it was backed up. */
  async restore(): Promise<void> {
    await this.stop()
    rmSync(this.folder, { recursive: true })
    cpSync(this.#backup, this.folder, { recursive: true })
    await this.start()
  }

  async remove(): Promise<void> {
    await this.stop('SIGKILL')
    for (const folder of [this.folder, this.#backup]) rmSync(folder, { recursive: true, force: true })
  }
}
