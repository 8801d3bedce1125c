import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../../run.ts'
import { mutantVariable } from './mutant.ts'
import type { AppliedMutant, Mutant } from './mutant.ts'

/** Milliseconds for the tests of one mutant. One that makes them hang longer than their own limits is not killed. */
const patienceMs = 900_000

export interface Run {
  /** Vitest's JSON report; null where it wrote none. */
  readonly report: unknown
  /** Whether the mutated file was loaded. */
  readonly isReached: boolean
  readonly output: string
}

/**
 * Runs these tests in a process of their own, with or without a mutant. `seed`: of the tests' random cases. `workers`: so
 * many files at once.
 */
export async function runTests(
  files: readonly string[],
  pattern: string,
  seed: string,
  mutant: Mutant | null,
  workers = 1,
): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'clique-mutant-'))
  try {
    const [outputFile, mark] = [join(folder, 'report.json'), join(folder, 'reached')]
    const args = [
      'run',
      '--reporter=json',
      `--outputFile.json=${outputFile}`,
      '-t',
      pattern,
      `--maxWorkers=${workers}`,
    ]
    const output = await runVitest([...args, ...(mutant === null ? [] : ['--bail=1']), ...files], {
      CLIQUE_SEED: seed,
      ...(mutant && { [mutantVariable]: JSON.stringify(applied(mutant, mark)) }),
    })
    const report: unknown = existsSync(outputFile) ? JSON.parse(readFileSync(outputFile, 'utf8')) : null
    return { report, isReached: existsSync(mark), output }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function applied({ file, find, replace }: Mutant, mark: string): AppliedMutant {
  return { file, find, replace, mark }
}

/** What it said. Never rejects: whether it came to a report shows in the report. */
function runVitest(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve) => {
    const said: Buffer[] = []
    const child = spawn('vitest', args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
      shell: process.platform === 'win32',
      timeout: patienceMs,
    })
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => said.push(bytes))
    child.on('error', (error) => said.push(Buffer.from(error.message)))
    child.on('close', () => resolve(Buffer.concat(said).toString()))
  })
}
