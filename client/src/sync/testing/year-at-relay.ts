import {
  capabilities,
  controlMailbox,
  fromBase64url,
  fromHex,
  signerFromSeed,
  systemRandom,
} from '@clique/crypto'
import { relayProtocol, renewInput, retireInput, tenantIdOf } from '@clique/relay/protocol'
import type { TestMember } from '../../documents/testing/members.ts'
import { createNode } from '../../network/node.ts'
import { relayChannelLimits, RelaySession } from '../../network/relay-session.ts'
import type { RelayPlace } from '../../network/relay-address.ts'
import { registerTenant } from '../../network/tenants.ts'
import { CliqueNetwork } from '../clique-network.ts'
import { browserSurroundings } from '../engine.ts'
import { SessionReplica } from '../session-replica.ts'
import { storedChunks } from '../stored-chunks.ts'

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
  const node = await createNode(systemRandom(32), {
    relays: () => [place],
    isKnownPeer: () => false,
    stunServers: () => [],
    webRtcPlace: () => null,
  })
  const channel = await node.openRelay(place, relayProtocol, relayChannelLimits)
  const session = await RelaySession.open(channel, {
    relayPeer: place.peer,
    ownPeer: node.peer,
    now: Date.now,
  })
  const { mailbox, keyPair } = controlMailbox(log)
  await registerTenant(session, token.length === 32 ? fromHex(token) : fromBase64url(token), {
    admin,
    capability: first.keyPair.publicKey,
    control: { mailbox, signer: signerFromSeed(keyPair.seed) },
  })
  const { relay } = session.facts
  const tenant = tenantIdOf(admin.publicKey)
  for (const { generation, keyPair: pair } of generations.slice(1)) {
    const key = pair.publicKey
    const signature = await admin.sign(renewInput(relay, tenant, generation, key))
    await session.ask('done', { kind: 'renew', tenant, generation, key, signature })
    const ended = generation - 1
    const end = await admin.sign(retireInput(relay, tenant, ended))
    await session.ask('done', { kind: 'retire', tenant, generation: ended, signature: end })
  }
  session.close()
  await node.close()
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
