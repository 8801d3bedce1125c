import { join } from 'node:path'
import { buildClient } from './build.ts'
import { giveUp, root } from './run.ts'

/** `npm start`: the relay on this machine, serving the app too. Options go to the relay: `npm start -- --port 9000`. */
await buildClient().catch(giveUp)
process.argv.splice(1, 1, join(root, 'relay/src/main.ts'), '--app', join(root, 'client/dist'))
// In this very process: one less to forward signals to, and one less in memory.
await import('../relay/src/main.ts')
