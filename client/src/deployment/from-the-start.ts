import { pageLock } from './page-lock.ts'

/** Chromium's offer to install the app, kept until somebody wants it. */
export interface InstallPrompt extends Event {
  prompt(): Promise<{ readonly outcome: 'accepted' | 'dismissed' }>
}

interface FromTheStart {
  installPrompt: InstallPrompt | null
  controller: ServiceWorker | null
}

/** What has happened before the rest of this layer was there. */
export const fromTheStart: FromTheStart = { installPrompt: null, controller: null }

/**
 * What must not be missed while the rest of this layer is not fetched yet. `script` is one of the app's own, named by
 * its content: for as long as this page lives, the service worker keeps the version that has it.
 */
export function watchFromTheStart(script: string): void {
  void navigator.locks.request(
    pageLock + new URL(script).pathname,
    { mode: 'shared' },
    () => new Promise(() => {}),
  )
  fromTheStart.controller = navigator.serviceWorker?.controller ?? null
  addEventListener('beforeinstallprompt', (event) => {
    // The app asks at a place and time of its own.
    event.preventDefault()
    fromTheStart.installPrompt = event as InstallPrompt
  })
}
