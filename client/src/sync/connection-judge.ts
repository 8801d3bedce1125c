import type { MemberId } from '@clique/crypto'
import type { ConnectionKind } from '../network/node.ts'
import type { ConnectionState, LinkedMembers } from './connection-state.ts'

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
