import { findBrowser } from './browser.ts'
import { buildClient } from './build.ts'
import { findFirefox } from './firefox.ts'
import { findNetworkTools } from './network-tools.ts'
import { giveUp, run } from './run.ts'

/** `npm run e2e -- NAME`: the browser stories whose file or title has NAME in it, all of them without. */
const [name, ...options] = process.argv.slice(2)
await buildClient().catch(giveUp)
await findNetworkTools()
const pattern = name === undefined ? [] : name.startsWith('-') ? [name] : ['--grep', name]
const { ok } = await run('playwright', ['test', '--config', 'e2e', ...pattern, ...options], {
  CLIQUE_CHROMIUM: await findBrowser().catch(giveUp),
  CLIQUE_FIREFOX: (await findFirefox().catch(giveUp)) ?? '',
})
if (!ok) process.exitCode = 1
