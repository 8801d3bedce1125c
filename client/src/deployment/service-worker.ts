import { answerTo } from './answers.ts'
import { AppVersion } from './app-version.ts'
import type { AppFile } from './app-version.ts'
import { pageLock } from './page-lock.ts'
import { isWorkerMessage } from './worker-messages.ts'

/**
 * The service worker: keeps one whole version of the app and serves it, with and without a network. It holds nothing
 * else, and takes over only when it is told to, or when no page of the version before is open.
 */
declare const self: ServiceWorkerGlobalScope & { readonly __WB_MANIFEST: readonly AppFile[] }

const files = self.__WB_MANIFEST
const paths = new Set(files.map(({ url }) => url))
const version = AppVersion.of(files)

/** Keeping and sweeping take turns, or one would delete what the other has just begun. */
const turn = 'clique-app-caches'

self.addEventListener('install', (event) => {
  event.waitUntil(
    navigator.locks.request(turn, async () => (await version).keep((url, options) => fetch(url, options))),
  )
})

self.addEventListener('activate', (event) => {
  // The page that brought this worker is served by it from now on, so that its later parts come without a network.
  event.waitUntil(Promise.all([self.clients.claim(), sweep()]))
})

self.addEventListener('message', (event) => {
  const message: unknown = event.data
  if (!isWorkerMessage(message)) return
  event.waitUntil(message.kind === 'take-over' ? self.skipWaiting() : sweep())
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  switch (answerTo(request, self.location.origin, paths)) {
    case 'page':
      event.respondWith(version.then((kept) => kept.page()).then((page) => page ?? fetch(request)))
      return
    case 'file': {
      const { pathname } = new URL(request.url)
      event.respondWith(version.then((kept) => kept.file(pathname)).then((file) => file ?? fetch(request)))
    }
  }
})

/**
 * Only the worker that serves decides what goes, and not while another version is coming. A turn that is taken is not
 * waited for: the next page that comes asks again.
 */
async function sweep(): Promise<void> {
  await navigator.locks.request(turn, { ifAvailable: true }, async (lock) => {
    const { installing, waiting } = self.registration
    if (lock === null || !isServing() || installing !== null || waiting !== null) return
    const { held = [] } = await navigator.locks.query()
    const scripts = held.flatMap(({ name }) =>
      name?.startsWith(pageLock) === true ? [name.slice(pageLock.length)] : [],
    )
    await (await version).sweep(scripts)
  })
}

/** A worker that has been replaced may still be at work on its last message. */
function isServing(): boolean {
  // Not every browser tells a worker its own state.
  const own = self.serviceWorker as ServiceWorker | undefined
  return own === undefined || own.state === 'activating' || own.state === 'activated'
}
