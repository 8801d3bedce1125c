import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { chromium } from '@playwright/test'
import { findBrowser } from '../scripts/browser.ts'
import { buildClient } from '../scripts/build.ts'
import { Person } from './harness/person.ts'
import { closeProfile, openProfile } from './harness/profile.ts'
import { Relay } from './harness/relay.ts'
import config from './playwright.config.ts'

/**
 * `npm run measure`: what people wait for and what a relay weighs, once, on this machine. Figures of different
 * machines do not compare; the benchmarks with ratios are another command.
 */
const settleMs = 10_000

async function seconds(task: () => Promise<unknown>): Promise<string> {
  const start = performance.now()
  await task()
  return `${((performance.now() - start) / 1000).toFixed(2)} s`
}

/** Resident memory as Linux tells it. */
function residentMiB(pid: number): string {
  const kib = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return `${(Number(kib) / 1024).toFixed(0)} MiB`
}

await buildClient()
const relay = new Relay()
const executablePath = await findBrowser()
const browser = await chromium.launch({ ...config.use?.launchOptions, executablePath })
const english = { locale: 'en-GB', viewport: { width: 1200, height: 800 } }
try {
  console.log(`relay, from its start to its first answer: ${await seconds(() => relay.start())}`)
  await wait(settleMs)
  console.log(`relay, resident and idle: ${residentMiB(relay.pid)}`)

  const annas = await openProfile(browser, 'Anna', relay, english)
  const anna = new Person('Anna', await annas.context.newPage(), annas)
  await anna.creates('Marmots')
  await anna.says('hello')
  const link = await anna.invites()

  const bens = await openProfile(browser, 'Ben', relay, english)
  const ben = new Person('Ben', await bens.context.newPage(), bens)
  const joined = await seconds(async () => {
    await ben.opens(link)
    await ben.joins('Marmots')
    await ben.sees('hello')
  })
  console.log(
    `from opening the link to reading the first message, with the kit written down at once: ${joined}`,
  )
  console.log(
    `the app again, from its address to the messages: ${await seconds(async () => {
      await ben.reloads()
      await ben.sees('hello')
    })}`,
  )
  await wait(settleMs)
  console.log(`relay, resident with two people connected: ${residentMiB(relay.pid)}`)
  await closeProfile(annas)
  await closeProfile(bens)
} finally {
  await browser.close()
  if (relay.isRunning) await relay.stop()
  await relay.remove()
}
