import { openBytes, sealBytes } from '../../../crypto/src/aead.ts'
import { concat, equal, fromBase64url, toBase64url, utf8ToBytes } from '../../../crypto/src/bytes.ts'
import { decode, encode, readArray, readBytesUpTo, readList, readUint } from '../../../crypto/src/cbor.ts'
import type { CborValue } from '../../../crypto/src/cbor.ts'
import { openCheckpoint, signCheckpoint } from '../../../crypto/src/checkpoint.ts'
import { carriedBy, carryRecords, decodeCarried, encodeCarried } from '../../../crypto/src/compaction.ts'
import { decodeItem, encodeItem, openEnvelope } from '../../../crypto/src/epochs/control-item.ts'
import { decodeKeyring, encodeKeyring } from '../../../crypto/src/epochs/keyring.ts'
import { CliqueError } from '../../../crypto/src/errors.ts'
import { sha256 } from '../../../crypto/src/hash.ts'
import { bytesToId, idToBytes } from '../../../crypto/src/ids.ts'
import { deriveInvitationKeys } from '../../../crypto/src/invitations/invitation-keys.ts'
import { decodeInvitation, encodeInvitation } from '../../../crypto/src/invitations/invitation-link.ts'
import { openInvitationPackage } from '../../../crypto/src/invitations/invitation-package.ts'
import { labelToBytes } from '../../../crypto/src/label-bytes.ts'
import { labels } from '../../../crypto/src/labels.ts'
import { verifyConsistency, verifyInclusion } from '../../../crypto/src/merkle.ts'
import { pad, unpad } from '../../../crypto/src/padding.ts'
import { openRecord, sealRecord, signRecord } from '../../../crypto/src/record.ts'
import type { RecordBody, SignedRecord } from '../../../crypto/src/record.ts'
import { decodeRecoveryEntries, encodeRecoveryEntries } from '../../../crypto/src/recovery-list.ts'
import { readBody } from '../../../crypto/src/roster/body-codec.ts'
import { operationNumbers, operationTypes } from '../../../crypto/src/roster/operation.ts'
import { decodeEnvelope, encodeEnvelope } from '../../../crypto/src/roster/operation-codec.ts'
import { receiveItems } from '../../../crypto/src/roster/receive.ts'
import { verifyOperation } from '../../../crypto/src/roster/sign-operation.ts'
import { sendingKey } from '../../../crypto/src/epochs/sending.ts'
import { splitSealedRecord } from '../../../crypto/src/sealed-record.ts'
import { signatureSize, signerFromSeed } from '../../../crypto/src/signature.ts'
import {
  addDevice,
  countersign,
  leaveClique,
  removeDevice,
  removeMember,
  setRole,
} from '../../../crypto/src/roster/member-acts.ts'
import { createSpace, setAudience } from '../../../crypto/src/roster/space-acts.ts'
import { revokeInvitation, rotateEpoch, setPolicy, setRelays } from '../../../crypto/src/roster/acts.ts'
import { generateKemPair } from '../../../crypto/src/hpke.ts'
import { forge, sealForged } from '../../../crypto/src/testing/forge.ts'
import { meet, people } from '../../../crypto/src/testing/people.ts'
import { seededRandom } from '../../../crypto/src/testing/seeded.ts'
import type { Target } from './target.ts'

const random = seededRandom('wire')

/** What the security layer reads: from the relay, from other devices, from links and words. */
export async function cryptoTargets(): Promise<readonly Target[]> {
  const { anna, ben, cleo } = await people(7, 'anna', 'ben', 'cleo')
  await anna.creates()
  const forBen = await anna.invites()
  await ben.joins(forBen, anna.items)
  await meet(anna, ben)
  const forCleo = await anna.invites()
  await cleo.joins(forCleo, anna.items)
  await meet(anna, ben, cleo)
  await anna.does((log, me, options) => setRole(log, me, ben.root.id, 'admin', options))
  await meet(anna, ben, cleo)
  await cleo.does((log, me, options) => leaveClique(log, me, options))
  await meet(anna, ben)
  await anna.does((log, me, options) =>
    removeMember(log, me, cleo.root.id, options).catch(() => rotateEpoch(log, me, options)),
  )
  await meet(anna, ben)
  await anna.does((log, me, options) => setPolicy(log, me, { ...log.state.policy, name: 'Marmots' }, options))
  await anna.does((log, me, options) => setRelays(log, me, [], options))
  const open = await anna.invites()
  await anna.does((log, me, options) => revokeInvitation(log, me, open.invite, options))
  await anna.renewsKem()
  await anna.does((log, me, options) => countersign(log, me, 'remove', ben.root.id, options))
  const second = { ...anna.device, signer: signerFromSeed(random(32)), kem: await generateKemPair(random) }
  const device = { ...second, id: bytesToId('device', second.signer.publicKey) }
  await anna.does((log, me, options) => addDevice(log, me, device, options))
  await anna.does((log, me, options) => removeDevice(log, me, device.id, options))
  const few = { kind: 'channel', title: 'few', members: [anna.root.id] } as const
  const made = await createSpace(anna.log, anna.device, few, { random })
  anna.keep(made)
  await anna.does((log, me, options) => setAudience(log, me, made.space, { add: [ben.root.id] }, options))
  await meet(anna, ben)
  const { log, items, conversation: space } = anna
  const { clique } = log
  const operations = [...log.operations.values()]
  const envelopes = operations.map(encodeEnvelope)
  const key = sendingKey(log, space)
  if (key === null) throw new Error('no key to seal under')
  const record = await signRecord(
    {
      clique,
      space,
      document: 'log-0',
      device: anna.device.id,
      sequence: 1,
      key: key.keyId,
      previous: null,
      previousKey: null,
      session: bytesToId('session', random(8)),
      heads: [...log.state.heads].slice(0, 8),
      dependencies: [],
      kind: 1,
      payload: random(100),
    },
    anna.device.signer,
  )
  const invitation = await deriveInvitationKeys(forBen.secret)
  const link = encodeInvitation({ clique, secret: forBen.secret, relays: [...log.state.relays] })
  const signer = signerFromSeed(random(32))
  const origin = 'relay.example/log'
  const note = await signCheckpoint(signer, { origin, size: 5, root: random(32) })
  const entry = {
    clique,
    member: anna.root.id,
    salt: random(16),
    controlMailboxSeed: random(32),
    relays: [{ url: 'https://relay.example', peer: '12D3KooWTestRelay' }],
  }
  const after = ({ body, id }: SignedRecord): RecordBody => ({
    ...body,
    sequence: body.sequence + 1,
    previous: id,
    previousKey: body.key,
  })
  const named = { device: ben.device.id, sequence: 3, record: bytesToId('record', random(32)) }
  const next = await signRecord({ ...after(record), dependencies: [named] }, anna.device.signer)
  const session = bytesToId('session', random(8))
  const restarted = await signRecord({ ...after(next), session }, anna.device.signer)
  const recordHead = splitSealedRecord(sealRecord(record, key, random)).head
  const linkBody = fromBase64url(link).slice(0, -4)

  return [
    {
      name: 'cbor',
      shape: 'cbor',
      seeds: [[], [1, [2, 'a', new Uint8Array(3)]], new Map([[1, [true, null]]]), 2 ** 40].map((value) =>
        encode(value as CborValue),
      ),
      read: (input) => encode(decode(input)),
    },
    {
      name: 'operation',
      shape: 'cbor',
      seeds: envelopes,
      read: (input) => encodeEnvelope(decodeEnvelope(input)),
    },
    {
      name: 'operation-body',
      shape: 'cbor',
      // The signed bytes alone, so that changes reach the body; the signatures are those of nobody.
      seeds: operations.map(({ signed }) => signed),
      async read(input) {
        const operation = decodeEnvelope(encode([input, [new Uint8Array(signatureSize)]]))
        await verifyOperation(operation).catch(refusal)
        return operation.signed
      },
    },
    {
      name: 'item',
      shape: 'cbor',
      seeds: items,
      read: (input) => encodeItem(decodeItem(input)),
    },
    {
      name: 'item-sealed',
      shape: 'cbor',
      seeds: items,
      read(input) {
        const item = decodeItem(input)
        const controlKey = log.keyring.controlKeys.get(item.keyId)
        if (controlKey !== undefined) openEnvelope(item, controlKey)
        return null
      },
    },
    {
      name: 'items-received',
      shape: 'cbor',
      seeds: items,
      async read(input) {
        await receiveItems(log, [input], [ben.device.kem])
        return null
      },
    },
    {
      name: 'operation-received',
      shape: 'cbor',
      // Signed anew by a member, so that the rules behind the signature are met.
      seeds: operations.map(({ type, signed }) =>
        encode([operationNumbers[type], (decode(signed) as CborValue[])[7] ?? null]),
      ),
      async read(input) {
        const [number, value] = readArray(decode(input), 2)
        const type = operationTypes.find((one) => operationNumbers[one] === number)
        if (type === undefined) return null
        const operation = await forge(ben, readBody(type, value)).catch(refusal)
        if (operation !== null)
          await receiveItems(log, [sealForged(ben, encodeEnvelope(operation))], [anna.device.kem])
        return null
      },
    },
    {
      name: 'record',
      shape: 'bytes',
      seeds: [sealRecord(record, key, random)],
      async read(input) {
        await openRecord(input, key, { clique, space })
        return null
      },
    },
    {
      name: 'record-inside',
      shape: 'cbor',
      seeds: [encode([record.signed, record.signature])],
      async read(input) {
        const aad = concat(labelToBytes(labels.recordSeal), recordHead)
        const sealed = concat(recordHead, sealBytes(key.recordKey, pad(input), aad, random))
        await openRecord(sealed, key, { clique, space })
        return null
      },
    },
    {
      name: 'record-body',
      shape: 'cbor',
      seeds: [record.signed],
      async read(input) {
        const aad = concat(labelToBytes(labels.recordSeal), recordHead)
        const inside = pad(encode([input, record.signature]))
        await openRecord(concat(recordHead, sealBytes(key.recordKey, inside, aad, random)), key, {
          clique,
          space,
        }).catch(refusal)
        return null
      },
    },
    {
      name: 'compaction',
      shape: 'cbor',
      seeds: [carryRecords([record.body, next.body]), carryRecords([record.body, next.body, restarted.body])],
      read(input) {
        const again = encodeCarried(decodeCarried(input))
        try {
          carriedBy({ ...after(restarted), payload: input })
        } catch (error) {
          refusal(error)
        }
        return again
      },
    },
    {
      name: 'invitation-link',
      shape: 'text',
      seeds: [utf8ToBytes(link)],
      read: (input) => readText(input, (text) => void decodeInvitation(text)),
    },
    {
      name: 'invitation-link-inside',
      shape: 'cbor',
      seeds: [linkBody],
      read(input) {
        const text = toBase64url(concat(input, sha256(labels.inviteChecksum, input).slice(0, 4)))
        return fromBase64url(encodeInvitation(decodeInvitation(text))).slice(0, -4)
      },
    },
    {
      name: 'invitation-package',
      shape: 'bytes',
      seeds: [forBen.package],
      async read(input) {
        await openInvitationPackage(forBen.secret, input)
        return null
      },
    },
    {
      name: 'invitation-package-inside',
      shape: 'cbor',
      seeds: [unpad(openBytes(invitation.packageKey, forBen.package, idToBytes(invitation.invite)))],
      async read(input) {
        const sealed = sealBytes(invitation.packageKey, pad(input), idToBytes(invitation.invite), random)
        await openInvitationPackage(forBen.secret, sealed)
        return null
      },
    },
    {
      name: 'keyring',
      shape: 'cbor',
      seeds: [encodeKeyring(log.keyring), encodeKeyring(ben.log.keyring)],
      // It rests and never travels, so there may be several encodings; what was read once stays as it is.
      read(input) {
        const once = encodeKeyring(decodeKeyring(input))
        if (!equal(encodeKeyring(decodeKeyring(once)), once)) throw new Error('a keyring that does not stay')
        return null
      },
    },
    {
      name: 'recovery-list',
      shape: 'cbor',
      seeds: [encodeRecoveryEntries([entry]), encodeRecoveryEntries([entry, { ...entry, relays: [] }])],
      read: (input) => encodeRecoveryEntries(decodeRecoveryEntries(input)),
    },
    {
      name: 'checkpoint',
      shape: 'text',
      seeds: [utf8ToBytes(note)],
      async read(input) {
        const text = new TextDecoder().decode(input)
        await openCheckpoint(text, origin, signer.publicKey)
        return null
      },
    },
    {
      name: 'merkle-proof',
      shape: 'cbor',
      seeds: [
        encode([2, 5, random(32), [random(32), random(32), random(32)], random(32)]),
        encode([3, 3, random(32), [], random(32)]),
      ],
      read(input) {
        const [first, second, a, proof, b] = readArray(decode(input), 5)
        const hashes = readList(proof, 70, (hash) => readBytesUpTo(hash, 64))
        const [leaf, root] = [readBytesUpTo(a, 64), readBytesUpTo(b, 64)]
        verifyInclusion(readUint(first), readUint(second), leaf, hashes, root)
        verifyConsistency(readUint(first), readUint(second), leaf, root, hashes)
        return null
      },
    },
    {
      name: 'padding',
      shape: 'bytes',
      seeds: [pad(random(10)), pad(random(300))],
      read: (input) => pad(unpad(input)),
    },
  ]
}

/** A refusal is an answer; what else is thrown goes on. */
export function refusal(error: unknown): null {
  if (error instanceof CliqueError) return null
  throw error
}

export function readText(input: Uint8Array, read: (text: string) => void): null {
  read(new TextDecoder().decode(input))
  return null
}
