/**
 * Parts of the app that the first paint does without. They are fetched as soon as the page has time, so that they
 * are there even if whoever serves the app goes away meanwhile.
 */
export const laterParts = {
  newPage: () => import('./NewPage.svelte'),
  joinPage: () => import('./JoinPage.svelte'),
  inviteDialog: () => import('../security/InviteDialog.svelte'),
}

/** Milliseconds after the first paint; by then the newest messages stand on the screen. */
const fetchAfterMs = 1500

/** Returns the function that calls it off. */
export function fetchLaterParts(): () => void {
  const timer = setTimeout(() => {
    for (const part of Object.values(laterParts)) {
      part().catch((error: unknown) => console.warn('A part of the app could not be fetched ahead.', error))
    }
  }, fetchAfterMs)
  return () => clearTimeout(timer)
}
