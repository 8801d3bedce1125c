import type { CliqueId, MemberId } from '@clique/crypto'
import type { CliqueError } from '@clique/crypto'
import type { ConnectionKind } from '../network/node.ts'
import { noFileTroubles } from './chunk-ports.ts'
import type { FileTroubles } from './chunk-ports.ts'

/** How one clique is connected, as people are told. */
export type ConnectionState =
  | { readonly kind: 'starting' }
  | { readonly kind: 'online' }
  /** No relay, but a direct link to somebody. */
  | { readonly kind: 'direct-only' }
  /** `since`: milliseconds since 1970, this device's clock. */
  | { readonly kind: 'relay-unreachable'; readonly since: number }
  /** The browser says that there is no network. */
  | { readonly kind: 'offline' }

/** The other people with a device that is linked to this one: each in one list, by the best way to them. */
export interface LinkedMembers {
  /** From device to device. */
  readonly direct: readonly MemberId[]
  /** Only through a relay. */
  readonly relayed: readonly MemberId[]
}

export interface CliqueConnection {
  readonly state: ConnectionState
  readonly members: LinkedMembers
  /** A relay's refusal that people should hear of (full, another relay at that address), else null. */
  readonly trouble: CliqueError['code'] | null
  /** This device's clock minus the relay's in milliseconds, where it is off by minutes; else null. */
  readonly clockOffMs: number | null
  /** What holds up files, which have ways of their own. */
  readonly files: FileTroubles
}

export const startingConnection: CliqueConnection = {
  state: { kind: 'starting' },
  members: { direct: [], relayed: [] },
  trouble: null,
  clockOffMs: null,
  files: noFileTroubles,
}

/** What is known of one relay. */
export type RelayFact =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'online' }
  | { readonly kind: 'waiting'; readonly since: number }

/** Pure: never better than what is known. */
export function judgeConnection(facts: {
  readonly hasNetwork: boolean
  readonly relays: readonly RelayFact[]
  readonly members: LinkedMembers
}): ConnectionState {
  const { hasNetwork, relays, members } = facts
  if (relays.some(({ kind }) => kind === 'online')) return { kind: 'online' }
  if (members.direct.length > 0) return { kind: 'direct-only' }
  if (!hasNetwork && members.relayed.length === 0) return { kind: 'offline' }
  const waiting = relays.filter((relay) => relay.kind === 'waiting')
  if (waiting.length === 0) return { kind: 'starting' }
  return { kind: 'relay-unreachable', since: Math.min(...waiting.map(({ since }) => since)) }
}

/** Pure: who is reached how. Several devices of one person count once, and this device's own person does not. */
export function linkedMembers(
  links: readonly { readonly member: MemberId; readonly kind: ConnectionKind }[],
  me: MemberId | null,
): LinkedMembers {
  const reachedBy = (kind: ConnectionKind): Set<MemberId> =>
    new Set(links.filter((link) => link.kind === kind && link.member !== me).map(({ member }) => member))
  const direct = reachedBy('direct')
  return { direct: [...direct], relayed: [...reachedBy('circuit')].filter((member) => !direct.has(member)) }
}

export type ConnectionMap = ReadonlyMap<CliqueId, CliqueConnection>

const channelName = 'clique-connections'

/** Milliseconds without a word from the leading tab after which nothing is known any more. */
const staleMs = 5_000
const repeatMs = 2_000

type Message = { readonly kind: 'ask' } | { readonly kind: 'all'; readonly all: ConnectionMap }

/** The leading tab's side: tells the other tabs, at once, again and again, and when one asks. */
export class ConnectionPublisher {
  readonly #channel = new BroadcastChannel(channelName)
  readonly #repeat = setInterval(() => this.#post(), repeatMs)
  #all: ConnectionMap = new Map()

  constructor() {
    this.#channel.onmessage = (event: MessageEvent<Message>) => {
      if (event.data.kind === 'ask') this.#post()
    }
  }

  publish(all: ConnectionMap): void {
    this.#all = all
    this.#post()
  }

  close(): void {
    clearInterval(this.#repeat)
    this.#channel.close()
  }

  #post(): void {
    this.#channel.postMessage({ kind: 'all', all: this.#all } satisfies Message)
  }
}

/** Every tab's side, the leading one's screen included. Returns the function that stops listening. */
export function watchConnections(listener: (all: ConnectionMap) => void): () => void {
  const channel = new BroadcastChannel(channelName)
  let heardAt = Date.now()
  channel.onmessage = (event: MessageEvent<Message>) => {
    if (event.data.kind !== 'all') return
    heardAt = Date.now()
    listener(event.data.all)
  }
  // A leader that went silent leaves no claim behind that somebody is connected.
  const watch = setInterval(() => {
    if (Date.now() - heardAt > staleMs) listener(new Map())
  }, repeatMs)
  channel.postMessage({ kind: 'ask' } satisfies Message)
  return () => {
    clearInterval(watch)
    channel.close()
  }
}
