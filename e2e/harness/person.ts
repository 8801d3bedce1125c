import { readFile } from 'node:fs/promises'
import { expect, type Locator, type Page } from '@playwright/test'
import { shiftClock } from './page-watch.ts'
import { transferOf } from './photos.ts'
import type { ChosenFile } from './photos.ts'
import type { Profile } from './profile.ts'
import { dumpStorage } from './storage-dump.ts'

/** How an own message stands, in the words that the app shows. */
export type StateWords =
  'Waiting to be sent' | 'On the relay' | 'Kept safe' | `Delivered to ${number} of ${number}` | RegExp

/** Somebody at a tab of a browser, by what they do and see there; names are those that a screen reader says. */
export class Person {
  readonly name: string
  readonly page: Page
  readonly profile: Profile

  constructor(name: string, page: Page, profile: Profile) {
    this.name = name
    this.page = page
    this.profile = profile
  }

  // Cliques

  /** Claims the relay, makes a clique, keeps the recovery kit; ends in the conversation. */
  async creates(clique: string, choices: { history?: string } = {}): Promise<void> {
    await this.startsClique()
    await this.fillsInClique(clique, choices)
    await this.keepsRecoveryKit()
    await this.isIn(clique)
  }

  /** By the relay's claim as far as the form for a new clique. */
  async startsClique(): Promise<void> {
    const { claim, url } = this.profile.relay
    await this.opens(claim ?? url)
    await this.page.getByRole('link', { name: 'Create a clique' }).click()
  }

  /** `history`: what new members are to read, in the words of the form. */
  async fillsInClique(clique: string, { history }: { history?: string } = {}): Promise<void> {
    await this.page.getByRole('textbox', { name: 'Name of the clique' }).fill(clique)
    await this.page.getByRole('textbox', { name: 'Your name' }).fill(this.name)
    if (history !== undefined) await this.page.getByRole('radio', { name: history }).check()
    await this.page.getByRole('button', { name: 'Create clique' }).click()
  }

  /** Reads the words and answers with the two that are asked back. */
  async keepsRecoveryKit(whenAsked = async (): Promise<void> => {}): Promise<readonly string[]> {
    await expect(this.page.getByRole('heading', { name: 'Your recovery kit' })).toBeVisible()
    const words = await this.page.locator('[data-word]').allTextContents()
    await this.page.getByRole('button', { name: 'I have written them down' }).click()
    await expect(this.page.getByRole('heading', { name: 'Two words, to be sure' })).toBeVisible()
    await whenAsked()
    for (const number of await this.#wordsAskedFor()) {
      await this.page
        .getByRole('textbox', { name: `Word ${number}`, exact: true })
        .fill(words[number - 1] ?? '')
    }
    await this.page.getByRole('button', { name: 'Finish' }).click()
    return words
  }

  async #wordsAskedFor(): Promise<number[]> {
    const snapshot = await this.page.getByRole('main').ariaSnapshot()
    return [...snapshot.matchAll(/textbox "Word (\d+)"/g)].map((match) => Number(match[1]))
  }

  async isIn(clique: string): Promise<void> {
    await expect(this.page.getByRole('heading', { name: clique }).first()).toBeVisible()
    await expect(this.messageBox).toBeVisible()
  }

  /** On a phone the list comes first; on a wide screen the conversation is beside it already. */
  async entersConversation(clique: string): Promise<void> {
    const entry = this.page.getByRole('list', { name: 'Chats' }).getByRole('link', { name: clique })
    await expect(entry.or(this.messageBox).first()).toBeVisible()
    if (!(await this.messageBox.isVisible())) await entry.click()
    await this.isIn(clique)
  }

  async leavesConversation(): Promise<void> {
    const back = this.page.getByRole('link', { name: 'Back' })
    if (await back.isVisible()) await back.click()
  }

  /** The list of members, on its own page. */
  async looksAtMembers(): Promise<Locator> {
    await this.page.getByRole('link', { name: 'People', exact: true }).click()
    const members = this.page.getByRole('list', { name: 'Members', exact: true })
    await expect(members).toBeVisible()
    return members
  }

  // Invitations

  /** Makes an invitation and gives its link. */
  async invites(
    choices: { people?: string; days?: string } = {},
    whenMade = async (): Promise<void> => {},
  ): Promise<string> {
    const dialog = await this.#opensInvitations()
    if (choices.people !== undefined) {
      await dialog.getByRole('combobox', { name: 'How many people' }).selectOption({ label: choices.people })
    }
    if (choices.days !== undefined) {
      await dialog.getByRole('combobox', { name: 'Good for' }).selectOption({ label: choices.days })
    }
    await dialog.getByRole('button', { name: 'Make a link' }).click()
    const link = await dialog.getByRole('textbox', { name: 'Invitation link' }).inputValue()
    await whenMade()
    await dialog.getByRole('button', { name: 'Close' }).click()
    return link
  }

  /** Takes back the newest open invitation. */
  async revokesInvitation(): Promise<void> {
    const dialog = await this.#opensInvitations()
    const open = dialog.getByRole('list', { name: 'Open invitations' }).getByRole('listitem')
    await expect(open.first()).toBeVisible()
    const before = await open.count()
    await open.first().getByRole('button', { name: 'Revoke' }).click()
    await dialog.getByRole('button', { name: 'Really revoke' }).click()
    await expect(open).toHaveCount(before - 1)
    await expect(dialog.getByRole('status').filter({ hasText: /^Revoked\. The link/ })).toBeVisible()
    await dialog.getByRole('button', { name: 'Close' }).click()
  }

  async #opensInvitations(): Promise<Locator> {
    await this.page.getByRole('button', { name: 'Invite people' }).first().click()
    return this.page.getByRole('dialog', { name: 'Invite people' })
  }

  async opens(link: string): Promise<void> {
    await this.page.goto('about:blank')
    await this.page.goto(link)
  }

  /** From an opened link into the clique. */
  async joins(clique: string): Promise<void> {
    await expect(this.page.getByRole('heading', { name: `You are invited to ${clique}` })).toBeVisible()
    await this.page.getByRole('textbox', { name: 'Your name' }).fill(this.name)
    await this.page.getByRole('button', { name: 'Join', exact: true }).click()
    await this.keepsRecoveryKit()
    await this.isIn(clique)
  }

  /** The sentence with which the app says that it will not go on. */
  async isTold(words: RegExp | string): Promise<void> {
    await expect(this.page.getByRole('alert').filter({ hasText: words })).toBeVisible()
  }

  // Conversation

  get messageBox(): Locator {
    return this.page.getByRole('textbox', { name: 'Message', exact: true })
  }

  get messages(): Locator {
    return this.page.getByRole('log', { name: 'Messages' }).getByRole('article')
  }

  async says(text: string): Promise<void> {
    await this.messageBox.fill(text)
    await this.page.getByRole('button', { name: 'Send', exact: true }).click()
    await expect(this.message(text)).toBeVisible()
    await expect(this.messageBox).toHaveValue('')
  }

  /** Presses Send and waits for nothing. */
  async startsSaying(text: string): Promise<void> {
    await this.messageBox.fill(text)
    await this.page.getByRole('button', { name: 'Send', exact: true }).click({ noWaitAfter: true })
  }

  /** What stands in the message box has reached the disk: closing the tab loses it no more. */
  async draftIsKept(): Promise<void> {
    const isDraft = ({ where }: { where: string }): boolean => /^IndexedDB\/[^/]+\/drafts\/\d/.test(where)
    await expect.poll(async () => (await dumpStorage(this.page)).pieces.some(isDraft)).toBe(true)
  }

  // Photos and files

  /** What will go along with the next message. */
  get tray(): Locator {
    return this.page.getByRole('region', { name: 'Goes along with your message' })
  }

  /** Chooses files, and waits until each of them is ready or was refused. */
  async attaches(...files: readonly ChosenFile[]): Promise<void> {
    const before = await this.tray.getByRole('listitem').count()
    await this.page.locator('[data-attach]').setInputFiles([...files])
    await expect(this.tray.getByRole('listitem')).toHaveCount(before + files.length)
    await expect(this.tray.getByRole('progressbar')).toHaveCount(0)
  }

  /** Chooses photos that are to go with all that the camera noted. */
  async attachesOriginals(...photos: readonly ChosenFile[]): Promise<void> {
    await this.attaches(...photos)
    await this.tray.getByRole('checkbox', { name: /Send photos as they are/ }).check()
    await expect(this.tray.getByText('as it is, with place')).toHaveCount(photos.length)
  }

  /** A file from the disk, as large as it may be. */
  async attachesFrom(path: string): Promise<void> {
    await this.page.locator('[data-attach]').setInputFiles(path)
    await expect(this.tray.getByRole('listitem')).toHaveCount(1)
  }

  /** From the clipboard into the message. */
  async pastes(file: ChosenFile): Promise<void> {
    const clipboardData = await transferOf(this.page, file)
    await this.messageBox.evaluate((box, clipboardData) => {
      const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true })
      box.dispatchEvent(event)
    }, clipboardData)
  }

  /** From a folder onto the conversation. */
  async drops(file: ChosenFile): Promise<void> {
    const dataTransfer = await transferOf(this.page, file)
    const target = this.page.getByRole('log', { name: 'Messages' })
    for (const event of ['dragenter', 'dragover', 'drop']) await target.dispatchEvent(event, { dataTransfer })
  }

  /** The photos of a message, once this device has them whole. */
  async seesPhotos(text: string, count: number): Promise<Locator> {
    const photos = this.message(text).getByRole('button', { name: /^Photo/ })
    await expect(photos).toHaveCount(count)
    for (let i = 0; i < count; i++) {
      const name = count === 1 ? 'Photo' : `Photo ${i + 1} of ${count}`
      await expect(photos.nth(i)).toHaveAccessibleName(name, { timeout: 60_000 })
      await expect(photos.nth(i).locator('img').first()).toBeVisible()
    }
    return photos
  }

  /** Opens the one photo of a message, and saves it under its name. */
  async getsPhoto(text: string, name: string): Promise<Buffer> {
    await (await this.seesPhotos(text, 1)).click()
    const viewer = this.page.getByRole('dialog', { name: 'Photos' })
    await expect(viewer.getByRole('img', { name: 'Photo' })).toBeVisible()
    const bytes = await this.saves(viewer, name)
    await viewer.getByRole('button', { name: 'Close' }).click()
    return bytes
  }

  /** Saves what stands in a dialog or message under this name, and gives its bytes. */
  async saves(where: Locator, name: string): Promise<Buffer> {
    return readFile(await this.savesToDisk(where, name))
  }

  /** Gives the path at which it lies then. A large file takes its time to come first. */
  async savesToDisk(where: Locator, name: string): Promise<string> {
    await expect(where.getByRole('button', { name: `Save ${name}`, exact: true })).toBeVisible({
      timeout: 300_000,
    })
    const download = this.page.waitForEvent('download')
    await where.getByRole('button', { name: `Save ${name}`, exact: true }).click()
    const saved = await download
    expect(saved.suggestedFilename()).toBe(name)
    return saved.path()
  }

  message(text: string): Locator {
    return this.messages.filter({ has: this.page.locator('[data-text]').getByText(text, { exact: true }) })
  }

  async sees(text: string, author?: string): Promise<void> {
    await expect(this.message(text)).toHaveCount(1)
    if (author !== undefined)
      await expect(this.message(text)).toHaveAccessibleName(new RegExp(`^${author}, `))
  }

  async doesNotSee(text: string): Promise<void> {
    await expect(this.message(text)).toHaveCount(0)
  }

  /** How one of their own messages stands. Delivery is told over a link, which may take some dials. */
  async seesState(text: string, words: StateWords): Promise<void> {
    const state = this.message(text).getByRole('button', { name: words })
    await expect(state).toBeVisible({ timeout: 60_000 })
  }

  /** The conversation from top to bottom as it is on screen. */
  async reads(): Promise<string[]> {
    return this.messages.locator('[data-text]').allTextContents()
  }

  // Circumstances

  async seesConnection(words: string | RegExp): Promise<void> {
    const name = typeof words === 'string' ? `Connection: ${words}` : words
    await expect(this.page.getByRole('button', { name }).first()).toBeVisible()
  }

  /** Who else has the conversation open, as its header says; empty for nobody. Rooms take some dials. */
  async seesHere(words: string): Promise<void> {
    await expect(this.page.locator('[data-here]')).toHaveText(words, { timeout: 60_000 })
  }

  /** The line above the composer; empty while nobody is typing. */
  async seesTyping(words: string): Promise<void> {
    await expect(this.page.locator('[data-typing]')).toHaveText(words)
  }

  /** What the details of the connection say beyond its state. */
  async seesTrouble(words: RegExp): Promise<void> {
    await this.#looksAtConnection((details) => expect(details.getByText(words)).toBeVisible())
  }

  /** What the details of the connection say, line by line. Links take some dials. */
  async seesInConnection(...lines: string[]): Promise<void> {
    await this.#looksAtConnection(async (details) => {
      for (const line of lines) {
        await expect(details.getByText(line, { exact: true })).toBeVisible({ timeout: 60_000 })
      }
    })
  }

  async #looksAtConnection(look: (details: Locator) => Promise<void>): Promise<void> {
    await this.page
      .getByRole('button', { name: /^Connection: / })
      .first()
      .click()
    const details = this.page.getByRole('dialog', { name: 'Connection' })
    await look(details)
    await details.getByRole('button', { name: 'Close' }).click()
  }

  /** Like a phone in a tunnel: sockets break, new ones fail, the browser knows that it is offline. */
  async goesOffline(): Promise<void> {
    this.profile.guards.expectNetworkTrouble()
    this.profile.road.cut()
    await this.profile.context.setOffline(true)
  }

  async comesBack(): Promise<void> {
    this.profile.road.mend()
    await this.profile.context.setOffline(false)
  }

  async reloads(): Promise<void> {
    // What is under way is broken off, and the console may say so.
    this.profile.guards.expectNetworkTrouble()
    await this.page.reload()
  }

  /** The same person at a second tab of the same browser, at the same place. */
  async secondTab(): Promise<Person> {
    const page = await this.profile.context.newPage()
    await page.goto(this.page.url())
    return new Person(this.name, page, this.profile)
  }

  /** The app is kept in this browser: whatever opens from now on needs no relay for that. */
  async appIsKept(): Promise<void> {
    await expect
      .poll(() => this.page.evaluate(() => navigator.serviceWorker.controller?.state))
      .toBe('activated')
  }

  /** What the app says when there is a newer version of it. */
  get updateNotice(): Locator {
    return this.page.getByRole('status').filter({ hasText: /new version/i })
  }

  /** Closes this tab at once, whatever it is doing. */
  async closesTab(): Promise<void> {
    this.profile.guards.expectNetworkTrouble()
    await this.page.close({ runBeforeUnload: false })
  }

  /** All tabs closed, as at night; the profile stays. */
  async sleeps(): Promise<void> {
    this.profile.guards.expectNetworkTrouble()
    await Promise.all(this.profile.context.pages().map((page) => page.close()))
  }

  /** Opens the app again in the profile that was left; `laterMs`: so much later than it is, by this browser's clock. */
  async wakes({ laterMs = 0 } = {}): Promise<Person> {
    if (laterMs > 0) await this.profile.context.addInitScript(shiftClock, laterMs)
    const page = await this.profile.context.newPage()
    await page.goto(this.profile.relay.url)
    return new Person(this.name, page, this.profile)
  }
}
