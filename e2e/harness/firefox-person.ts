import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from '@playwright/test'
import type { FirefoxPage, FirefoxPart, FirefoxProfile } from './firefox.ts'
import type { Person, StateWords } from './person.ts'
import type { ChosenFile } from './photos.ts'

/** What a story can ask of somebody, whichever browser they sit at. */
export type Anybody = Pick<
  Person,
  | 'name'
  | 'creates'
  | 'invites'
  | 'opens'
  | 'joins'
  | 'isIn'
  | 'says'
  | 'sees'
  | 'seesState'
  | 'reads'
  | 'attachesOriginals'
  | 'getsPhoto'
  | 'seesConnection'
  | 'seesInConnection'
  | 'appIsKept'
  | 'reloads'
>

/** Somebody at a stock Firefox. Names of what is on screen are those that Firefox itself tells a screen reader. */
export class FirefoxPerson implements Anybody {
  readonly name: string
  readonly page: FirefoxPage
  readonly profile: FirefoxProfile

  constructor(name: string, profile: FirefoxProfile) {
    this.name = name
    this.page = profile.page
    this.profile = profile
  }

  // Cliques

  async creates(clique: string): Promise<void> {
    const { claim, url } = this.profile.relay
    await this.opens(claim ?? url)
    await this.#presses('link', 'Create a clique')
    await this.#fills('Name of the clique', clique)
    await this.#fills('Your name', this.name)
    await this.#presses('button', 'Create clique')
    await this.#keepsRecoveryKit()
    await this.isIn(clique)
  }

  async invites(): Promise<string> {
    await this.#presses('button', 'Invite people')
    await this.#presses('button', 'Make a link')
    const box = await this.part('textbox', 'Invitation link').waitHandle()
    const link = await box.evaluate((box) => (box as HTMLInputElement).value)
    await this.#presses('button', 'Close')
    return link
  }

  async opens(link: string): Promise<void> {
    await this.page.goto('about:blank')
    await this.page.goto(link)
  }

  async joins(clique: string): Promise<void> {
    await this.#has('heading', `You are invited to ${clique}`)
    await this.#fills('Your name', this.name)
    await this.#presses('button', 'Join')
    await this.#keepsRecoveryKit()
    await this.isIn(clique)
  }

  async isIn(clique: string): Promise<void> {
    await this.#has('heading', clique)
    await this.#has('textbox', 'Message')
  }

  async #keepsRecoveryKit(): Promise<void> {
    await this.#has('heading', 'Your recovery kit')
    const words = await this.page.$$eval('[data-word]', (all) => all.map((one) => one.textContent))
    await this.#presses('button', 'I have written them down')
    await this.#has('heading', 'Two words, to be sure')
    const asked = await this.page.$$eval('main input', (all) =>
      all.map((one) => one.labels?.[0]?.textContent),
    )
    for (const label of asked) {
      const number = /^\s*Word (\d+)/.exec(label ?? '')?.[1]
      if (number !== undefined) await this.#fills(`Word ${number}`, words[Number(number) - 1] ?? '')
    }
    await this.#presses('button', 'Finish')
  }

  // Conversation

  async says(text: string): Promise<void> {
    await this.#fills('Message', text)
    await this.#presses('button', 'Send')
    await this.sees(text)
  }

  async sees(text: string, author?: string): Promise<void> {
    const found = async (): Promise<string[]> => {
      const messages = await this.page.evaluate(messagesOnScreen)
      return messages.filter((message) => message.text === text).map(({ name }) => name)
    }
    const name: unknown = expect.stringMatching(author === undefined ? /./ : new RegExp(`^${author}, `))
    await expect.poll(found).toEqual([name])
  }

  async seesState(text: string, words: StateWords): Promise<void> {
    const states = async (): Promise<string[]> => {
      const messages = await this.page.evaluate(messagesOnScreen)
      return messages.filter((message) => message.text === text).flatMap(({ buttons }) => buttons)
    }
    const state: unknown = typeof words === 'string' ? words : expect.stringMatching(words)
    await expect.poll(states, { timeout: 60_000 }).toContainEqual(state)
  }

  async reads(): Promise<string[]> {
    return (await this.page.evaluate(messagesOnScreen)).map(({ text }) => text ?? '')
  }

  // Photos

  async attachesOriginals(...photos: readonly ChosenFile[]): Promise<void> {
    const folder = mkdtempSync(join(this.profile.folder, 'chosen-'))
    const paths = photos.map(({ name, buffer }) => {
      const path = join(folder, name)
      writeFileSync(path, buffer)
      return path
    })
    const input = await this.page.waitForSelector('[data-attach]')
    if (input === null) throw new Error('there is nothing to choose files with')
    await (await input.toElement('input')).uploadFile(...paths)
    const tray = '[aria-label="Goes along with your message"]'
    await this.page.locator(`${tray} input[type="checkbox"]`).click()
    const said = (): Promise<string[]> =>
      this.page.$$eval(`${tray} li`, (all) => all.map((one) => one.textContent))
    const asItIs: unknown = expect.stringContaining('as it is, with place')
    await expect.poll(said).toEqual(photos.map(() => asItIs))
  }

  async getsPhoto(text: string, name: string): Promise<Buffer> {
    await expect.poll(() => this.page.evaluate(openPhoto, text), { timeout: 60_000 }).toBe(true)
    const shown = (): Promise<boolean> =>
      this.page.$$eval('dialog img[alt="Photo"]', (all) =>
        all.some((image) => image.complete && image.naturalWidth > 0),
      )
    await expect.poll(shown).toBe(true)
    await this.#presses('button', `Save ${name}`)
    const path = join(this.profile.downloads, name)
    // Firefox writes beside the name that it has taken, and moves what it has when it is whole.
    await expect.poll(() => existsSync(path) && !existsSync(`${path}.part`)).toBe(true)
    await this.#presses('button', 'Close')
    return readFileSync(path)
  }

  // Circumstances

  async seesConnection(words: string): Promise<void> {
    await this.#has('button', `Connection: ${words}`)
  }

  async seesInConnection(...lines: string[]): Promise<void> {
    await this.page.locator('button[aria-label^="Connection: "]').click()
    await this.#has('dialog', 'Connection')
    const said = (): Promise<string[]> =>
      this.page.$$eval('dialog li', (all) => all.map((one) => one.textContent.trim()))
    await expect.poll(said, { timeout: 60_000 }).toEqual(expect.arrayContaining(lines))
    await this.#presses('button', 'Close')
  }

  async appIsKept(): Promise<void> {
    await expect
      .poll(() => this.page.evaluate(() => navigator.serviceWorker.controller?.state))
      .toBe('activated')
  }

  async reloads(): Promise<void> {
    this.profile.guards.expectNetworkTrouble()
    await this.page.reload()
  }

  /** A part of the page as Firefox's accessibility tree names it. */
  part(role: string, name: string): FirefoxPart {
    return this.page.locator(`::-p-aria([name="${name}"][role="${role}"])`)
  }

  async #has(role: string, name: string): Promise<void> {
    await this.part(role, name).setVisibility('visible').wait()
  }

  async #presses(role: 'button' | 'link', name: string): Promise<void> {
    await this.part(role, name).click()
  }

  async #fills(name: string, text: string): Promise<void> {
    await this.part('textbox', name).fill(text)
  }
}

/** Runs in the page. */
function messagesOnScreen(): { name: string; text: string | null; buttons: string[] }[] {
  return [...document.querySelectorAll('[role="log"] article')].map((article) => ({
    name: article.getAttribute('aria-label') ?? '',
    text: article.querySelector('[data-text]')?.textContent ?? null,
    buttons: [...article.querySelectorAll('button')].map((button) => button.getAttribute('aria-label') ?? ''),
  }))
}

/** Runs in the page: presses the photo of a message once it is there whole, and says whether it was. */
function openPhoto(text: string): boolean {
  const isMeant = (article: Element): boolean => article.querySelector('[data-text]')?.textContent === text
  const message = [...document.querySelectorAll('[role="log"] article')].find(isMeant)
  const photo = message?.querySelector<HTMLElement>('button[aria-label="Photo"]')
  photo?.click()
  return photo != null
}
