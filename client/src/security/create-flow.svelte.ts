import type { CliqueId } from '@clique/crypto'
import { AppError, failureCode } from '../words/errors.ts'
import type { Here } from './create-clique.ts'
import { checkName } from './names.ts'
import type { CliqueWish, CreateCliqueFlow, CreateStep, RelayOffer } from './create-view.ts'
import type { RelayOffers } from './relay-offers.svelte.ts'

/** One attempt to create a clique. See `CreateCliqueFlow`. */
export class CreateFlow implements CreateCliqueFlow {
  #step = $state.raw<CreateStep>({ kind: 'details', failure: null })
  readonly #here: Here
  readonly #offers: RelayOffers
  /** Resolves when the app knows the clique, so that its pages are there to go to. */
  readonly #onDone: (clique: CliqueId) => Promise<void>

  constructor(here: Here, offers: RelayOffers, onDone: (clique: CliqueId) => Promise<void>) {
    this.#here = here
    this.#offers = offers
    this.#onDone = onDone
  }

  get step(): CreateStep {
    return this.#step
  }

  get offer(): RelayOffer {
    return this.#offers.offer
  }

  async submit(wish: CliqueWish): Promise<void> {
    if (this.#step.kind !== 'details') return
    try {
      checkName(wish.name)
      checkName(wish.memberName)
      this.#step = { kind: 'working' }
      const { needsKit, NewKitView } = await import('./new-kit.ts')
      if (!(await needsKit(this.#here.store))) return await this.#found(wish)
      const kit = await NewKitView.make(this.#here, () => this.#found(wish))
      this.#step = { kind: 'kit', kit }
    } catch (error) {
      this.#fail(error)
    }
  }

  close(): void {
    // Keys of a kit that was not finished go with the flow: nothing was kept.
    this.#step = { kind: 'details', failure: null }
  }

  async #found(wish: CliqueWish): Promise<void> {
    this.#step = { kind: 'working' }
    try {
      const permission = this.#offers.permission
      if (permission === null) throw new AppError('permission-broken')
      const { foundClique } = await import('./create-clique.ts')
      const clique = await foundClique(this.#here, {
        policy: { name: wish.name.trim(), accent: wish.accent, history: wish.history },
        memberName: wish.memberName.trim(),
        relay: permission.relay,
        token: permission.token,
        ...(permission.known && { known: permission.known }),
      })
      this.#offers.forget()
      await this.#onDone(clique)
      this.#step = { kind: 'done', clique }
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    this.#step = { kind: 'details', failure: failureCode(error) }
  }
}
