import {
  capabilities,
  contentMailboxes,
  controlMailbox,
  gateKeys,
  signerFromSeed,
  toHex,
} from '@clique/crypto'
import type { CliqueLog, DeviceId, MailboxId, Signer, SpaceId } from '@clique/crypto'
import { spacesOf } from '../documents/spaces-of.ts'
import { isUsableRelay } from '../network/relay-address.ts'
import type { MailboxSigner } from '../network/relay-session.ts'
import type { RosterDevice, RosterFacts } from './ports.ts'

interface KeyPair {
  readonly seed: Uint8Array
  readonly publicKey: Uint8Array
}

/** Signers of mailboxes and capabilities, made once: each costs a multiplication on the curve. */
export class SignerCache {
  readonly #signers = new Map<string, Signer>()

  of({ seed, publicKey }: KeyPair): Signer {
    const name = toHex(publicKey)
    const known = this.#signers.get(name)
    if (known !== undefined) return known
    const signer = signerFromSeed(seed)
    this.#signers.set(name, signer)
    return signer
  }
}

/** What the network of one device needs to know of a clique's log. */
export function factsOf(log: CliqueLog, own: DeviceId, signers: SignerCache): RosterFacts {
  const { state } = log
  const devices = new Map<DeviceId, RosterDevice>()
  for (const { id, member, peer, status } of state.devices.values()) {
    const isIn = status === 'in' && state.members.get(member)?.status === 'in'
    devices.set(id, { device: id, member, peer, isIn })
  }
  const keyOf = (mailbox: MailboxId, keyPair: KeyPair): MailboxSigner => ({
    mailbox,
    signer: signers.of(keyPair),
  })
  const control = controlMailbox(log)
  const spaces = spacesOfDevice(log, own)
  return {
    heads: state.heads,
    spaces,
    relays: state.relays.filter(isUsableRelay),
    devices,
    gateKeys: gateKeys(log),
    control: keyOf(control.mailbox, control.keyPair),
    contents: spaces.flatMap((space) =>
      contentMailboxes(log, space).map(({ epoch, keyPair, mailbox, current }) => ({
        ...keyOf(mailbox, keyPair),
        space,
        epoch,
        isCurrent: current,
      })),
    ),
    capabilities: capabilities(log).map(({ generation, keyPair }) => ({
      control: control.mailbox,
      generation,
      publicKey: keyPair.publicKey,
      signer: signers.of(keyPair),
    })),
    knowsOperation: (id) => log.operations.has(id),
    spacesWith: (device) => {
      const theirs = new Set(spacesOfDevice(log, device))
      return spaces.filter((space) => theirs.has(space))
    },
  }
}

function spacesOfDevice({ state }: CliqueLog, device: DeviceId): SpaceId[] {
  const member = state.devices.get(device)?.member
  return member === undefined ? [] : spacesOf(state, member)
}
