import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { root } from '../../scripts/run.ts'

const READY_LIMIT_MS = 30_000
/** From SIGTERM to the end: what was acknowledged is finished, nothing more. */
const STOP_LIMIT_MS = 10_000

interface Ready {
  readonly url: string
  /** UDP port at which it answers STUN. */
  readonly stunPort: number | null
  readonly claim: string | null
}

/** A real relay in a process and a folder of its own, which a story may start, stop, kill and look into. */
export class Relay {
  readonly folder = mkdtempSync(join(tmpdir(), 'clique-relay-'))
  readonly #options: readonly string[]
  readonly #entry: readonly string[]
  #process: ChildProcess | null = null
  #ready: Ready | null = null
  #log = ''
  #hasBeenDown = false

  /** `entry`: what goes before its command, to run it somewhere else than here; it has to become that command. */
  constructor(options: readonly string[] = [], entry: readonly string[] = []) {
    this.#options = options
    this.#entry = entry
  }

  /** Where its app is; the same after every restart. */
  get url(): string {
    return this.#started.url
  }

  /** The link with which its owner claims it; null once that has happened. */
  get claim(): string | null {
    return this.#started.claim
  }

  get host(): string {
    return new URL(this.url).host
  }

  /** The one address that a browser may ask about itself. */
  get stun(): string | null {
    const { url, stunPort } = this.#started
    return stunPort === null ? null : `stun:${new URL(url).hostname}:${stunPort}`
  }

  get isRunning(): boolean {
    return this.#process !== null
  }

  /** Whether it has ever been stopped or killed, so that connections to it had to break. */
  get hasBeenDown(): boolean {
    return this.#hasBeenDown
  }

  get pid(): number {
    const pid = this.#process?.pid
    if (pid === undefined) throw new Error('the relay does not run')
    return pid
  }

  /** All that it said on both of its outputs, since the first start. */
  get log(): string {
    return this.#log
  }

  get #started(): Ready {
    if (this.#ready === null) throw new Error('the relay was never started')
    return this.#ready
  }

  async start(): Promise<void> {
    if (this.#process !== null) throw new Error('the relay runs already')
    // People's data belongs to the origin, so a relay comes back on the port that it had.
    const port = this.#ready === null ? '0' : new URL(this.#ready.url).port
    const args = [
      'relay/src/main.ts',
      '--data',
      this.folder,
      '--port',
      port,
      '--app',
      'client/dist',
      '--ready-json',
    ]
    const [program = process.execPath, ...rest] = [
      ...this.#entry,
      process.execPath,
      ...args,
      ...this.#options,
    ]
    const child = spawn(program, rest, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], HOME: this.folder, NODE_ENV: 'production' },
    })
    this.#process = child
    child.once('exit', () => {
      this.#process = null
    })
    child.stderr.on('data', (bytes: Buffer) => {
      this.#log += bytes.toString()
    })
    this.#ready = await this.#whenReady(child)
  }

  /** Asks it to finish and go, and gives its exit code. */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM')
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  /** Every file of its folder as it lies there, journals of the database included. */
  files(): { path: string; bytes: Buffer }[] {
    return readdirSync(this.folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => ({ path: path.slice(this.folder.length + 1), bytes: readFileSync(path) }))
  }

  async remove(): Promise<void> {
    if (this.#process !== null) await this.kill()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #whenReady(child: ChildProcess): Promise<Ready> {
    const { stdout } = child
    if (stdout === null) throw new Error('the relay has no output')
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => reject(new Error(`the relay ${why}; it said:\n${this.#log}`))
      const timer = setTimeout(() => {
        child.kill('SIGKILL')
        fail('was not ready in time')
      }, READY_LIMIT_MS)
      child.once('exit', (code, signal) => {
        clearTimeout(timer)
        fail(`ended with ${code ?? signal}`)
      })
      createInterface({ input: stdout }).on('line', (line) => {
        this.#log += `${line}\n`
        const ready = readReadyLine(line)
        if (ready === null) return
        clearTimeout(timer)
        resolve(ready)
      })
    })
  }

  #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const child = this.#process
    if (child === null) throw new Error('the relay does not run')
    this.#hasBeenDown = true
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        child.kill('SIGKILL')
        reject(
          new Error(`the relay did not end within ${STOP_LIMIT_MS} ms of ${signal}; it said:\n${this.#log}`),
        )
      }, STOP_LIMIT_MS)
      child.once('exit', (code) => {
        clearTimeout(timer)
        resolve(code)
      })
      child.kill(signal)
    })
  }
}

function readReadyLine(line: string): Ready | null {
  if (!line.startsWith('{"ready":true')) return null
  const { url, stunPort, claim } = JSON.parse(line) as Ready
  return { url: url.replace(/\/$/, ''), stunPort, claim }
}
