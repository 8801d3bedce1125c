import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from './run.ts'

/** A check of the source as it stands: no test of it runs. */
export interface Check {
  readonly name: string
  readonly run: () => Promise<boolean>
}

type Command = readonly [string, ...string[]]

/** One after the other: two compilers at once are no faster on two cores that others use too. */
async function all(commands: readonly Command[]): Promise<boolean> {
  let ok = true
  for (const [command, ...args] of commands) {
    const ended = await run(command, args)
    if (!ended.ok) console.error(`failed: ${[command, ...args].join(' ')}`)
    ok &&= ended.ok
  }
  return ok
}

/** Each workspace sees only what is there where its code runs; tests get Node on top. */
const configs = [
  'crypto/tsconfig.json',
  'crypto/tsconfig.test.json',
  'relay/protocol/tsconfig.json',
  'relay/tsconfig.json',
  'client/tsconfig.test.json',
  'client/tsconfig.worker.json',
  'e2e/tsconfig.json',
  'scripts/tsconfig.json',
]

export const checks: readonly Check[] = [
  { name: 'format', run: () => all([['prettier', '--check', '--log-level', 'warn', '.']]) },
  { name: 'lint', run: () => all([['oxlint'], ['node', 'scripts/ranks.ts']]) },
  { name: 'rules', run: () => all([['node', 'scripts/rules.ts']]) },
  {
    name: 'types',
    run: () =>
      all([
        ...configs.filter((path) => existsSync(join(root, path))).map((path): Command => ['tsc', '-p', path]),
        // Reads the client's TypeScript too, and the accessibility of its markup.
        [
          'svelte-check',
          '--workspace',
          'client',
          '--tsconfig',
          './tsconfig.json',
          '--fail-on-warnings',
          '--output',
          'human',
        ],
      ]),
  },
]
