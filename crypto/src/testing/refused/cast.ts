import { makeRotation } from '../../epochs/rotate.ts'
import type { RotationPart } from '../../epochs/rotation.ts'
import { generateKemPair } from '../../hpke.ts'
import { bytesToId } from '../../ids.ts'
import type { SpaceId } from '../../ids.ts'
import { labels } from '../../labels.ts'
import { deviceHeader } from '../../roster/act.ts'
import { revokeInvitation } from '../../roster/acts.ts'
import type { DeviceKeys } from '../../roster/acts.ts'
import { addDevice, countersign, removeDevice, removeMember } from '../../roster/member-acts.ts'
import { encodeEnvelope, encodeOperation } from '../../roster/operation-codec.ts'
import type { OperationBody, OperationHeader, RosterBody } from '../../roster/operation.ts'
import { signerFromSeed, signLabelled } from '../../signature.ts'
import type { Signer } from '../../signature.ts'
import { people } from '../people.ts'
import type { Person } from '../people.ts'
import { rotatingTypes } from '../rotating.ts'
import { creates } from '../space-people.ts'

export interface Cast {
  readonly anna: Person
  readonly ben: Person
  readonly carl: Person
  readonly dora: Person
  readonly eva: Person
  readonly frank: Person
  readonly stranger: Person
  readonly spare: DeviceKeys
  readonly dropped: DeviceKeys
  /** Made by Carl for Ben, Dora and Eva. */
  readonly space: SpaceId
}

/** Of Eva's records those count that Anna held when she removed her. */
export const evasEnd = 7

/** Anna the founder, Ben an admin, Carl a member, Dora a reader; Eva was removed; on Frank Anna has not built yet. */
export async function makeClique(seed: number): Promise<Cast> {
  const cast = await people(seed, 'anna', 'ben', 'carl', 'dora', 'eva', 'frank', 'stranger')
  const { anna, ben, carl, dora, eva, frank, stranger } = cast
  await anna.creates()
  await stranger.creates()
  for (const [person, role] of [
    [ben, 'admin'],
    [carl, 'member'],
    [dora, 'reader'],
    [eva, 'member'],
  ] as const) {
    await person.joins(await anna.invites({ role, label: person.name }), anna.items)
    await anna.receives(...person.items)
  }
  await carl.receives(...anna.items)
  const space = await creates(carl, 'Plans', ben, dora, eva)
  await anna.receives(...carl.items)
  const record = bytesToId('record', anna.random(32))
  const held = () => ({ sequence: evasEnd, id: record })
  await anna.does((log, me, options) => removeMember(log, me, eva.root.id, { ...options, held }))
  await ben.receives(...anna.items)
  await ben.does((log, me, options) => countersign(log, me, 'remove', anna.root.id, options))
  const dropped = await makeDevice(ben)
  await ben.does((log, me, options) => addDevice(log, me, dropped, options))
  await ben.does((log, me, options) => removeDevice(log, me, dropped.id, options))
  await anna.receives(...ben.items)
  for (let i = 0; i < 7; i++) {
    const device = await makeDevice(anna)
    await anna.does((log, me, options) => addDevice(log, me, device, options))
  }
  const revoked = await anna.invites({ label: 'revoked' })
  await anna.does((log, me, options) => revokeInvitation(log, me, revoked.invite, options))
  await frank.joins(await anna.invites({ uses: 150, label: 'open' }), anna.items)
  await frank.does((log, me, options) => countersign(log, me, 'remove', anna.root.id, options))
  await anna.receives(...frank.items)
  return { ...cast, spare: await makeDevice(anna), dropped, space }
}

export async function makeDevice(person: Person): Promise<DeviceKeys> {
  const signer = signerFromSeed(person.random(32))
  const id = bytesToId('device', signer.publicKey)
  return { id, signer, kem: await generateKemPair(person.random), peer: `12D3KooW${person.name}more` }
}

export interface Changes {
  readonly header?: Partial<OperationHeader>
  readonly signers?: readonly Signer[]
  readonly rotation?: (part: RotationPart) => Partial<RotationPart>
  /** Signs for the epoch instead of its own key. */
  readonly epochSigner?: Signer
  readonly isEpochUnsigned?: boolean
  /** The rotation is of this space. */
  readonly space?: SpaceId
}

/** Signed as it should be, whatever is in it. */
export async function write(
  cast: Cast,
  author: Person,
  body: RosterBody,
  changes: Changes = {},
): Promise<Uint8Array> {
  const header = { ...headerOf(cast, author), ...changes.header }
  const rotates = rotatingTypes.has(body.type) || changes.space !== undefined
  const signers = changes.signers ?? [author.device.signer]
  if (!rotates) return signBytes(encodeOperation(header, body as OperationBody), signers)
  const { rotation, signer } = await rotationFor(cast, changes)
  const signed = encodeOperation(header, { ...body, rotation } as OperationBody)
  return signBytes(signed, changes.isEpochUnsigned === true ? signers : [...signers, signer])
}

async function rotationFor(
  { anna: { log, random } }: Cast,
  changes: Changes,
): Promise<{ rotation: RotationPart; signer: Signer }> {
  const { part, keys } = await makeRotation({
    past: log.state,
    after: log.state,
    space: changes.space ?? null,
    graph: log.graph,
    keyring: log.keyring,
    renewCapability: false,
    random,
  })
  const signer = changes.epochSigner ?? signerFromSeed(keys.signingSeed)
  return { rotation: { ...part, ...changes.rotation?.(part) }, signer }
}

export function headerOf({ anna }: Cast, author: Person): OperationHeader {
  if (anna.log.state.devices.has(author.device.id)) return deviceHeader(anna.log, author.device.id)
  return {
    clique: anna.log.clique,
    author: { kind: 'device', id: author.device.id },
    sequence: 1,
    previous: null,
    parents: anna.log.state.heads,
  }
}

export async function signBytes(signed: Uint8Array, signers: readonly Signer[]): Promise<Uint8Array> {
  const signatures: Uint8Array[] = []
  for (const signer of signers) signatures.push(await signLabelled(signer, labels.operationSignature, signed))
  return encodeEnvelope({ signed, signatures })
}

export function firstOf<T>(items: readonly T[]): T {
  const [first] = items
  if (first === undefined) throw new Error('there is at least one')
  return first
}
