import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findBrowser } from './browser.ts'
import { buildClient } from './build.ts'
import { giveUp, root, run } from './run.ts'

/**
 * `npm run screens -- NAME`: pictures of every page and state of the app at three sizes, in light and dark and in every
 * language, taken in a real browser at a real relay; NAME is a scene of `e2e/screens`, all of them without.
 */
const [name] = process.argv.slice(2)
await buildClient().catch(giveUp)
const pattern = name === undefined ? [] : ['--grep', name]
const { ok } = await run('playwright', ['test', '--config', 'e2e/screens/screens.config.ts', ...pattern], {
  CLIQUE_CHROMIUM: await findBrowser().catch(giveUp),
})
console.log(`look at ${writeIndex(join(root, 'test-results/screens'))}`)
if (!ok) process.exitCode = 1

/** A page with all pictures that there are, one line for each state. */
function writeIndex(folder: string): string {
  const files = readdirSync(folder).filter((file) => file.endsWith('.png'))
  const states = Map.groupBy(files, (file) => file.slice(0, file.indexOf('.')))
  const lines = [...states].map(([state, pictures]) => {
    const links = pictures.map(
      (file) => `<a href="${file}"><img src="${file}" alt="${file}" height="370" loading="lazy" /></a>`,
    )
    return `<h2>${state}</h2><p>${links.join('')}</p>`
  })
  const style = 'body{font:16px system-ui;background:#999}p{display:flex;gap:8px;overflow-x:auto}'
  const path = join(folder, 'index.html')
  writeFileSync(path, `<!doctype html><title>Screens</title><style>${style}</style>${lines.join('\n')}`)
  return path
}
