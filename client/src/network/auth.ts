import {
  authenticate,
  CliqueError,
  encode,
  equal,
  idToBytes,
  labels,
  signLabelled,
  verifyLabelled,
} from '@clique/crypto'
import type { CliqueId, DeviceId, OperationId, Random, Signer } from '@clique/crypto'
import { authMessageToBytes, authVersion, bytesToAuthMessage, maxHeads, nonceSize } from './auth-messages.ts'
import { tagCount, tagSize } from './auth-messages.ts'
import type { AuthMessage, Identity } from './auth-messages.ts'

/**
 * `/clique/auth/1`, the first conversation of two devices that met:
 *
 *     dialer                                   listener
 *     hello      nonce            →
 *                                 ←            challenge  nonce, tags
 *     tags       tags             →
 *                                 ←            answer     tag
 *     identity   device, heads    →
 *                                 ←            identity   device, heads
 *
 * A tag is a MAC over both nonces, both PeerIds and the role, with the gate key of one epoch. Each side offers
 * tags of its newest epochs and searches the other's list with every gate key that it holds, so two devices meet
 * in any epoch that is among the newest of either. Whoever holds none sees random bytes and no name. Only then
 * the devices sign; membership is decided by that signature and the roster, never by the gate key, because a
 * removed device still holds old ones. The dialer names itself first: it chose whom to dial.
 */
export type AuthRole = 'dialer' | 'listener'

export interface GateKey {
  readonly key: Uint8Array
}

/** What the roster says of a device at this moment; null for a device that it does not know. */
export interface KnownDevice {
  readonly peer: string
  readonly isIn: boolean
}

export interface AuthSide {
  readonly role: AuthRole
  readonly clique: CliqueId
  readonly device: DeviceId
  readonly signer: Signer
  /** PeerIds as text: this device's, and the one that the transport proved for the other side. */
  readonly ownPeer: string
  readonly otherPeer: string
  /** Newest epoch first. */
  readonly gateKeys: readonly GateKey[]
  readonly heads: readonly OperationId[]
  deviceInRoster(device: DeviceId): KnownDevice | null
  readonly random: Random
}

/** The other side, after both signed. */
export interface Authenticated {
  readonly device: DeviceId
  readonly heads: readonly OperationId[]
}

export interface AuthStep {
  /** To be sent before anything else happens. */
  readonly send: Uint8Array | null
  /** Present when this side is satisfied; the listener's last message is sent first. */
  readonly done: Authenticated | null
}

type State =
  'start' | 'hello-sent' | 'challenge-sent' | 'tags-sent' | 'answer-sent' | 'identity-sent' | 'over'

/** One run of the conversation for one side. No network, no clock; any error ends it. */
export class Auth {
  readonly #side: AuthSide
  readonly #nonce: Uint8Array
  #otherNonce: Uint8Array | null = null
  /** A key that the other side has proven to hold. */
  #shared: Uint8Array | null = null
  #state: State = 'start'

  constructor(side: AuthSide) {
    this.#side = side
    this.#nonce = side.random(nonceSize)
  }

  /** The first message of the dialer; the listener says nothing until it is spoken to. */
  open(): Uint8Array | null {
    if (this.#side.role === 'listener') return null
    this.#state = 'hello-sent'
    return authMessageToBytes({ kind: 'hello', nonce: this.#nonce })
  }

  /** @throws CliqueError `auth-...`; the stream is to be aborted then, without a reason for the other side */
  async receive(frame: Uint8Array): Promise<AuthStep> {
    try {
      return await this.#step(bytesToAuthMessage(frame))
    } catch (error) {
      this.#state = 'over'
      throw error
    }
  }

  async #step(message: AuthMessage): Promise<AuthStep> {
    if (this.#state === 'start' && this.#side.role === 'listener' && message.kind === 'hello') {
      this.#otherNonce = message.nonce
      this.#state = 'challenge-sent'
      return reply({ kind: 'challenge', nonce: this.#nonce, tags: this.#makeTags() })
    }
    if (this.#state === 'hello-sent' && message.kind === 'challenge') {
      this.#otherNonce = message.nonce
      this.#shared = this.#search(message.tags, 'offer')
      this.#state = 'tags-sent'
      return reply({ kind: 'tags', tags: this.#makeTags() })
    }
    if (this.#state === 'challenge-sent' && message.kind === 'tags') {
      this.#shared = this.#search(message.tags, 'offer')
      if (this.#shared === null) throw new CliqueError('auth-no-common-epoch')
      this.#state = 'answer-sent'
      return reply({ kind: 'answer', tag: this.#tag(this.#shared, this.#side.role, 'answer') })
    }
    if (this.#state === 'tags-sent' && message.kind === 'answer') {
      const shared = this.#search([message.tag], 'answer')
      if (shared === null) throw new CliqueError('auth-no-common-epoch')
      this.#state = 'identity-sent'
      return reply({ kind: 'identity', ...(await this.#identify()) })
    }
    if (this.#state === 'answer-sent' && message.kind === 'identity') {
      const done = await this.#check(message)
      this.#state = 'over'
      return { ...reply({ kind: 'identity', ...(await this.#identify()) }), done }
    }
    if (this.#state === 'identity-sent' && message.kind === 'identity') {
      const done = await this.#check(message)
      this.#state = 'over'
      return { send: null, done }
    }
    throw new CliqueError('auth-message')
  }

  /** Tags of the newest epochs. One that the other side was seen to hold takes the place of the oldest. */
  #makeTags(): Uint8Array[] {
    const { gateKeys, random, role } = this.#side
    const keys = gateKeys.slice(0, tagCount).map(({ key }) => key)
    const shared = this.#shared
    if (shared !== null && !keys.some((key) => equal(key, shared))) keys[tagCount - 1] = shared
    return Array.from({ length: tagCount }, (_, place) => {
      const key = keys[place]
      return key === undefined ? random(tagSize) : this.#tag(key, role, 'offer')
    })
  }

  #search(tags: readonly Uint8Array[], purpose: 'offer' | 'answer'): Uint8Array | null {
    const other = this.#side.role === 'dialer' ? 'listener' : 'dialer'
    for (const { key } of this.#side.gateKeys) {
      const expected = this.#tag(key, other, purpose)
      if (tags.some((tag) => equal(tag, expected))) return key
    }
    return null
  }

  #tag(key: Uint8Array, role: AuthRole, purpose: 'offer' | 'answer'): Uint8Array {
    return authenticate(key, labels.peerGate, encode([role, purpose, ...this.#meeting()])).slice(0, tagSize)
  }

  /** What both sides know of this one meeting, dialer first. */
  #meeting(): [string, string, Uint8Array, Uint8Array] {
    const { role, ownPeer, otherPeer } = this.#side
    const otherNonce = this.#otherNonce
    if (otherNonce === null) throw new Error('no meeting before both nonces are known')
    return role === 'dialer'
      ? [ownPeer, otherPeer, this.#nonce, otherNonce]
      : [otherPeer, ownPeer, otherNonce, this.#nonce]
  }

  async #identify(): Promise<Identity> {
    const { role, device, signer } = this.#side
    const heads = this.#side.heads.slice(0, maxHeads)
    const statement = this.#statement(role, device, heads)
    return { device, heads, signature: await signLabelled(signer, labels.peerIdentity, statement) }
  }

  /** Built by each side from what it knows itself, so nobody gets a signature over bytes of their choice. */
  #statement(role: AuthRole, device: DeviceId, heads: readonly OperationId[]): Uint8Array {
    return encode([
      authVersion,
      idToBytes(this.#side.clique),
      role,
      ...this.#meeting(),
      idToBytes(device),
      heads.map(idToBytes),
    ])
  }

  async #check(identity: Identity): Promise<Authenticated> {
    const { role, otherPeer, deviceInRoster, device: own } = this.#side
    const { device, heads, signature } = identity
    const known = deviceInRoster(device)
    if (known === null || !known.isIn || device === own) throw new CliqueError('auth-not-a-member')
    if (known.peer !== otherPeer) throw new CliqueError('auth-wrong-device')
    const other = role === 'dialer' ? 'listener' : 'dialer'
    const statement = this.#statement(other, device, heads)
    if (!(await verifyLabelled(idToBytes(device), labels.peerIdentity, statement, signature))) {
      throw new CliqueError('auth-signature')
    }
    return { device, heads }
  }
}

function reply(message: AuthMessage): AuthStep {
  return { send: authMessageToBytes(message), done: null }
}
