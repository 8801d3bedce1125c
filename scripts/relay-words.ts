import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { root } from './run.ts'

/** What the relay's log may have of an error: see `describeError` of `relay/src/main.ts`. */
interface LoggedError {
  readonly name?: unknown
  readonly code?: unknown
  readonly stack?: unknown
}

/** A line of the relay's log, which is JSON by pino. */
interface LogLine {
  /** 30 what happened, 40 a warning, 50 an error, 60 the relay ends by it. */
  readonly level: number
  readonly msg: string
  readonly error?: LoggedError
}

const errorLevel = 50
const fatalLevel = 60

/** What a line on the relay's error output says to a person, or null where that has been said to them otherwise. */
export function sentenceOf(line: string): string | null {
  const logged = readLogLine(line)
  if (logged === null) return line
  const { level, msg, error } = logged
  if (level >= fatalLevel) return `Something failed, and the relay stops: ${msg}${causeOf(error)}.`
  if (level >= errorLevel) return `Something failed, and the relay goes on: ${msg}${causeOf(error)}.`
  // The address and the claim link say it.
  if (msg === 'ready') return null
  return msg === 'stopped' ? 'Clique has stopped.' : `The relay: ${msg}.`
}

/** Such as " (TypeError ERR_X in relay/src/relay.ts:12:3)", for whoever looks for the cause. */
function causeOf(error: LoggedError | undefined): string {
  if (error === undefined) return ''
  const frames = Array.isArray(error.stack) ? error.stack.map(String) : []
  const place = frames.map((frame) => /(?:relay|crypto)\/\S+:\d+:\d+/.exec(frame)?.[0]).find(Boolean)
  const parts = [error.name, error.code, place === undefined ? undefined : `in ${place}`]
  const said = parts.filter((part) => typeof part === 'string' || typeof part === 'number')
  return said.length === 0 ? '' : ` (${said.join(' ')})`
}

function readLogLine(line: string): LogLine | null {
  if (!line.startsWith('{"level":')) return null
  try {
    const logged = JSON.parse(line) as Partial<LogLine>
    const isLogged = typeof logged.level === 'number' && typeof logged.msg === 'string'
    return isLogged ? (logged as LogLine) : null
  } catch {
    // Something else that begins alike: it is shown as it is.
    return null
  }
}

/** Runs the relay in a process of its own and passes on in words what it logs; all else as it is. */
export function startInWords(
  args: readonly string[],
  say: (text: string) => void,
  stdout: 'inherit' | 'pipe' = 'inherit',
): ChildProcess {
  const child = spawn(process.execPath, [join(root, 'relay/src/main.ts'), ...args], {
    stdio: ['ignore', stdout, 'pipe'],
  })
  const { stderr } = child
  if (stderr === null) throw new Error('the relay has no error output')
  createInterface({ input: stderr }).on('line', (line) => {
    const sentence = sentenceOf(line)
    if (sentence !== null) say(sentence)
  })
  return child
}
