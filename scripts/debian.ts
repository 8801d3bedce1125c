import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'

const INSTALL_LIMIT_MS = 300_000
/** Seconds to wait for another package manager that is at work. */
const LOCK_LIMIT_S = 120

/** Whether packages can be installed: on Debian and its like, and by root alone. */
export function mayInstall(): boolean {
  return existsSync('/usr/bin/apt-get') && process.getuid?.() === 0
}

/** Settles when it has ended, however it ended: what counts is whether the command is there afterwards. */
export async function installPackages(who: string, ...names: readonly string[]): Promise<void> {
  const lock = ['-o', `DPkg::Lock::Timeout=${LOCK_LIMIT_S}`]
  await runWithLimit(who, 'apt-get', [...lock, 'update'], INSTALL_LIMIT_MS)
  const install = [...lock, 'install', '-y', '--no-install-recommends', ...names]
  await runWithLimit(who, 'apt-get', install, INSTALL_LIMIT_MS)
}

/** Settles when the command has ended or its time in milliseconds is over. */
export function runWithLimit(who: string, command: string, args: string[], limit: number): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      // Whoever reads our output wants the result alone.
      stdio: ['ignore', 2, 2],
      detached: true,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
    const timer = setTimeout(() => {
      console.error(`${who}: ${command} took longer than ${limit / 1000} s`)
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    }, limit)
    const done = (): void => {
      clearTimeout(timer)
      resolve()
    }
    child.on('error', done)
    child.on('exit', done)
  })
}
