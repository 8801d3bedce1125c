import type { Store } from '../storage/store.ts'
import type { Here } from './create-clique.ts'
import {
  chooseAsked,
  hasFreeSlot,
  makeRecoveryKit,
  readRecoveryKit,
  saveRecoveryKit,
} from './recovery-kit.ts'
import type { RecoveryKit } from './recovery-kit.ts'
import type { RecoveryKitView } from './recovery-kit-view.ts'

/** Whether the person has to be shown a kit before the next clique. */
export async function needsKit(store: Store): Promise<boolean> {
  return !hasFreeSlot(await readRecoveryKit(store))
}

/** A kit on the screen. What stays on the device is kept only once the words are known to be written down. */
export class NewKitView implements RecoveryKitView {
  readonly asked: readonly [number, number]
  #words: readonly string[]
  readonly #kit: RecoveryKit
  readonly #store: Store
  readonly #next: () => Promise<void>

  static async make(here: Here, next: () => Promise<void>): Promise<NewKitView> {
    const { words, kit } = await makeRecoveryKit(here.random)
    return new NewKitView(here.store, words, kit, chooseAsked(here.random, words.length), next)
  }

  constructor(
    store: Store,
    words: readonly string[],
    kit: RecoveryKit,
    asked: readonly [number, number],
    next: () => Promise<void>,
  ) {
    this.#store = store
    this.#words = words
    this.#kit = kit
    this.asked = asked
    this.#next = next
  }

  get words(): readonly string[] {
    return this.#words
  }

  async finish(): Promise<void> {
    await saveRecoveryKit(this.#store, this.#kit)
    this.#words = []
    await this.#next()
  }
}
