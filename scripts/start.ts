import { join } from 'node:path'
import { buildClient } from './build.ts'
import { startInWords } from './relay-words.ts'
import { giveUp, root } from './run.ts'

/** `npm start`: the relay on this machine, serving the app too. Options go to the relay: `npm start -- --port 9000`. */
await buildClient().catch(giveUp)
const app = ['--app', join(root, 'client/dist')]
if (process.stderr.isTTY) {
  const relay = startInWords([...app, ...process.argv.slice(2)], (text) => console.error(text))
  // A terminal asks the relay by itself; to be asked twice changes nothing.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => relay.kill(signal))
  relay.on('close', (code) => (process.exitCode = code ?? 1))
} else {
  process.argv.splice(1, 1, join(root, 'relay/src/main.ts'), ...app)
  // In this very process, with its log as it is: one less to forward signals to, and one less in memory.
  await import('../relay/src/main.ts')
}
