import type { DeviceView } from './app-view.ts'

/** This browser and what it keeps. See `DeviceView`. */
export class ThisDevice implements DeviceView {
  readonly version = __APP_VERSION__
  #storedBytes = $state<number | null>(null)
  #persistent = $state(false)

  constructor() {
    void this.#look()
  }

  get storedBytes(): number | null {
    return this.#storedBytes
  }

  get persistent(): boolean {
    return this.#persistent
  }

  async persist(): Promise<boolean> {
    this.#persistent = await navigator.storage.persist()
    return this.#persistent
  }

  async #look(): Promise<void> {
    const [{ usage }, persistent] = await Promise.all([
      navigator.storage.estimate(),
      navigator.storage.persisted(),
    ])
    this.#storedBytes = usage ?? null
    this.#persistent = persistent
  }
}
