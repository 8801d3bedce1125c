import { decode, encode } from '../../cbor.ts'
import type { CborValue } from '../../cbor.ts'
import { bytesToId } from '../../ids.ts'
import { introduce } from '../../roster/acts.ts'
import { decodeEnvelope } from '../../roster/operation-codec.ts'
import { operationNumbers, rotationOf } from '../../roster/operation.ts'
import type { OperationType, RosterBody } from '../../roster/operation.ts'
import { lastOperationOf, lastOperationsOf } from '../../roster/standing.ts'
import { signerFromSeed } from '../../signature.ts'
import type { Signer } from '../../signature.ts'
import { epochSignerOf } from '../forge.ts'
import { rotatingTypes } from '../rotating.ts'
import { firstOf, signBytes, write } from './cast.ts'
import type { Cast } from './cast.ts'

/** Each type with each field missing, of another type, or with one more; and with a header that is not for it. */
export async function malformed(type: OperationType, cast: Cast): Promise<[string, Uint8Array][]> {
  const example = await exampleOf(type, cast)
  const fields = decode(example.signed)
  if (!Array.isArray(fields)) throw new Error('what is signed is an array')
  const body = fields[7]
  if (!Array.isArray(body)) throw new Error('a body is an array')
  const found: [string, Uint8Array][] = []
  const add = async (name: string, at: number, value: CborValue): Promise<void> => {
    const changed = fields.map((field: CborValue, i: number) => (i === at ? value : field))
    found.push([`${type}: ${name}`, await signBytes(encode(changed), example.signers)])
  }
  await add('body with one field more', 7, [...body, 0])
  if (body.length > 0) await add('body with one field fewer', 7, body.slice(0, -1))
  await add('no body', 7, null)
  for (const [at, field] of body.entries()) {
    // Nothing has a boolean in it.
    await add(`field ${at} of another type`, 7, body.with(at, true))
    if (field instanceof Uint8Array) {
      await add(
        `field ${at} with a byte more`,
        7,
        body.with(at, Uint8Array.from([...field, ...new Uint8Array(2100)])),
      )
    }
  }
  await add('version 2', 0, 2)
  await add('an author of no kind', 3, [3, new Uint8Array(32)])
  await add('a sequence of another type', 4, 'one')
  await add('parents in another order', 6, [new Uint8Array(32).fill(2), new Uint8Array(32).fill(1)])
  return found
}

async function exampleOf(
  type: OperationType,
  cast: Cast,
): Promise<{ signed: Uint8Array; signers: readonly Signer[] }> {
  const { anna, ben, carl, stranger, spare } = cast
  const { log, random } = anna
  const { state } = log
  const member = carl.root.id
  const carls = state.members.get(member)
  const invitee = signerFromSeed(new Uint8Array(32).fill(9))
  const own = [anna.device.signer]
  const root = signerFromSeed(stranger.root.seed)
  const newcomer = await introduce({ ...stranger, memberName: 'stranger' })
  const { kem } = spare
  const bodies: Record<OperationType, [object, readonly Signer[]]> = {
    genesis: [{}, own],
    invite: [
      {
        invite: bytesToId('invite', invitee.publicKey),
        kem: kem.publicKey,
        mailboxKey: invitee.publicKey,
        role: 'member',
        uses: 1,
        expiresAt: 1,
        label: 'you',
      },
      [...own, invitee],
    ],
    'revoke-invite': [{ invite: bytesToId('invite', invitee.publicKey) }, own],
    'close-invite': [{ invite: bytesToId('invite', invitee.publicKey) }, own],
    join: [{ newcomer }, [invitee, stranger.device.signer, root]],
    confirm: [{ member }, own],
    'add-device': [{ device: spare.id, kem: kem.publicKey, peer: spare.peer }, [...own, spare.signer]],
    'remove-device': [{ last: lastOperationOf(state, anna.device.id) }, own],
    'rotate-kem': [{ kem: kem.publicKey }, own],
    'remove-member': [
      { member, last: carls === undefined ? [] : lastOperationsOf(state, carls), countersigns: [] },
      own,
    ],
    countersign: [{ purpose: 'remove', member: ben.root.id }, own],
    leave: [{}, own],
    'set-role': [{ member, role: 'reader' }, own],
    recover: [{ member, countersigns: [] }, own],
    'create-space': [
      {
        space: bytesToId('space', new Uint8Array(16)),
        kind: 'channel',
        salt: new Uint8Array(16),
        title: 'Plans',
        members: null,
        rotation: null,
      },
      own,
    ],
    'set-audience': [
      { space: bytesToId('space', new Uint8Array(16)), add: [member], remove: [], rotation: null },
      own,
    ],
    'rotate-epoch': [{ space: null }, own],
    complain: [{ epoch: firstOf(state.epochHeads) }, own],
    rewrap: [
      {
        epoch: firstOf(state.epochHeads),
        complaint: firstOf(state.heads),
        terms: random(32),
        wrapsRoot: random(32),
      },
      own,
    ],
    'set-relays': [{ relays: state.relays }, own],
    'set-policy': [{ policy: state.policy }, own],
  }
  const [body, signers] = bodies[type]
  const epochSigner = signerFromSeed(new Uint8Array(32).fill(8))
  if (type === 'genesis') {
    const [genesis] = log.operations.values()
    if (genesis === undefined) throw new Error('a log has its genesis')
    const epoch = rotationOf(genesis.body)?.epoch ?? firstOf(state.epochHeads)
    const keys = [signerFromSeed(anna.root.seed), epochSignerOf(log, epoch)]
    return { signed: genesis.signed, signers: [...own, ...keys] }
  }
  const envelope = await write(cast, anna, { type, ...body } as RosterBody, {
    signers,
    epochSigner,
    rotation: ({ commitments }) => ({
      commitments: { ...commitments, signingKey: epochSigner.publicKey },
    }),
    ...(type === 'join'
      ? {
          header: {
            author: { kind: 'invitation', id: bytesToId('invite', invitee.publicKey) },
            sequence: null,
            previous: null,
          },
        }
      : {}),
  })
  const { signed } = decodeEnvelope(envelope)
  if (operationNumbers[type] !== (decode(signed) as CborValue[])[2])
    throw new Error('the type is in its place')
  return { signed, signers: rotatingTypes.has(type) ? [...signers, epochSigner] : signers }
}
