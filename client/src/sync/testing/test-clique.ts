import { bytesToId, encode, labels, mailboxIdOf, sha256, signerFromSeed } from '@clique/crypto'
import type { CliqueId, DeviceId, Signer, SpaceId } from '@clique/crypto'
import type { MailboxSigner } from '../../network/relay-session.ts'
import type { ContentMailbox, KnownRelay, RosterDevice } from '../ports.ts'

/** Everything that the devices of one clique in a test share. */
export interface TestClique {
  readonly clique: CliqueId
  readonly space: SpaceId
  readonly seed: number
  readonly devices: Map<DeviceId, RosterDevice>
  /** Devices of people who are not in the space. */
  readonly strangers: Set<DeviceId>
  readonly relays: KnownRelay[]
  readonly adminSeed: Uint8Array
}

/** Keys and ids of a test, the same each time. */
export const seedOf = (...parts: (string | number)[]): Uint8Array => sha256(labels.chunkId, encode(parts))

export function makeTestClique(seed: number, relays: KnownRelay[] = []): TestClique {
  return {
    clique: bytesToId('clique', seedOf('clique', seed)),
    space: bytesToId('space', seedOf('space', seed).slice(0, 16)),
    seed,
    devices: new Map(),
    strangers: new Set(),
    relays,
    adminSeed: seedOf('admin', seed),
  }
}

export function mailbox(...parts: (string | number)[]): MailboxSigner {
  const signer = signerFromSeed(seedOf(...parts))
  return { mailbox: mailboxIdOf(signer.publicKey), signer }
}

export function capabilitySigner({ seed }: TestClique, generation: number): Signer {
  return signerFromSeed(seedOf('capability', seed, generation))
}

/** The mailbox of a space's epoch. */
export function makeContentMailbox(
  { seed }: TestClique,
  space: SpaceId,
  epoch: number,
  isCurrent: boolean,
): ContentMailbox {
  return {
    ...mailbox('content', seed, space, epoch),
    space,
    epoch: bytesToId('epoch', seedOf('epoch', seed, space, epoch)),
    isCurrent,
  }
}
