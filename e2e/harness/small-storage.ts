import type { CDPSession, Page } from '@playwright/test'
import type { Person } from './person.ts'

/** Bytes that a browser with little room grants: more than any story writes before it fills it. */
const smallBytes = 16 * 1024 * 1024

/**
 * A browser whose storage can be full for real: the browser itself refuses what is written then. It asks for the
 * room that is left only when what it was told before is used up, so the room is small from the start, and filling
 * it is writing until nothing more goes in.
 */
export class SmallStorage {
  readonly #page: Page
  readonly #browser: CDPSession
  readonly #origin: string

  private constructor(page: Page, browser: CDPSession, origin: string) {
    this.#page = page
    this.#browser = browser
    this.#origin = origin
  }

  /** Before the app is opened for the first time. */
  static async of({ page, profile }: Person): Promise<SmallStorage> {
    const browser = await profile.context.newCDPSession(page)
    const storage = new SmallStorage(page, browser, new URL(profile.relay.url).origin)
    await storage.#grant(smallBytes)
    return storage
  }

  /** From now on not even a short message fits. */
  async fill(): Promise<void> {
    await this.#grant(1)
    await this.#page.evaluate(writeUntilRefused)
  }

  async free(): Promise<void> {
    await this.#grant(4 * smallBytes)
  }

  async #grant(quotaSize: number): Promise<void> {
    await this.#browser.send('Storage.overrideQuotaForOrigin', { origin: this.#origin, quotaSize })
  }
}

/** Runs in the page. */
async function writeUntilRefused(): Promise<void> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open('filling')
    opening.onupgradeneeded = () => opening.result.createObjectStore('bytes', { autoIncrement: true })
    opening.onsuccess = () => resolve(opening.result)
    opening.onerror = () => reject(opening.error ?? new Error('no database'))
  })
  const write = (bytes: Uint8Array): Promise<boolean> =>
    new Promise((resolve) => {
      const writing = database.transaction('bytes', 'readwrite', { durability: 'strict' })
      writing.objectStore('bytes').put(bytes)
      writing.oncomplete = () => resolve(true)
      writing.onabort = () => resolve(false)
    })
  for (let size = 1024 * 1024; size >= 16; size /= 4) {
    while (await write(new Uint8Array(size)));
  }
  database.close()
}
