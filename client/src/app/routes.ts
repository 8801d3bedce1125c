import type { CliqueId, MemberId, SpaceId } from '@clique/crypto'

/**
 * Addresses of the app. All of them are fragments: they stay in the browser, no server sees them, and any static
 * host can serve the app. Secrets come as `#claim=`, `#allow=` and `#invite=`, everything else starts with `#/`.
 */
export type Route =
  | { readonly kind: 'start' }
  | { readonly kind: 'add' }
  | { readonly kind: 'new' }
  | { readonly kind: 'permission'; readonly permission: Permission }
  | { readonly kind: 'join'; readonly link: string }
  | { readonly kind: 'chats'; readonly clique: CliqueId }
  | { readonly kind: 'conversation'; readonly clique: CliqueId; readonly space: SpaceId }
  | { readonly kind: 'new-conversation'; readonly clique: CliqueId }
  | { readonly kind: 'audience'; readonly clique: CliqueId; readonly space: SpaceId }
  | { readonly kind: 'people'; readonly clique: CliqueId }
  | { readonly kind: 'person'; readonly clique: CliqueId; readonly member: MemberId }
  | { readonly kind: 'home'; readonly clique: CliqueId }

/** A claim or permission link, taken apart. `relay` is an origin; null means the one that serves this page. */
export interface Permission {
  readonly token: string
  readonly relay: string | null
  /** What the link says of that relay, for a page that may not ask it. */
  readonly known?: { readonly peer: string; readonly webRtc: string; readonly isClaimed: boolean }
}

export const startRoute: Route = { kind: 'start' }

export function readRoute(hash: string): Route {
  const fragment = hash.startsWith('#') ? hash.slice(1) : hash
  const link = readInvitationFragment(fragment)
  if (link !== null) return { kind: 'join', link }
  const permission = readPermissionFragment(fragment)
  if (permission !== null) return { kind: 'permission', permission }
  return readPath(fragment) ?? startRoute
}

export function writeRoute(route: Exclude<Route, { kind: 'permission' }>): string {
  switch (route.kind) {
    case 'start':
      return '#/'
    case 'add':
    case 'new':
      return `#/${route.kind}`
    case 'join':
      return `#invite=${route.link}`
    case 'chats':
    case 'people':
    case 'home':
      return `#/c/${route.clique}/${route.kind}`
    case 'conversation':
      return `#/c/${route.clique}/chats/${route.space}`
    case 'new-conversation':
      return `#/c/${route.clique}/chats/new`
    case 'audience':
      return `#/c/${route.clique}/chats/${route.space}/people`
    case 'person':
      return `#/c/${route.clique}/people/${route.member}`
  }
}

/** The clique that a route is inside of. */
export function routeClique(route: Route): CliqueId | null {
  return 'clique' in route ? route.clique : null
}

/** Under which of a clique's places a route belongs. */
export function placeOf({ kind }: Extract<Route, { clique: CliqueId }>): 'chats' | 'people' | 'home' {
  if (kind === 'home') return 'home'
  return kind === 'people' || kind === 'person' ? 'people' : 'chats'
}

/** A claim or permission link as a person pastes it: the whole address or only its fragment. */
export function readPermissionLink(text: string): Permission | null {
  const { origin, fragment } = takeApart(text)
  const permission = readPermissionFragment(fragment)
  return permission === null ? null : { ...permission, relay: permission.relay ?? origin }
}

/** What follows `#invite=` in a pasted link; null when that is not what was pasted. */
export function readInvitationLink(text: string): string | null {
  return readInvitationFragment(takeApart(text).fragment)
}

function readPath(path: string): Route | null {
  if (path === '/add') return { kind: 'add' }
  if (path === '/new') return { kind: 'new' }
  const [, clique, page, id, more] =
    /^\/c\/([0-9a-f]{64})\/(chats|people|home)(?:\/(new|[0-9a-f]{32}|[0-9a-f]{64}))?(\/people)?$/.exec(
      path,
    ) ?? []
  return clique === undefined ? null : readPage(clique as CliqueId, `${page}${more ?? ''}`, id)
}

function readPage(clique: CliqueId, page: string, id: string | undefined): Route | null {
  const isSpace = id?.length === 32
  switch (page) {
    case 'chats':
      if (id === 'new') return { kind: 'new-conversation', clique }
      if (isSpace) return { kind: 'conversation', clique, space: id as SpaceId }
      return id === undefined ? { kind: 'chats', clique } : null
    case 'chats/people':
      return isSpace ? { kind: 'audience', clique, space: id as SpaceId } : null
    case 'people':
      if (id?.length === 64) return { kind: 'person', clique, member: id as MemberId }
      return id === undefined ? { kind: 'people', clique } : null
    case 'home':
      return { kind: 'home', clique }
    default:
      return null
  }
}

function readInvitationFragment(fragment: string): string | null {
  return fragment.startsWith('invite=') ? fragment.slice('invite='.length).trim() : null
}

function readPermissionFragment(fragment: string): Permission | null {
  if (!fragment.startsWith('claim=') && !fragment.startsWith('allow=')) return null
  const values = new URLSearchParams(fragment)
  const token = values.get('claim') ?? values.get('allow') ?? ''
  const relay = values.get('relay')
  if (!/^[A-Za-z0-9_-]{8,256}$/.test(token)) return null
  if (relay === null) return { token, relay: null }
  const origin = readOrigin(relay)
  if (origin === null) return null
  const peer = values.get('peer') ?? ''
  const webRtc = values.get('webrtc') ?? ''
  if (!/^\w{1,128}$/.test(peer) || !/^[\w-]{1,256}$/.test(webRtc)) return { token, relay: origin }
  return { token, relay: origin, known: { peer, webRtc, isClaimed: !values.has('claim') } }
}

function takeApart(text: string): { origin: string | null; fragment: string } {
  const trimmed = text.trim()
  const hash = trimmed.indexOf('#')
  if (hash === -1) return { origin: null, fragment: trimmed }
  return { origin: readOrigin(trimmed.slice(0, hash)), fragment: trimmed.slice(hash + 1) }
}

function readOrigin(text: string): string | null {
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  return url.protocol === 'http:' || url.protocol === 'https:' ? url.origin : null
}
