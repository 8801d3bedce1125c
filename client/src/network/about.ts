import { CliqueError, fromBase64url } from '@clique/crypto'
import { aboutPath, openPolicy, peerIdToKey, readAbout, relayProtocol } from '@clique/relay/protocol'
import type { Policy } from '@clique/relay/protocol'
import { parseOrigin } from './relay-address.ts'
import type { RelayPlace } from './relay-address.ts'

/** Milliseconds for the whole answer. */
const aboutMs = 8_000
/** Bytes of the whole answer. */
const maxAbout = 64 * 1024

export interface RelayAbout {
  readonly place: RelayPlace
  /** Version of the server, for people. */
  readonly version: string
  readonly claimed: boolean
  /** Signed by the key that its PeerId is. */
  readonly policy: Policy
}

/**
 * What a relay says of itself over HTTP, before anything of libp2p is loaded. Nobody vouches for the PeerId but
 * the origin's own connection; an invitation and a roster name it themselves.
 *
 * @throws CliqueError `relay-unreachable`, `relay-silent`, `relay-about`, `relay-answer`, `relay-signature`
 */
export async function fetchAbout(origin: string, fetcher: typeof fetch = fetch): Promise<RelayAbout> {
  const url = parseOrigin(origin)
  const signal = AbortSignal.timeout(aboutMs)
  let text: string
  try {
    const answer = await fetcher(new URL(aboutPath, url), {
      signal,
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
    })
    if (!answer.ok || answer.body === null) throw new CliqueError('relay-about')
    text = await readText(answer.body)
  } catch (error) {
    if (error instanceof CliqueError) throw error
    throw new CliqueError(signal.aborted ? 'relay-silent' : 'relay-unreachable')
  }
  const about = readAbout(parseJson(text))
  if (about.protocol !== relayProtocol) throw new CliqueError('version-unknown')
  return {
    place: { url: url.origin, peer: about.relay },
    version: about.version,
    claimed: about.claimed,
    policy: await openPolicy(fromBase64url(about.policy), peerIdToKey(about.relay)),
  }
}

async function readText(body: ReadableStream<Uint8Array>): Promise<string> {
  const reader = body.getReader()
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  let size = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return text + decoder.decode()
      size += value.length
      if (size > maxAbout) throw new CliqueError('relay-about')
      text += decoder.decode(value, { stream: true })
    }
  } catch (error) {
    await reader.cancel().catch(() => undefined)
    if (error instanceof TypeError) throw new CliqueError('relay-about')
    throw error
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new CliqueError('relay-about')
  }
}
