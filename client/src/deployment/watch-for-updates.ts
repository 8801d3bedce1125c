import { scriptUrl } from '../ui/script-url.ts'
import { unsaved } from '../ui/unsaved.ts'
import { AppUpdate } from './app-update.svelte.ts'
import { fromTheStart } from './from-the-start.ts'

/** Its address says nothing of its content: it is the same for every version, and only so it covers the whole app. */
const workerPath = '/service-worker.js'

/** Null where there is no service worker: while developing, and in browsers that have none in private windows. */
export function watchForUpdates(): AppUpdate | null {
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined
  if (workers === undefined || !import.meta.env.PROD) return null
  return new AppUpdate({
    workers,
    servedBy: fromTheStart.controller,
    register: () => workers.register(scriptUrl(workerPath), { updateViaCache: 'none' }),
    look: () => ({ hidden: document.hidden, typing: isTyping(), unsaved: unsaved.any }),
    onSaved: (listener) => unsaved.onSaved(listener),
    page: window,
    now: Date.now,
    reload: () => location.reload(),
    onUnavailable: (error) => console.warn('The app cannot be kept for times without a network.', error),
  })
}

function isTyping(): boolean {
  const field = document.activeElement
  return (
    document.hasFocus() &&
    (field instanceof HTMLInputElement ||
      field instanceof HTMLTextAreaElement ||
      (field instanceof HTMLElement && field.isContentEditable))
  )
}
