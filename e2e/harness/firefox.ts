import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import puppeteer, { type Browser, type Locator, type Page } from 'puppeteer-core'
import type { Guards } from './guards.ts'
import { watchPage } from './page-watch.ts'
import { openRoad, type Profile, type ProfileOptions, type VisitedRelay } from './profile.ts'
import type { Road } from './road.ts'

export type FirefoxPage = Page
export type FirefoxPart = Locator<Element>

export type FirefoxOptions = Pick<ProfileOptions, 'viewport' | 'colorScheme'>

/** A Firefox of one person's own, as everybody has it, driven over WebDriver BiDi. */
export interface FirefoxProfile extends Omit<Profile, 'context'> {
  readonly browser: Browser
  readonly page: Page
  readonly folder: string
  /** Where it puts what somebody saves. */
  readonly downloads: string
}

export async function openFirefox(
  executablePath: string,
  name: string,
  relay: VisitedRelay,
  { viewport = { width: 1200, height: 800 }, colorScheme = 'light' }: FirefoxOptions = {},
): Promise<FirefoxProfile> {
  const folder = mkdtempSync(join(tmpdir(), 'clique-firefox-'))
  const downloads = join(folder, 'downloads')
  const { road, guards } = await openRoad(relay)
  const launching = puppeteer.launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    defaultViewport: null,
    userDataDir: join(folder, 'profile'),
    // Without the last it asks its maker for settings, whatever the preferences say.
    env: { ...process.env, HOME: folder, MOZ_REMOTE_SETTINGS_DEVTOOLS: '1' },
    extraPrefsFirefox: { ...wayThrough(road), ...savedIn(downloads), ...looks[colorScheme], ...alike },
  })
  const browser = await launching.catch(async (error: unknown) => {
    await road.close()
    rmSync(folder, { recursive: true, force: true })
    throw error
  })
  const [page] = await browser.pages()
  if (page === undefined) throw new Error('Firefox opened no page')
  page.setDefaultTimeout(20_000)
  await page.setViewport(viewport)
  await watch(page, guards, name)
  return { browser, page, road, guards, relay, folder, downloads }
}

export async function closeFirefox({ browser, road, folder }: FirefoxProfile): Promise<void> {
  await browser.close()
  await road.close()
  rmSync(folder, { recursive: true, force: true })
}

/** All that the browser asks for goes there, its own business and its own machine included. */
function wayThrough(road: Road): Record<string, unknown> {
  const { hostname, port } = new URL(road.proxy.server)
  return {
    'network.proxy.type': 1,
    'network.proxy.http': hostname,
    'network.proxy.http_port': Number(port),
    'network.proxy.ssl': hostname,
    'network.proxy.ssl_port': Number(port),
    'network.proxy.allow_hijacking_localhost': true,
  }
}

function savedIn(folder: string): Record<string, unknown> {
  return { 'browser.download.folderList': 2, 'browser.download.dir': folder }
}

const looks = {
  dark: { 'layout.css.prefers-color-scheme.content-override': 0 },
  light: { 'layout.css.prefers-color-scheme.content-override': 1 },
}

/** The same on every machine: stories know parts of the page by their English names. */
const alike = { 'intl.accept_languages': 'en-GB, en' }

async function watch(page: Page, guards: Guards, name: string): Promise<void> {
  const ears = guards.listenTo(name)
  await page.exposeFunction('cliqueGuardNote', ears.page)
  await page.evaluateOnNewDocument(watchPage)
  page.on('request', (request) => ears.request(request.url()))
  page.on('pageerror', (error) => ears.pageError(error instanceof Error ? error.message : String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error') ears.consoleError(message.text(), message.location().url ?? '')
  })
}
