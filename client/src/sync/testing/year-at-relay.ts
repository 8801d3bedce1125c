import {
  capabilities,
  controlMailbox,
  fromBase64url,
  fromHex,
  signerFromSeed,
  systemRandom,
} from '@clique/crypto'
import { relayProtocol } from '@clique/relay/protocol'
import type { TestMember } from '../../documents/testing/members.ts'
import { createNode } from '../../network/node.ts'
import { relayChannelLimits, RelaySession } from '../../network/relay-session.ts'
import type { RelayPlace } from '../../network/relay-address.ts'
import { registerTenant, renewCapability, retireCapability } from '../../network/tenants.ts'
import { CliqueNetwork } from '../clique-network.ts'
import { browserSurroundings } from '../engine.ts'
import { SessionReplica } from '../session-replica.ts'
import { storedChunks } from '../stored-chunks.ts'

/** A session of somebody whom the relay does not know. */
export async function speaksTo(place: RelayPlace): Promise<{
  readonly session: RelaySession
  readonly close: () => Promise<void>
}> {
  const node = await createNode(systemRandom(32), {
    relays: () => [place],
    isKnownPeer: () => false,
    stunServers: () => [],
    webRtcPlace: () => null,
  })
  const channel = await node.openRelay(place, relayProtocol, relayChannelLimits)
  const options = { relayPeer: place.peer, ownPeer: node.peer, now: Date.now }
  const session = await RelaySession.open(channel, options)
  const close = (): Promise<void> => {
    session.close()
    return node.close()
  }
  return { session, close }
}

/**
 * Makes the clique of this member known to a relay, and brings its capability up to date there, one generation after the
 * other, as the removals of a year did it. All but the newest have come to an end.
 */
export async function registerWithCapabilities(
  place: RelayPlace,
  claim: string,
  { session: { log } }: TestMember,
): Promise<void> {
  const token = new URL(claim).hash.replace('#claim=', '')
  const admin = signerFromSeed(systemRandom(32))
  const generations = capabilities(log).toReversed()
  const [first] = generations
  if (first === undefined) throw new Error('a clique has a capability')
  const { session, close } = await speaksTo(place)
  const { mailbox, keyPair } = controlMailbox(log)
  await registerTenant(session, token.length === 32 ? fromHex(token) : fromBase64url(token), {
    admin,
    capability: first.keyPair.publicKey,
    control: { mailbox, signer: signerFromSeed(keyPair.seed) },
  })
  for (const { generation, keyPair: pair } of generations.slice(1)) {
    await renewCapability(session, admin, { generation, publicKey: pair.publicKey })
    await retireCapability(session, admin, generation - 1)
  }
  await close()
}

/** This member's device with its relay; links to nobody, where nobody else is awake. */
export async function goesOnline({ session }: TestMember): Promise<{
  readonly replica: SessionReplica
  readonly close: () => Promise<void>
}> {
  const replica = await SessionReplica.open(session)
  const network = await CliqueNetwork.start({
    replica,
    chunks: storedChunks(session.store, session.clique),
    surroundings: browserSurroundings,
    beforeProof: () => Promise.resolve(),
    afterProof: () => Promise.resolve(),
    onConnection: () => undefined,
  })
  return {
    replica,
    close: async () => {
      await network.close()
      replica.close()
    },
  }
}
