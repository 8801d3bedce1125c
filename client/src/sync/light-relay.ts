import { CliqueError, isCliqueError, systemRandom } from '@clique/crypto'
import type { Random, Signer } from '@clique/crypto'
import { limits, relayProtocol } from '@clique/relay/protocol'
import type { CliqueNode, NodeRules } from '../network/node.ts'
import type { RelayPlace } from '../network/relay-address.ts'
import { readPlace } from '../network/webrtc-place.ts'
import { RelaySession, relayChannelLimits } from '../network/relay-session.ts'
import type { MailboxSigner } from '../network/relay-session.ts'
import { allowClique, registerTenant } from '../network/tenants.ts'
import type { TenantKeys } from '../network/tenants.ts'

/** Bytes read at once. */
const readBytes = 512 * 1024
/** Bytes of a control mailbox that a newcomer reads: far more than the roster of the largest clique. */
const maxControlBytes = 256 * 1024 * 1024
/** An invitation mailbox holds one package; whoever has the link can put more there, after it. */
const maxPackages = 16

export interface LightSurroundings {
  readonly createNode: (netSeed: Uint8Array, rules: NodeRules) => Promise<CliqueNode>
  readonly random: Random
  readonly now: () => number
}

/** Loads libp2p when it is first needed. */
export const browserLightSurroundings: LightSurroundings = {
  createNode: async (netSeed, rules) => (await import('../network/node.ts')).createNode(netSeed, rules),
  random: systemRandom,
  now: Date.now,
}

/**
 * A connection to a relay before there is a clique here: with a PeerId of its own that is thrown away, and with
 * mailbox keys as the only right.
 */
export class LightRelay {
  readonly relay: RelayPlace
  readonly #node: CliqueNode
  readonly #session: RelaySession

  private constructor(relay: RelayPlace, node: CliqueNode, session: RelaySession) {
    this.relay = relay
    this.#node = node
    this.#session = session
  }

  /** The first of these relays that answers. @throws CliqueError the last one's `relay-...` */
  static async open(
    relays: readonly RelayPlace[],
    surroundings: LightSurroundings = browserLightSurroundings,
  ): Promise<LightRelay> {
    const { createNode, random, now } = surroundings
    const node = await createNode(random(32), {
      relays: () => relays,
      isKnownPeer: () => false,
      stunServers: () => [],
      webRtcPlace: (relay) => readPlace(relay.webRtc),
    })
    let failure = new CliqueError('relay-unreachable')
    for (const relay of relays) {
      try {
        const channel = await node.openRelay(relay, relayProtocol, relayChannelLimits)
        const options = { relayPeer: relay.peer, ownPeer: node.peer, now }
        return new LightRelay(relay, node, await RelaySession.open(channel, options))
      } catch (error) {
        if (!(error instanceof CliqueError)) throw error
        failure = error
      }
    }
    await node.close()
    throw failure
  }

  /** The relay's clock minus this device's, milliseconds. */
  get skewMs(): number {
    return this.#session.skewMs
  }

  /**
   * What lies in an invitation mailbox, oldest first; the first that opens is the package.
   * @throws CliqueError `invite-not-there` for an empty one: never published, or closed long ago
   */
  async fetchInvitation(box: MailboxSigner): Promise<readonly Uint8Array[]> {
    try {
      const found = await this.#readAll(box, 'invitation', maxPackages)
      if (found.length > 0) return found
    } catch (error) {
      if (!isCliqueError(error, 'relay-mailbox-unknown')) throw error
    }
    throw new CliqueError('invite-not-there')
  }

  /** All control items that the relay keeps for a clique, oldest first. */
  fetchControl(control: MailboxSigner): Promise<readonly Uint8Array[]> {
    return this.#readAll(control, 'control', Infinity)
  }

  /** Resolves when the relay has signed for the items. */
  async publishItems(control: MailboxSigner, items: readonly Uint8Array[]): Promise<void> {
    await this.#session.openMailbox(control, 'control')
    for (const item of items) {
      await this.#session.append(control.mailbox, [item], this.#session.relayNow + limits.keepControl)
    }
  }

  /**
   * Adds to a recovery mailbox that is there; resolves when the relay has signed for it.
   * @throws CliqueError `relay-mailbox-unknown`
   */
  async publishRecovery(box: MailboxSigner, sealed: Uint8Array): Promise<void> {
    await this.#session.openMailbox(box, 'recovery')
    await this.#session.append(box.mailbox, [sealed], this.#session.relayNow + limits.keepRecovery)
  }

  /** See `registerTenant`. */
  register(token: Uint8Array, keys: TenantKeys): Promise<Uint8Array> {
    return registerTenant(this.#session, token, keys)
  }

  /** See `allowClique`. */
  allow(admin: Signer): Promise<{ token: Uint8Array; expires: number }> {
    return allowClique(this.#session, admin)
  }

  async close(): Promise<void> {
    this.#session.close()
    await this.#node.close()
  }

  async #readAll(
    box: MailboxSigner,
    kind: 'invitation' | 'control',
    maxItems: number,
  ): Promise<Uint8Array[]> {
    const { oldest, next } = await this.#session.openMailbox(box, kind)
    const items: Uint8Array[] = []
    let size = 0
    let cursor = oldest
    while (cursor < next && items.length < maxItems) {
      const range = await this.#session.read(box.mailbox, cursor, readBytes)
      for (const { bytes } of range.items) {
        items.push(bytes)
        size += bytes.length
      }
      if (size > maxControlBytes) throw new CliqueError('too-large')
      if (range.to <= cursor) break
      cursor = range.to
    }
    return items
  }
}

/** The part of a session that a package needs. */
export interface PackageDoor extends Pick<RelaySession, 'openMailbox' | 'closeMailbox' | 'relayNow'> {
  append(...args: Parameters<RelaySession['append']>): Promise<unknown>
}

/** Puts an invitation's package where a newcomer finds it, until it expires. */
export async function publishPackage(
  session: PackageDoor,
  box: MailboxSigner,
  sealedPackage: Uint8Array,
  expiresAt: number,
): Promise<void> {
  const { oldest, next } = await session.openMailbox(box, 'invitation')
  // With something in it, the answer to an earlier attempt was lost.
  if (next === oldest) {
    // Kept a little longer than it counts, so that a late newcomer reads "expired" and not "never there".
    const most = session.relayNow + limits.keepInvitation
    const keepUntil = Math.min(expiresAt + limits.keepInvitation / 6, most)
    await session.append(box.mailbox, [sealedPackage], keepUntil)
  }
  await session.closeMailbox(box.mailbox)
}
