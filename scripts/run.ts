import { spawn } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** What a command ended with; `crashed` when it never started or was killed. */
export interface Ended {
  readonly ok: boolean
  readonly seconds: number
}

/** Runs a tool of node_modules/.bin or PATH in the project's root and shows what it says. Never rejects. */
export function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const started = performance.now()
  return new Promise((resolve) => {
    const end = (ok: boolean): void => resolve({ ok, seconds: (performance.now() - started) / 1000 })
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env },
      shell: process.platform === 'win32',
    })
    child.on('error', (error) => {
      console.error(`${command} could not be started: ${error.message}`)
      end(false)
    })
    child.on('exit', (code) => end(code === 0))
  })
}

/** The same for a tool that talks of what no reader can change: it is heard only when it fails. Never rejects. */
export function runQuietly(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  const started = performance.now()
  return new Promise((resolve) => {
    const said: Buffer[] = []
    const end = (ok: boolean): void => {
      if (!ok) process.stderr.write(Buffer.concat(said))
      resolve({ ok, seconds: (performance.now() - started) / 1000 })
    }
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
      shell: process.platform === 'win32',
    })
    for (const output of [child.stdout, child.stderr]) output.on('data', (bytes: Buffer) => said.push(bytes))
    child.on('error', (error) => {
      said.push(Buffer.from(`${command} could not be started: ${error.message}\n`))
      end(false)
    })
    child.on('close', (code) => end(code === 0))
  })
}

/** Ends a script whose step failed: that step has said why, so a stack of ours would only hide it. */
export function giveUp(error: unknown): never {
  console.error(error instanceof Error ? error.message : String(error))
  process.exit(1)
}
