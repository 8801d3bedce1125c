import { lookAtMostEvery, lookEvery, mayLeave } from './leaving.ts'
import type { Moment } from './leaving.ts'
import type { WorkerMessage } from './worker-messages.ts'

/** How this page stands to the newest version: it has it, could have it, or goes to it as soon as nothing is unsaved. */
export type UpdateStep = 'current' | 'ready' | 'leaving'

export interface UpdateParts {
  readonly workers: ServiceWorkerContainer
  /** Who served this page when it was opened. */
  readonly servedBy: ServiceWorker | null
  register(): Promise<ServiceWorkerRegistration>
  look(): Pick<Moment, 'hidden' | 'typing' | 'unsaved'>
  onSaved(listener: () => void): () => void
  /** `visibilitychange` and `online` are heard here. */
  readonly page: EventTarget
  readonly now: () => number
  reload(): void
  /** Without a service worker the app works all the same, as long as the relay answers. */
  onUnavailable(error: unknown): void
}

/** Watches for a new version of the app, and takes this page to it once somebody wants that. */
export class AppUpdate {
  #step = $state<UpdateStep>('current')
  readonly #parts: UpdateParts
  readonly #end = new AbortController()
  readonly #stopHearing: () => void
  readonly #timer: ReturnType<typeof setInterval>
  #registration: ServiceWorkerRegistration | null = null
  #servedBy: ServiceWorker | null
  #isBehind = false
  #lookedAt = 0

  constructor(parts: UpdateParts) {
    this.#parts = parts
    this.#servedBy = parts.servedBy
    const { signal } = this.#end
    parts.workers.addEventListener('controllerchange', () => this.#meetController(), { signal })
    for (const reason of ['visibilitychange', 'online']) {
      parts.page.addEventListener(reason, () => this.#comeBack(), { signal })
    }
    this.#stopHearing = parts.onSaved(() => this.#leaveIfPossible(false))
    this.#timer = setInterval(() => this.#lookForNewer(), lookEvery)
    // The worker may have changed between the opening of the page and now.
    this.#meetController()
    this.#start().catch(parts.onUnavailable)
  }

  get step(): UpdateStep {
    return this.#step
  }

  /** Goes to the new version: at once, or when what is unsaved has been kept. */
  accept(): void {
    if (this.#step === 'current') return
    this.#step = 'leaving'
    if (this.#isBehind) this.#leaveIfPossible(false)
    else this.#tellWaiting()
  }

  close(): void {
    this.#end.abort()
    this.#stopHearing()
    clearInterval(this.#timer)
  }

  async #start(): Promise<void> {
    const registration = await this.#parts.register()
    if (this.#end.signal.aborted) return
    this.#lookedAt = this.#parts.now()
    if (registration !== this.#registration) this.#watch(registration)
    this.#seeWaiting()
    registration.active?.postMessage({ kind: 'page-came' } satisfies WorkerMessage)
  }

  #watch(registration: ServiceWorkerRegistration): void {
    this.#registration = registration
    const { signal } = this.#end
    const watch = (worker: ServiceWorker | null): void =>
      worker?.addEventListener('statechange', () => this.#seeWaiting(), { signal })
    registration.addEventListener('updatefound', () => watch(registration.installing), { signal })
    watch(registration.installing)
  }

  /** A worker that waits is a new version; the very first one does not wait for anybody. */
  #seeWaiting(): void {
    if (this.#registration?.waiting == null || this.#parts.workers.controller === null) return
    if (this.#step === 'leaving') this.#tellWaiting()
    else this.#step = 'ready'
  }

  #tellWaiting(): void {
    this.#registration?.waiting?.postMessage({ kind: 'take-over' } satisfies WorkerMessage)
  }

  #meetController(): void {
    const { controller } = this.#parts.workers
    const before = this.#servedBy
    if (controller === null || controller === before) return
    this.#servedBy = controller
    // A page that no worker served has been taken in by the first one: there is nothing newer.
    if (before === null) return
    this.#isBehind = true
    if (this.#step === 'current') this.#step = 'ready'
    this.#leaveIfPossible(true)
  }

  #comeBack(): void {
    this.#leaveIfPossible(false)
    if (!this.#parts.look().hidden && this.#parts.now() - this.#lookedAt >= lookAtMostEvery) {
      this.#lookForNewer()
    }
  }

  #lookForNewer(): void {
    const registration = this.#registration
    const hasWorker = registration?.active != null || registration?.installing != null
    if (registration !== null && hasWorker) {
      this.#lookedAt = this.#parts.now()
      // No network, or no relay: the next look will do.
      registration.update().catch(() => undefined)
    } else {
      // The first one did not come, or not whole.
      this.#start().catch(this.#parts.onUnavailable)
    }
  }

  #leaveIfPossible(justTakenOver: boolean): void {
    if (!this.#isBehind) return
    const asked = this.#step === 'leaving'
    if (mayLeave({ asked, justTakenOver, ...this.#parts.look() })) this.#parts.reload()
  }
}
