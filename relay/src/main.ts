import encodeQR from 'qr'
import { pino } from 'pino'
import { FolderInUseError } from './data-folder.ts'
import { PortBusyError } from './http/public-port.ts'
import { OptionsError, readOptions, usage } from './options.ts'
import type { RelayOptions } from './options.ts'
import { startRelay } from './relay.ts'
import type { RunningRelay } from './relay.ts'

/** Log lines say what went wrong, never whose it was: of an error, its name, code and place in our own sources. */
const log = pino(
  { base: null, serializers: { error: describeError } },
  pino.destination({ dest: 2, sync: true }),
)

function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { name: typeof error }
  const code = 'code' in error ? error.code : undefined
  const stack = error.stack?.split('\n').filter((line) => line.startsWith('    at '))
  const cause = error.cause === undefined ? undefined : describeError(error.cause)
  return { name: error.name, code, stack, cause }
}

async function run(): Promise<void> {
  const options = readOptions(process.argv.slice(2), process.env)
  if (options === null) return say(usage)
  const relay = await startRelay(options, log)
  const stop = (): void => {
    relay.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.fatal({ error }, 'closing failed')
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  await greet(relay, options)
}

async function greet(relay: RunningRelay, { readyJson }: RelayOptions): Promise<void> {
  const claim = await relay.claimLink()
  if (readyJson) {
    const { origin: url, stunPort, webRtcPort } = relay
    return say(JSON.stringify({ ready: true, url, stunPort, webRtcPort, claim }))
  }
  say(`Clique is at ${relay.origin}`)
  if (claim === null) return
  say(
    `\nNobody has claimed this relay yet. Open this link to make the first clique; it works once:\n\n${claim}\n`,
  )
  say(encodeQR(claim, 'ascii', { border: 2 }))
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** One sentence for what people can do something about; anything else is our own bug and shown as one. */
function sentenceFor(error: unknown, port: string): string | null {
  if (error instanceof OptionsError) return `${error.message}\n\n${usage}`
  if (error instanceof PortBusyError) {
    return `Clique could not start: ${error.message}. Stop what uses it, or choose another with --port. (${port})`
  }
  if (error instanceof FolderInUseError) {
    return 'Clique could not start: another relay is already running on this data folder.'
  }
  return null
}

// A peer that vanishes in the middle of something inside the network library is no reason to stop for everybody.
process.on('unhandledRejection', (error) => log.error({ error }, 'a promise was left to fail'))
process.on('uncaughtException', (error) => {
  log.fatal({ error }, 'an error was not caught')
  process.exit(1)
})

try {
  await run()
} catch (error) {
  const hint = "the app's data belongs to its address, so no other port is taken by itself"
  const sentence = sentenceFor(error, hint)
  if (sentence === null) log.fatal({ error }, 'the relay could not start')
  process.stderr.write(
    `${sentence ?? `Clique could not start: ${error instanceof Error ? error.message : ''}`}\n`,
  )
  process.exit(1)
}
