import type { Killer } from './killers.ts'
import type { Run } from './test-run.ts'

/** What became of a mutant. */
export type Verdict =
  | { readonly kind: 'killed'; readonly by: Killer }
  | { readonly kind: 'survived' }
  /** It says nothing about the tests: the file did not load, no test was run, or what was changed makes no sense. */
  | { readonly kind: 'broken'; readonly why: string }

/** Errors of a source that is wrong and not of one that is bad, and of a test that was waited for in vain. */
const nonsense =
  /^(ReferenceError|SyntaxError)\b|^TypeError: .* is not (a function|a constructor|iterable)|(Test|Hook) timed out/

export function judgeRun({ runs, isReached, failure }: Run): Verdict {
  if (failure !== undefined) return { kind: 'broken', why: firstLine(failure) }
  const tests = runs.flatMap(({ file, tests: own }) => own.map((test) => ({ ...test, file })))
  const failed = tests.find(({ state }) => state === 'failed')
  if (failed !== undefined) {
    const { file, title, message } = failed
    if (nonsense.test(message)) return { kind: 'broken', why: `${title}: ${firstLine(message)}` }
    return { kind: 'killed', by: { file, title } }
  }
  const [error] = runs.flatMap(({ errors }) => errors)
  if (error !== undefined) return { kind: 'broken', why: firstLine(error) }
  if (!isReached) return { kind: 'broken', why: 'no test loads the file' }
  if (!tests.some(({ state }) => state === 'passed')) return { kind: 'broken', why: 'no test was run' }
  return { kind: 'survived' }
}

/** What keeps tests from speaking for any mutant: they do not pass without one. */
export function troubleOf({ runs, failure }: Run): string[] {
  if (failure !== undefined) return [firstLine(failure)]
  return runs.flatMap(({ file, errors, tests }) => [
    ...errors.map((error) => `${file}: ${firstLine(error)}`),
    ...tests
      .filter(({ state }) => state === 'failed')
      .map(({ title, message }) => `${file}: ${title}: ${firstLine(message)}`),
  ])
}

export function hasPassed({ runs }: Run, { file, title }: Killer): boolean {
  const found = runs.filter((run) => run.file === file).flatMap(({ tests }) => tests)
  return found.some((test) => test.title === title && test.state === 'passed')
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
