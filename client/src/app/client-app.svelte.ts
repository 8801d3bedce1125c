import { systemRandom } from '@clique/crypto'
import type { CliqueId } from '@clique/crypto'
import type { Here } from '../security/create-clique.ts'
import type { CreateCliqueFlow } from '../security/create-view.ts'
import type { JoinFlow } from '../security/join-view.ts'
import { RelayOffers } from '../security/relay-offers.svelte.ts'
import { readCliques } from '../storage/cliques.ts'
import type { CliqueProfile } from '../storage/cliques.ts'
import { openStore } from '../storage/store.ts'
import type { Store } from '../storage/store.ts'
import { failureCode } from '../words/errors.ts'
import type { FailureCode } from '../words/errors.ts'
import type { AppView, CliqueCard, CliqueView } from './app-view.ts'
import { Connections } from './connections.svelte.ts'
import { ThisDevice } from './device.svelte.ts'
import { laterParts } from './later-parts.ts'
import { lightDoor } from './light-door.ts'
import { OpenClique } from './open-clique.svelte.ts'
import { readPermissionLink } from './routes.ts'
import type { Permission } from './routes.ts'

/** The composition root: makes every part, hands each what it needs from the others, and holds them together. */
export class ClientApp implements AppView {
  #ready = $state(false)
  #failure = $state.raw<FailureCode | null>(null)
  #profiles = $state.raw<readonly CliqueProfile[]>([])
  #store: Store | null = null
  readonly #open = new Map<CliqueId, OpenClique>()
  readonly #connections = new Connections()
  readonly #offers = new RelayOffers(lightDoor, location.origin, readPermissionLink)
  readonly device = new ThisDevice()
  #hasAsked = false
  readonly #cards = $derived(this.#profiles.map((profile) => this.#cardOf(profile)))

  constructor() {
    this.#start().catch((error: unknown) => this.#fail(error))
  }

  get ready(): boolean {
    return this.#ready
  }

  get failure(): FailureCode | null {
    return this.#failure
  }

  get cliques(): readonly CliqueCard[] {
    return this.#cards
  }

  get relayOffer(): RelayOffers {
    // Asked only where somebody wants to know, and not while a screen is being computed.
    if (!this.#hasAsked) queueMicrotask(() => void this.#offers.askAgain())
    this.#hasAsked = true
    return this.#offers
  }

  offerPermission(permission: Permission): void {
    this.#hasAsked = true
    void this.#offers.take(permission)
  }

  async create(): Promise<CreateCliqueFlow> {
    const { CreateFlow } = await laterParts.newFlow()
    return new CreateFlow(this.#here(), this.#offers, () => this.#catchUp())
  }

  async join(link: string): Promise<JoinFlow> {
    const { JoinByLink } = await laterParts.joinFlow()
    return new JoinByLink(this.#here(), link, () => this.#catchUp())
  }

  open(id: CliqueId): CliqueView | null {
    const profile = this.#profiles.find(({ clique }) => clique === id)
    return profile === undefined ? null : this.#opened(profile)
  }

  async #start(): Promise<void> {
    const store = await openStore('clique', async () => (await laterParts.chunkWriter()).startChunkWriter())
    this.#store = store
    store.changes.listen((change) => {
      if (change.kind === 'cliques') void this.#catchUp()
    })
    await this.#readCliques()
    this.#ready = true
    await afterPaint()
    // When there is something to see.
    const { startEngine } = await import('./start-engine.ts')
    startEngine(store)
  }

  async #catchUp(): Promise<void> {
    await this.#readCliques().catch((error: unknown) => this.#fail(error))
  }

  /** Cliques stay open once they were: their unread messages are counted in the rail. */
  async #readCliques(): Promise<void> {
    if (this.#store === null) return
    const profiles = await readCliques(this.#store)
    for (const profile of profiles) this.#opened(profile)
    for (const [id, clique] of this.#open) {
      if (profiles.some(({ clique: known }) => known === id)) continue
      clique.end()
      this.#open.delete(id)
    }
    this.#profiles = profiles
  }

  #opened(profile: CliqueProfile): OpenClique {
    const known = this.#open.get(profile.clique)
    if (known !== undefined) return known
    const here = this.#here()
    const onFault = (error: unknown) => this.#fault(error)
    const onForgotten = () => this.#readCliques()
    const opened = new OpenClique(here, profile, this.#connections, onFault, onForgotten)
    this.#open.set(profile.clique, opened)
    return opened
  }

  #cardOf(profile: CliqueProfile): CliqueCard {
    const { id, name, accent, unread } = this.#opened(profile)
    return { id, name, accent, unread }
  }

  #here(): Here {
    if (this.#store === null) throw new Error('nothing can be made before the storage is open')
    return { store: this.#store, door: lightDoor, random: systemRandom, now: Date.now }
  }

  /** Storage that fails makes everything else pointless; the rest is told where it happens. */
  #fault(error: unknown): void {
    const code = failureCode(error)
    if (code === 'storage-failed' || code === 'storage-newer') this.#fail(error)
    else if (code === 'internal') reportError(error)
  }

  #fail(error: unknown): void {
    const code = failureCode(error)
    this.#failure = code
    if (code === 'internal') reportError(error)
  }
}

/** Resolves when the browser has painted what is there now, or soon in a tab that paints nothing. */
function afterPaint(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, 500)
    requestAnimationFrame(() =>
      setTimeout(() => {
        clearTimeout(timer)
        resolve()
      }),
    )
  })
}
