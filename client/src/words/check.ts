/** Why the app cannot run here. Apart from the catalogues, as it is read where nothing else may be loadable. */
export type Obstacle =
  | { readonly kind: 'insecure' }
  /** `what` is the platform's own name for what is missing, for whoever helps the person. */
  | { readonly kind: 'missing'; readonly what: string }
  /** The page came, and what it needs next did not. */
  | { readonly kind: 'unfetched' }

const sentences = {
  en: {
    unfetched: 'The rest of Clique did not arrive. Look whether you have a network, then reload this page.',
    insecure:
      'Clique can only run where the address starts with https:// or on localhost, because elsewhere the browser locks the encryption away.',
    missing: (what: string) =>
      `This browser lacks something that Clique needs (${what}). An up-to-date Firefox, Chrome, Edge or Safari has it.`,
  },
  es: {
    unfetched: 'El resto de Clique no ha llegado. Mira si tienes conexión y vuelve a cargar la página.',
    insecure:
      'Clique solo funciona en direcciones que empiezan por https:// o en localhost, porque en las demás el navegador no deja usar el cifrado.',
    missing: (what: string) =>
      `A este navegador le falta algo que Clique necesita (${what}). Un Firefox, Chrome, Edge o Safari al día lo tiene.`,
  },
}

export function obstacleSentence(obstacle: Obstacle, language: string): string {
  const words = language.toLowerCase().startsWith('es') ? sentences.es : sentences.en
  return obstacle.kind === 'missing' ? words.missing(obstacle.what) : words[obstacle.kind]
}

/** What of the platform the app rests on; `scope` is the page's global object. */
export function findObstacle(scope: object): Obstacle | null {
  const has = (name: string) => name in scope && (scope as Record<string, unknown>)[name] !== undefined
  if ('isSecureContext' in scope && scope.isSecureContext === false) return { kind: 'insecure' }
  for (const what of ['indexedDB', 'crypto', 'WebSocket', 'BroadcastChannel']) {
    if (!has(what)) return { kind: 'missing', what }
  }
  const { crypto, navigator } = scope as { crypto: object; navigator?: object }
  if (!('subtle' in crypto) || crypto.subtle === undefined) return { kind: 'missing', what: 'WebCrypto' }
  if (navigator === undefined || !('locks' in navigator)) return { kind: 'missing', what: 'Web Locks' }
  if (!('Segmenter' in Intl)) return { kind: 'missing', what: 'Intl.Segmenter' }
  return null
}
