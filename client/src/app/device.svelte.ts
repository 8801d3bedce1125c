import type { DeviceView } from './app-view.ts'

/** This browser and what it keeps. See `DeviceView`. */
export class ThisDevice implements DeviceView {
  readonly version = __APP_VERSION__
  #storedBytes = $state<number | null>(null)
  #quotaBytes = $state<number | null>(null)
  #persistent = $state(false)

  get storedBytes(): number | null {
    return this.#storedBytes
  }

  get quotaBytes(): number | null {
    return this.#quotaBytes
  }

  get persistent(): boolean {
    return this.#persistent
  }

  async persist(): Promise<boolean> {
    try {
      this.#persistent = (await navigator.storage.persisted()) || (await navigator.storage.persist())
    } catch (error) {
      console.warn('The browser could not be asked to keep what is stored.', error)
    }
    return this.#persistent
  }

  async look(): Promise<void> {
    try {
      const [{ usage, quota }, persistent] = await Promise.all([
        navigator.storage.estimate(),
        navigator.storage.persisted(),
      ])
      this.#storedBytes = usage ?? null
      this.#quotaBytes = quota ?? null
      this.#persistent = persistent
    } catch (error) {
      console.warn('The browser did not tell how much is stored.', error)
    }
  }
}
