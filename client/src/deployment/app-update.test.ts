import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { AppUpdate } from './app-update.svelte.ts'
import { lookAtMostEvery, lookEvery } from './leaving.ts'

class Worker extends EventTarget {
  readonly told: unknown[] = []
  postMessage(message: unknown): void {
    this.told.push(message)
  }
}

/** A browser with one page, as far as service workers go. */
class Browser {
  readonly container = Object.assign(new EventTarget(), { controller: null as Worker | null })
  readonly registration = Object.assign(new EventTarget(), {
    installing: null as Worker | null,
    waiting: null as Worker | null,
    active: null as Worker | null,
    update: vi.fn(async () => undefined),
  })
  readonly page = new EventTarget()
  readonly savedListeners = new Set<() => void>()
  readonly unavailable: unknown[] = []
  reloads = 0
  now = 1_000_000
  here = { hidden: false, typing: false, unsaved: false }
  refuses: Error | null = null
  registered = 0

  servedBy(worker: Worker): void {
    this.container.controller = worker
    this.registration.active = worker
  }

  opens(servedBy = this.container.controller): AppUpdate {
    return new AppUpdate({
      workers: this.container as unknown as ServiceWorkerContainer,
      servedBy: servedBy as unknown as ServiceWorker | null,
      register: async () => {
        this.registered += 1
        if (this.refuses !== null) throw this.refuses
        return this.registration as unknown as ServiceWorkerRegistration
      },
      look: () => this.here,
      onSaved: (listener) => {
        this.savedListeners.add(listener)
        return () => this.savedListeners.delete(listener)
      },
      page: this.page,
      now: () => this.now,
      reload: () => this.reloads++,
      onUnavailable: (error) => this.unavailable.push(error),
    })
  }

  /** A new version has been fetched whole. */
  installs(worker: Worker): void {
    this.registration.installing = worker
    this.registration.dispatchEvent(new Event('updatefound'))
    this.registration.installing = null
    this.registration.waiting = worker
    worker.dispatchEvent(new Event('statechange'))
  }

  /** The version that waits begins to serve every page. */
  takesOver(): void {
    const worker = this.registration.waiting
    this.registration.waiting = null
    this.registration.active = worker
    this.container.controller = worker
    this.container.dispatchEvent(new Event('controllerchange'))
  }

  saves(): void {
    this.here.unsaved = false
    for (const listener of this.savedListeners) listener()
  }
}

const takeOver = { kind: 'take-over' }
let browser: Browser
let update: AppUpdate | null = null
beforeEach(() => {
  vi.useFakeTimers()
  browser = new Browser()
})
afterEach(() => {
  update?.close()
  vi.useRealTimers()
})

async function opened(): Promise<AppUpdate> {
  update = browser.opens()
  await vi.advanceTimersByTimeAsync(0)
  return update
}

test('the first worker takes the page in, and nothing is said', async () => {
  const page = await opened()
  browser.installs(new Worker())
  browser.takesOver()
  expect([page.step, browser.reloads]).toEqual(['current', 0])
})

test('a new version waits until somebody wants it, then this page goes to it', async () => {
  browser.servedBy(new Worker())
  const page = await opened()
  const next = new Worker()
  browser.installs(next)
  expect([page.step, next.told, browser.reloads]).toEqual(['ready', [], 0])
  page.accept()
  expect([page.step, next.told, browser.reloads]).toEqual(['leaving', [takeOver], 0])
  browser.takesOver()
  expect(browser.reloads).toBe(1)
})

test('a version that was waiting already is offered when the app opens', async () => {
  browser.servedBy(new Worker())
  browser.registration.waiting = new Worker()
  expect((await opened()).step).toBe('ready')
})

test('what is unsaved is kept first, even when somebody wants the new version now', async () => {
  browser.servedBy(new Worker())
  const page = await opened()
  browser.installs(new Worker())
  browser.here.unsaved = true
  page.accept()
  browser.takesOver()
  expect([page.step, browser.reloads]).toEqual(['leaving', 0])
  browser.saves()
  expect(browser.reloads).toBe(1)
})

test('wanted in another page, this one follows at once if nothing keeps it', async () => {
  browser.servedBy(new Worker())
  await opened()
  browser.installs(new Worker())
  browser.takesOver()
  expect(browser.reloads).toBe(1)
})

test('wanted in another page while somebody types here, this one waits until nobody looks, or is asked', async () => {
  browser.servedBy(new Worker())
  const page = await opened()
  browser.installs(new Worker())
  browser.here = { hidden: false, typing: true, unsaved: true }
  browser.takesOver()
  browser.saves()
  expect([page.step, browser.reloads]).toEqual(['ready', 0])
  browser.here.hidden = true
  browser.page.dispatchEvent(new Event('visibilitychange'))
  expect(browser.reloads).toBe(1)
  browser.here.hidden = false
  page.accept()
  expect(browser.reloads).toBe(2)
})

test('a page that is not behind stays when it is hidden, even while a new version waits', async () => {
  browser.servedBy(new Worker())
  await opened()
  browser.installs(new Worker())
  browser.here.hidden = true
  browser.page.dispatchEvent(new Event('visibilitychange'))
  expect(browser.reloads).toBe(0)
})

test('a version that took over before this part was fetched is noticed', async () => {
  const old = new Worker()
  browser.servedBy(new Worker())
  browser.here.typing = true
  update = browser.opens(old)
  await vi.advanceTimersByTimeAsync(0)
  expect([update.step, browser.reloads]).toEqual(['ready', 0])
  update.accept()
  expect(browser.reloads).toBe(1)
})

test('wanted while one version gives way to a newer one, the newer one is told', async () => {
  browser.servedBy(new Worker())
  const page = await opened()
  browser.installs(new Worker())
  browser.registration.waiting = null
  page.accept()
  const newest = new Worker()
  browser.installs(newest)
  expect(newest.told).toEqual([takeOver])
})

test('it looks for a new version every hour, and when somebody or the network comes back, but not all the time', async () => {
  browser.servedBy(new Worker())
  await opened()
  const { update: looks } = browser.registration
  browser.page.dispatchEvent(new Event('online'))
  expect(looks).toHaveBeenCalledTimes(0)
  browser.now += lookAtMostEvery
  browser.here.hidden = true
  browser.page.dispatchEvent(new Event('visibilitychange'))
  expect(looks).toHaveBeenCalledTimes(0)
  browser.here.hidden = false
  browser.page.dispatchEvent(new Event('visibilitychange'))
  browser.page.dispatchEvent(new Event('online'))
  expect(looks).toHaveBeenCalledTimes(1)
  looks.mockRejectedValueOnce(new TypeError('no network'))
  await vi.advanceTimersByTimeAsync(lookEvery)
  expect(looks).toHaveBeenCalledTimes(2)
})

test('a page that has come tells the worker, which may clear away then', async () => {
  const worker = new Worker()
  browser.servedBy(worker)
  await opened()
  expect(worker.told).toEqual([{ kind: 'page-came' }])
})

test('where no worker can be had, that is told once and nothing else happens', async () => {
  browser.refuses = new TypeError('no network')
  const page = await opened()
  page.accept()
  expect([page.step, browser.unavailable]).toEqual(['current', [browser.refuses]])
})

test('a first worker that did not come is asked for again when the network is back', async () => {
  browser.refuses = new TypeError('no network')
  await opened()
  browser.refuses = null
  browser.page.dispatchEvent(new Event('online'))
  await vi.advanceTimersByTimeAsync(0)
  expect([browser.unavailable.length, browser.registered]).toEqual([1, 2])
  // It came, and what it fetched did not come whole.
  browser.now += lookAtMostEvery
  browser.page.dispatchEvent(new Event('online'))
  await vi.advanceTimersByTimeAsync(0)
  expect([browser.registered, browser.registration.update.mock.calls.length]).toEqual([3, 0])
})

test('closed, it hears nothing more', async () => {
  browser.servedBy(new Worker())
  const page = await opened()
  page.close()
  browser.installs(new Worker())
  browser.takesOver()
  browser.page.dispatchEvent(new Event('online'))
  await vi.advanceTimersByTimeAsync(2 * lookEvery)
  expect([page.step, browser.reloads, browser.registration.update.mock.calls.length]).toEqual([
    'current',
    0,
    0,
  ])
  expect(browser.savedListeners.size).toBe(0)
})
