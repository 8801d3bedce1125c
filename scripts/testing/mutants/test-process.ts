import { join, relative } from 'node:path'
import type { TestCase, TestModule } from 'vitest/node'
import { createVitest } from 'vitest/node'
import { root } from '../../run.ts'
import type { MutantSeat } from './mutant.ts'
import { mutantSeat } from './mutant.ts'
import type { Order } from './run-tests.ts'
import type { FileRun, Run } from './test-run.ts'

/**
 * A process of its own that has vitest stand by: what does not change is loaded once for all mutants, and each of them costs
 * what its tests cost. Does one order after another, and answers each.
 */
const seat: MutantSeat = { change: null, isReached: false }
Object.assign(globalThis, { [mutantSeat]: seat })

const vitest = await createVitest('test', {
  root,
  watch: false,
  project: ['crypto', 'relay', 'client', 'browser'],
  maxWorkers: 1,
  bail: 1,
  reporters: [{}],
})
await vitest.standalone()

async function follow({ files, pattern, change }: Order): Promise<Run> {
  // Loaded anew with it, and once more without it.
  if (change !== null) vitest.invalidateFile(join(root, change.file))
  Object.assign(seat, { change, isReached: false })
  vitest.setGlobalTestNamePattern(pattern)
  const found = await vitest.globTestSpecifications([...files])
  // A page is only waited for where it is named.
  const specifications = found.filter(
    ({ moduleId, project }) => !project.name.startsWith('browser') || files.includes(pathOf(moduleId)),
  )
  const runs: FileRun[] = []
  for (const specification of specifications) {
    const { testModules, unhandledErrors } = await vitest.runTestSpecifications([specification])
    const { moduleId } = specification
    const ran = testModules.filter((one) => one.moduleId === moduleId).map(readModule)
    const stray = unhandledErrors.map(messageOf)
    runs.push(...ran.map((one) => ({ ...one, errors: [...one.errors, ...stray] })))
    if (runs.some(({ tests, errors }) => errors.length > 0 || tests.some(({ state }) => state === 'failed')))
      break
  }
  const { isReached } = seat
  seat.change = null
  if (change !== null) vitest.invalidateFile(join(root, change.file))
  return { runs, isReached }
}

/** From the project's root. */
function pathOf(moduleId: string): string {
  return relative(root, moduleId).replaceAll('\\', '/')
}

function readModule(module: TestModule): FileRun {
  return {
    file: pathOf(module.moduleId),
    errors: module.errors().map(messageOf),
    tests: [...module.children.allTests()].map(readTest),
  }
}

function readTest(test: TestCase): FileRun['tests'][number] {
  const { state, errors } = test.result()
  return { title: test.fullName, state, message: errors?.[0] === undefined ? '' : messageOf(errors[0]) }
}

function messageOf(error: unknown): string {
  const { name, message } = error as { name?: unknown; message?: unknown }
  return `${String(name)}: ${String(message)}`
}

process.on('message', (order: Order) => {
  void follow(order).then(
    (run) => process.send?.(run),
    (error: unknown) => process.send?.({ runs: [], isReached: seat.isReached, failure: String(error) }),
  )
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
