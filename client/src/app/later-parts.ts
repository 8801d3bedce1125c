import { language } from '../words/language.svelte.ts'
import type { Route } from './routes.ts'

/**
 * Parts of the app that the first paint does without. They are fetched as soon as the page has time, so that they
 * are there even if whoever serves the app goes away meanwhile.
 */
export const laterParts = {
  startPage: () => import('./StartPage.svelte'),
  peoplePage: () => withWords(import('./PeoplePage.svelte')),
  conversationPages: () => withWords(import('./ConversationPages.svelte')),
  homePage: () => withWords(import('./HomePage.svelte')),
  connectionDetails: () => import('./ConnectionDetails.svelte'),
  newPage: () => import('./NewPage.svelte'),
  joinPage: () => import('./JoinPage.svelte'),
  newFlow: () => import('../security/create-flow.svelte.ts'),
  joinFlow: () => import('../security/join-flow.svelte.ts'),
  media: () => import('../media/late.ts'),
  live: () => withWords(import('../messaging/late-live.ts')),
  chunkWriter: () => import('./start-chunk-writer.ts'),
  takePhoto: () => import('../media/TakePhoto.svelte'),
  viewer: () => import('../media/Viewer.svelte'),
  invitePeople: () => withWords(import('../security/InvitePeople.svelte')),
  everywhere: () => import('./Everywhere.svelte'),
  failures: () => language.complete(),
}

/** For what reads words that the first paint does without. */
async function withWords<Part>(part: Promise<Part>): Promise<Part> {
  const [there] = await Promise.all([part, language.complete()])
  return there
}

/** Fetches what the first screen of this address cannot do without, if that is not a conversation. */
export function fetchPartOf(route: Route): void {
  for (const part of partsOf(route)) void part().catch(() => undefined)
}

/** Whoever shows a part tells of it when it could not be fetched. */
function partsOf({ kind }: Route): (() => Promise<unknown>)[] {
  switch (kind) {
    case 'add':
    case 'permission':
      return [laterParts.startPage, laterParts.failures]
    case 'join':
      return [laterParts.joinPage, laterParts.joinFlow, laterParts.failures]
    case 'people':
    case 'person':
      return [laterParts.peoplePage]
    case 'new-conversation':
    case 'audience':
      return [laterParts.conversationPages]
    case 'home':
      return [laterParts.homePage]
    // With a clique here, the bare address leads to its conversation; a new clique is begun on the start page.
    case 'start':
    case 'new':
    case 'chats':
    case 'conversation':
      return []
  }
}

/** Milliseconds after the first paint; by then the newest messages stand on the screen. */
const fetchAfterMs = 1500

/** `begun` is called when the time has come. Returns the function that calls it off. */
export function fetchLaterParts(begun: () => void): () => void {
  const timer = setTimeout(() => {
    begun()
    for (const part of Object.values(laterParts)) {
      part().catch((error: unknown) => console.warn('A part of the app could not be fetched ahead.', error))
    }
  }, fetchAfterMs)
  return () => clearTimeout(timer)
}
