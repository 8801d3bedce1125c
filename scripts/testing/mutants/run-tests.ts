import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { root } from '../../run.ts'
import type { Change } from './mutant.ts'
import type { Run } from './test-run.ts'

/** Milliseconds for one order. A mutant that makes its tests hang longer than their own limits is not killed. */
const patienceMs = 300_000

export interface Order {
  /** Beginnings of paths. They are run one after the other, up to the first in which a test fails. */
  readonly files: readonly string[]
  /** Of the names of tests, a regular expression. */
  readonly pattern: string
  readonly change: Change | null
}

/** Runs tests, one order at a time, in a process that is started when the first comes, and anew where one ends it. */
export class TestRunner {
  #process: Promise<ChildProcess> | null = null
  readonly #seed: string

  /** `seed`: of the tests' random cases. */
  constructor(seed: string) {
    this.#seed = seed
  }

  async run(order: Order): Promise<Run> {
    this.#process ??= this.#start()
    const child = await this.#process
    const answer = await ask(child, order)
    if (answer !== null) return answer
    this.end()
    return { runs: [], isReached: true, failure: 'the tests neither passed nor failed' }
  }

  end(): void {
    void this.#process?.then((child) => child.kill('SIGKILL'))
    this.#process = null
  }

  #start(): Promise<ChildProcess> {
    const child = fork(fileURLToPath(new URL('test-process.ts', import.meta.url)), {
      cwd: root,
      env: { ...process.env, CLIQUE_SEED: this.#seed, NODE_ENV: 'test', VITEST: 'true' },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    return new Promise((resolve, reject) => {
      child.once('message', () => resolve(child))
      child.once('exit', (code) => reject(new Error(`vitest did not start: ${code}`)))
    })
  }
}

/** Null where no answer came: it ended, or took too long. */
function ask(child: ChildProcess, order: Order): Promise<Run | null> {
  return new Promise((resolve) => {
    const settle = (answer: Run | null): void => {
      clearTimeout(timer)
      child.off('message', settle).off('exit', ended)
      resolve(answer)
    }
    const ended = (): void => settle(null)
    const timer = setTimeout(ended, patienceMs)
    child.on('message', settle).on('exit', ended)
    child.send(order)
  })
}
