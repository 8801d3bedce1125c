import { readArray, readBytes, readBytesUpTo, readId, readList, readText, readUint } from '../cbor.ts'
import type { CborValue } from '../cbor.ts'
import { readRotation, rotationToValue } from '../epochs/rotation-codec.ts'
import { CliqueError } from '../errors.ts'
import { idToBytes } from '../ids.ts'
import { readChoice, readKemKey, readName, readPeer, readSigningKey } from './body-readers.ts'
import { changeToValue, readChange } from './change-codec.ts'
import { accents, histories, spaceKinds } from './operation.ts'
import type {
  GenesisBody,
  InviteBody,
  Newcomer,
  NewSpace,
  OperationBody,
  OperationType,
  Policy,
  RelayAddress,
} from './operation.ts'
import { roles } from './roles.ts'
import { readCreateSpace, readSetAudience, spaceToValue } from './space-codec.ts'

export const maxRelays = 8
export const maxRelayUrlSize = 255
export const maxSealedRootSize = 2048
/** A clique is made for 150 people. */
export const maxInviteUses = 150
/** Only the two that every clique begins with. */
export const maxGenesisSpaces = 8

const originPattern = /^https?:\/\/[^\s/?#@\\]+$/

export function bodyToValue(body: OperationBody): CborValue {
  switch (body.type) {
    case 'genesis':
      return [
        body.salt,
        newcomerToValue(body.founder),
        policyToValue(body.policy),
        relaysToValue(body.relays),
        body.spaces.map((space) => [idToBytes(space.id), spaceKinds.indexOf(space.kind), space.title]),
        body.controlMailboxSeed,
        rotationToValue(body.rotation),
      ]
    case 'invite':
      // The second value is the kind of invitation: 0 opens for whoever has the link.
      return [
        idToBytes(body.invite),
        0,
        body.kem,
        body.mailboxKey,
        roles.indexOf(body.role),
        body.uses,
        body.expiresAt,
        body.label,
        rotationToValue(body.rotation),
      ]
    case 'revoke-invite':
    case 'close-invite':
      return [idToBytes(body.invite), rotationToValue(body.rotation)]
    case 'join':
      return [newcomerToValue(body.newcomer), rotationToValue(body.rotation)]
    case 'create-space':
    case 'set-audience':
      return spaceToValue(body)
    case 'rotate-epoch':
      return [rotationToValue(body.rotation)]
    case 'complain':
      return [idToBytes(body.epoch)]
    case 'rewrap':
      return [idToBytes(body.epoch), idToBytes(body.complaint), body.terms, body.wrapsRoot]
    case 'set-relays':
      return [relaysToValue(body.relays)]
    case 'set-policy':
      return [policyToValue(body.policy)]
    default:
      return changeToValue(body)
  }
}

/** @throws CliqueError */
export function readBody(type: OperationType, value: CborValue | undefined): OperationBody {
  switch (type) {
    case 'genesis':
      return readGenesis(value)
    case 'invite':
      return readInvite(value)
    case 'revoke-invite':
    case 'close-invite': {
      const [invite, rotation] = readArray(value, 2)
      return { type, invite: readId(invite, 'invite'), rotation: readRotation(rotation) }
    }
    case 'join': {
      const [newcomer, rotation] = readArray(value, 2)
      return { type, newcomer: readNewcomer(newcomer), rotation: readRotation(rotation) }
    }
    case 'create-space':
      return readCreateSpace(value)
    case 'set-audience':
      return readSetAudience(value)
    case 'rotate-epoch': {
      const rotation = readRotation(readArray(value, 1)[0])
      return { type, space: rotation.space, rotation }
    }
    case 'complain':
      return { type, epoch: readId(readArray(value, 1)[0], 'epoch') }
    case 'rewrap': {
      const [epoch, complaint, terms, root] = readArray(value, 4)
      return {
        type,
        epoch: readId(epoch, 'epoch'),
        complaint: readId(complaint, 'operation'),
        terms: readBytes(terms, 32),
        wrapsRoot: readBytes(root, 32),
      }
    }
    case 'set-relays':
      return { type, relays: readRelays(readArray(value, 1)[0]) }
    case 'set-policy':
      return { type, policy: readPolicy(readArray(value, 1)[0]) }
    default:
      return readChange(type, value)
  }
}

function readGenesis(value: CborValue | undefined): GenesisBody {
  const [salt, founder, policy, relays, spaces, seed, rotation] = readArray(value, 7)
  const list = readList(spaces, maxGenesisSpaces, readSpace)
  if (new Set(list.map((space) => space.id)).size !== list.length) throw new CliqueError('operation-format')
  return {
    type: 'genesis',
    salt: readBytes(salt, 32),
    founder: readNewcomer(founder),
    policy: readPolicy(policy),
    relays: readRelays(relays),
    spaces: list,
    controlMailboxSeed: readBytes(seed, 32),
    rotation: readRotation(rotation),
  }
}

function readInvite(value: CborValue | undefined): InviteBody {
  const [invite, kind, kem, mailboxKey, role, uses, expiresAt, label, rotation] = readArray(value, 9)
  readUint(kind, 0)
  const count = readUint(uses, maxInviteUses)
  if (count === 0) throw new CliqueError('shape-out-of-range')
  return {
    type: 'invite',
    invite: readId(invite, 'invite'),
    kem: readKemKey(kem),
    mailboxKey: readSigningKey(mailboxKey),
    role: readChoice(role, roles),
    uses: count,
    expiresAt: readUint(expiresAt),
    label: readName(label, 0),
    rotation: readRotation(rotation),
  }
}

export function newcomerToValue(newcomer: Newcomer): CborValue {
  return [
    idToBytes(newcomer.member),
    newcomer.name,
    idToBytes(newcomer.device),
    newcomer.kem,
    newcomer.peer,
    newcomer.recoveryKey,
    newcomer.recoverySalt,
    newcomer.sealedRoot,
  ]
}

function readNewcomer(value: CborValue | undefined): Newcomer {
  const [member, name, device, kem, peer, recoveryKey, recoverySalt, sealedRoot] = readArray(value, 8)
  return {
    member: readId(member, 'member'),
    name: readName(name, 1),
    device: readId(device, 'device'),
    kem: readKemKey(kem),
    peer: readPeer(peer),
    recoveryKey: readKemKey(recoveryKey),
    recoverySalt: readBytes(recoverySalt, 16),
    sealedRoot: readBytesUpTo(sealedRoot, maxSealedRootSize),
  }
}

export function policyToValue(policy: Policy): CborValue {
  return [policy.name, accents.indexOf(policy.accent), histories.indexOf(policy.history)]
}

/** @throws CliqueError */
export function readPolicy(value: CborValue | undefined): Policy {
  const [name, accent, history] = readArray(value, 3)
  return {
    name: readName(name, 1),
    accent: readChoice(accent, accents),
    history: readChoice(history, histories),
  }
}

export function relaysToValue(relays: readonly RelayAddress[]): CborValue {
  return relays.map((relay) => [relay.url, relay.peer])
}

/** @throws CliqueError */
export function readRelays(value: CborValue | undefined): RelayAddress[] {
  const relays = readList(value, maxRelays, (item) => {
    const [urlValue, peer] = readArray(item, 2)
    const url = readText(urlValue, maxRelayUrlSize)
    if (!originPattern.test(url)) throw new CliqueError('operation-format')
    return { url, peer: readPeer(peer) }
  })
  if (new Set(relays.map((relay) => relay.peer)).size !== relays.length) {
    throw new CliqueError('operation-format')
  }
  return relays
}

function readSpace(value: CborValue): NewSpace {
  const [id, kind, title] = readArray(value, 3)
  return { id: readId(id, 'space'), kind: readChoice(kind, spaceKinds), title: readName(title, 0) }
}
