import { beforeAll, expect, test } from 'vitest'
import { flipByte } from '../testing/flip.ts'
import { concat } from '../bytes.ts'
import { decode, encode } from '../cbor.ts'
import type { CborValue } from '../cbor.ts'
import { isUsableKemKey } from '../epochs/kem-key.ts'
import { isCliqueError } from '../errors.ts'
import { bytesToId } from '../ids.ts'
import { labels } from '../labels.ts'
import { signLabelled } from '../signature.ts'
import { forge, sealForged, verdictOf, verdictOfItem } from '../testing/forge.ts'
import { meet, people } from '../testing/people.ts'
import type { Person } from '../testing/people.ts'
import { rotateEpoch, setPolicy, setRelays } from './acts.ts'
import { decodeEnvelope, encodeEnvelope, encodeOperation } from './operation-codec.ts'
import type { OperationAuthor, OperationBody, OperationHeader, RelayAddress } from './operation.ts'
import { verifyOperation } from './sign-operation.ts'

let anna: Person
let ben: Person
let stranger: Person
const relays: OperationBody = { type: 'set-relays', relays: [] }

beforeAll(async () => {
  ;({ anna, ben, stranger } = await people(3, 'anna', 'ben', 'stranger'))
  await anna.creates()
  await ben.joins(await anna.invites(), anna.items)
  await meet(anna, ben)
  await stranger.creates()
})

test('[OPS1] a true operation is accepted once and by its twin no more', async () => {
  const { item } = await anna.does((log, me, options) => setRelays(log, me, [], options))
  expect(await verdictOfItem(ben, item)).toBe('accepted')
  const again = await ben.receives(item, item)
  expect(again.accepted).toEqual([])
  expect(again.refused).toEqual([])
})

test('[OPS4] an operation without its signature is refused', async () => {
  const operation = await forge(anna, relays)
  expect(await verdictOf(ben, anna, { ...operation, signatures: [] })).toBe('operation-signature')
  expect(await verdictOf(ben, anna, { ...operation, signatures: [new Uint8Array(64)] })).toBe(
    'operation-signature',
  )
})

test("[OPS4] somebody else's signature is no signature", async () => {
  const operation = await forge(anna, relays, {}, [ben.device.signer])
  expect(await verdictOf(ben, ben, operation)).toBe('operation-signature')
})

test('[OPS4] a signature under another label is no signature', async () => {
  const operation = await forge(anna, relays)
  const other = await signLabelled(anna.device.signer, labels.recordSignature, operation.signed)
  expect(await verdictOf(ben, ben, { ...operation, signatures: [other] })).toBe('operation-signature')
})

test('[OPS5] an operation of another clique is refused, its genesis too', async () => {
  const operation = await forge(anna, relays, { clique: stranger.log.clique })
  expect(await verdictOf(ben, anna, operation)).toBe('operation-wrong-clique')
  const genesis = [...stranger.log.operations.values()][0]
  if (genesis === undefined) throw new Error('a clique begins with a genesis')
  expect(await verdictOf(ben, anna, genesis)).toBe('operation-wrong-clique')
})

test('[OPS2] a type that is not known yet is refused, whatever it holds', async () => {
  const { signed } = await forge(anna, relays)
  const values = decode(signed) as CborValue[]
  for (const number of [0, 22, 99]) {
    const bytes = encode([...values.slice(0, 2), number, ...values.slice(3)])
    const signature = await signLabelled(anna.device.signer, labels.operationSignature, bytes)
    expect(await verdictOf(ben, anna, { signed: bytes, signatures: [signature] })).toBe(
      'operation-type-unknown',
    )
  }
})

test('[OPS2] another version is refused', async () => {
  const { signed } = await forge(anna, relays)
  const bytes = encode([2, ...(decode(signed) as CborValue[]).slice(1)])
  const signature = await signLabelled(anna.device.signer, labels.operationSignature, bytes)
  expect(await verdictOf(ben, anna, { signed: bytes, signatures: [signature] })).toBe('version-unknown')
})

test('[OPS2] a field more than there is room for is refused', async () => {
  const { signed } = await forge(anna, relays)
  const bytes = encode([...(decode(signed) as CborValue[]), null])
  const signature = await signLabelled(anna.device.signer, labels.operationSignature, bytes)
  expect(await verdictOf(ben, anna, { signed: bytes, signatures: [signature] })).toBe('shape-wrong')
})

test('[OPS3] bytes behind an envelope, or behind the signed part, are refused', async () => {
  const operation = await forge(anna, relays)
  const longer = concat(encodeEnvelope(operation), new Uint8Array(1))
  expect(await verdictOfItem(ben, sealForged(anna, longer))).toBe('cbor-trailing-bytes')
  const signed = concat(operation.signed, new Uint8Array(1))
  const signature = await signLabelled(anna.device.signer, labels.operationSignature, signed)
  expect(await verdictOf(ben, anna, { signed, signatures: [signature] })).toBe('cbor-trailing-bytes')
})

test('[OPS3] no envelope with one byte changed is accepted', async () => {
  const envelope = encodeEnvelope(await forge(anna, relays))
  for (let at = 0; at < envelope.length; at++) {
    const verdict = await verdictOfItem(ben, sealForged(anna, flipByte(envelope, at)))
    expect(verdict, `byte ${at}`).not.toBe('accepted')
    expect(verdict, `byte ${at}`).not.toBe('waiting')
  }
})

test('[OPS3] a cut envelope is refused at every length', async () => {
  const envelope = encodeEnvelope(await forge(anna, relays))
  for (let length = 0; length < envelope.length; length++) {
    expect(() => decodeEnvelope(envelope.slice(0, length))).toThrow()
  }
})

test('[ROS4] the operation of a stranger is refused', async () => {
  const author = { kind: 'device', id: stranger.device.id } as const
  const header = { author, sequence: 1, previous: null }
  const operation = await forge(anna, relays, header, [stranger.device.signer])
  expect(await verdictOf(ben, anna, operation)).toBe('operation-author-unknown')
})

test('[ROS4] a wrong sequence or a wrong previous is refused', async () => {
  const tip = anna.log.state.tips.get(anna.device.id)
  const genesis = [...anna.log.operations.keys()][0]
  if (tip === undefined || genesis === undefined) throw new Error('anna has written')
  const sequence = tip.sequence + 2
  expect(await verdictOf(ben, anna, await forge(anna, relays, { sequence }))).toBe('operation-sequence')
  const again = { sequence: tip.sequence }
  expect(await verdictOf(ben, anna, await forge(anna, relays, again))).toBe('operation-sequence')
  const previous = { previous: genesis }
  expect(await verdictOf(ben, anna, await forge(anna, relays, previous))).toBe('operation-previous')
})

test('[OPS1] an operation that builds on nothing, or on something absent, has no effect', async () => {
  expect(await verdictOf(ben, anna, await forge(anna, relays, { parents: [] }))).toBe('operation-format')
  const absent = bytesToId('operation', new Uint8Array(32).fill(7))
  const before = ben.log.state.hash
  expect(await verdictOf(ben, anna, await forge(anna, relays, { parents: [absent] }))).toBe('waiting')
  expect(ben.log.state.hash).toBe(before)
})

test('[OPS1] a device does not speak as a root or as an invitation', async () => {
  const root = { author: { kind: 'root', id: anna.root.id }, sequence: null, previous: null } as const
  const signer = anna.device.signer
  expect(await verdictOf(ben, anna, await forge(anna, relays, root, [signer]))).toBe('operation-format')
  const invite = bytesToId('invite', signer.publicKey)
  const guest = { author: { kind: 'invitation', id: invite }, sequence: null, previous: null } as const
  expect(await verdictOf(ben, anna, await forge(anna, relays, guest, [signer]))).toBe('operation-format')
})

test('[ROS5] a member changes no settings', async () => {
  const policy = { name: "Ben's", accent: 'rose', history: 'full' } as const
  await expect(ben.does((log, me, options) => setPolicy(log, me, policy, options))).rejects.toThrow(
    'not-allowed',
  )
  expect(await verdictOf(anna, ben, await forge(ben, { type: 'set-policy', policy }))).toBe('not-allowed')
  expect(await verdictOf(anna, ben, await forge(ben, relays))).toBe('not-allowed')
})

test('[ROS5] nobody changes what new members can read', async () => {
  const policy = { name: 'Garden', accent: 'moss', history: 'since-join' } as const
  await expect(anna.does((log, me, options) => setPolicy(log, me, policy, options))).rejects.toThrow(
    'not-allowed',
  )
  expect(await verdictOf(ben, anna, await forge(anna, { type: 'set-policy', policy }))).toBe('not-allowed')
})

test('[ROS5] a reader rotates, and invites nobody', async () => {
  const { eva, kim } = await people(4, 'eva', 'kim')
  await eva.creates()
  await kim.joins(await eva.invites({ role: 'reader' }), eva.items)
  await kim.does(rotateEpoch)
  await expect(kim.invites({ role: 'reader' })).rejects.toThrow('not-allowed')
})

test('[ROS5] nobody hands out more than they have, and nobody hands out ownership', async () => {
  await expect(ben.invites({ role: 'admin' })).rejects.toThrow('not-allowed')
  await expect(anna.invites({ role: 'owner' })).rejects.toThrow('not-allowed')
})

test('[OPS2] what the own device would have refused does not leave it', async () => {
  const name = 'x'.repeat(65)
  const long = { name, accent: 'rose', history: 'full' } as const
  await expect(anna.does((log, me, options) => setPolicy(log, me, long, options))).rejects.toSatisfy(
    (error) => isCliqueError(error, 'shape-out-of-range'),
  )
  const bad = [{ url: 'ftp://relay', peer: 'p' }]
  await expect(anna.does((log, me, options) => setRelays(log, me, bad, options))).rejects.toSatisfy((error) =>
    isCliqueError(error, 'operation-format'),
  )
})

test('[OPS6] a key that nobody can wrap to keeps its owner out, not the clique from rotating', () => {
  expect(isUsableKemKey(anna.device.kem.publicKey)).toBe(true)
  const beyondModulus = anna.device.kem.publicKey.slice()
  beyondModulus.fill(0xff, 0, 3)
  expect(isUsableKemKey(beyondModulus)).toBe(false)
  for (const low of [0, 1]) {
    const smallOrder = anna.device.kem.publicKey.slice()
    smallOrder.fill(0, 1184)
    smallOrder[1184] = low
    expect(isUsableKemKey(smallOrder)).toBe(false)
    // The same point in its other forms: with the bit that nobody reads, and the prime more.
    smallOrder[1215] = 0x80
    expect(isUsableKemKey(smallOrder)).toBe(false)
    smallOrder.fill(0xff, 1184)
    smallOrder[1184] = 0xed + low
    smallOrder[1215] = 0x7f
    expect(isUsableKemKey(smallOrder)).toBe(false)
  }
  expect(isUsableKemKey(anna.device.kem.publicKey.slice(1))).toBe(false)
})

test('[OPS4] a signature too many is refused, and so is one wrong one beside a true one', async () => {
  const operation = await forge(anna, relays, {}, [anna.device.signer, ben.device.signer])
  expect(await verdictOf(ben, anna, operation)).toBe('operation-signature')
  const { operation: made } = await anna.invites()
  const [own, invited] = made.signatures
  if (own === undefined || invited === undefined) throw new Error('an invitation has two signatures')
  for (const signatures of [
    [own, own],
    [invited, invited],
    [own, flipByte(invited, 40)],
    [own, invited, own],
  ]) {
    await expect(verifyOperation({ ...made, signatures })).rejects.toMatchObject({
      code: 'operation-signature',
    })
  }
  await expect(verifyOperation(made)).resolves.toBeUndefined()
  await meet(anna, ben)
})

test('[OPS5] the graph takes nothing of another clique either, whoever hands it over', () => {
  const [genesis] = stranger.log.operations.values()
  if (genesis === undefined) throw new Error('a clique begins with a genesis')
  expect(anna.log.graph.place(genesis)).toEqual({ kind: 'refused', code: 'operation-wrong-clique' })
})

test('[OPS1] a header is refused that does not belong to its type and author', async () => {
  const [genesis] = anna.log.operations.values()
  if (genesis?.body.type !== 'genesis') throw new Error('a clique begins with a genesis')
  const { body } = genesis
  const id = bytesToId('operation', new Uint8Array(32).fill(1))
  const device: OperationAuthor = { kind: 'device', id: anna.device.id }
  const root: OperationAuthor = { kind: 'root', id: anna.root.id }
  const first: OperationHeader = { clique: null, author: device, sequence: 1, previous: null, parents: [] }
  const { clique } = anna.log
  const later: OperationHeader = { clique, author: device, sequence: 2, previous: id, parents: [id] }
  const added: OperationBody = {
    type: 'add-device',
    device: ben.device.id,
    kem: ben.device.kem.publicKey,
    peer: ben.device.peer,
    rotation: body.rotation,
  }
  const byRoot: OperationHeader = { ...later, author: root, sequence: null, previous: null }
  const read = (header: OperationHeader, what: OperationBody) =>
    decodeEnvelope(encode([encodeOperation(header, what), [new Uint8Array(64)]]))
  for (const [header, what] of [
    [first, body],
    [later, relays],
    [byRoot, added],
  ] as const) {
    expect(read(header, what).body.type).toBe(what.type)
  }
  const wrong: [string, OperationHeader, OperationBody][] = [
    ['a genesis of a clique', { ...first, clique }, body],
    ['a genesis with parents', { ...first, parents: [id] }, body],
    ['a genesis that is not the first', { ...first, sequence: 2, previous: id }, body],
    ['a genesis by somebody else', { ...first, author: { kind: 'device', id: ben.device.id } }, body],
    ['one of no clique', { ...later, clique: null }, relays],
    ['one without parents', { ...later, parents: [] }, relays],
    ['one without a number', { ...later, sequence: null }, relays],
    ['number zero', { ...later, sequence: 0 }, relays],
    ['a first one with one before', { ...later, sequence: 1 }, relays],
    ['a later one without one before', { ...later, previous: null }, relays],
    ['a root that sets relays', { ...byRoot }, relays],
    ['a root that numbers', { ...byRoot, sequence: 1 }, added],
    ['a root with one before', { ...byRoot, previous: id }, added],
  ]
  for (const [name, header, what] of wrong) expect(() => read(header, what), name).toThrow('operation-format')
})

test('[OPS6] an operation is refused that names a key which nobody can wrap to', async () => {
  const { publicKey } = anna.device.kem
  const large = publicKey.slice()
  large.fill(0xff, 0, 3)
  const small = publicKey.slice()
  small.fill(0, 1184)
  for (const kem of [large, small]) {
    expect(await verdictOf(ben, anna, await forge(anna, { type: 'rotate-kem', kem }))).toBe('key-invalid')
  }
})

test('[OPS2] [OPS8] names, addresses, peers and keys out of range are refused', async () => {
  const { policy } = anna.log.state
  const fine: RelayAddress = { url: 'https://relay.example', peer: '12D3KooWRelay' }
  const made = [...anna.log.operations.values()].find(({ type }) => type === 'invite')
  if (made?.body.type !== 'invite') throw new Error('Anna has invited Ben')
  const named = (name: string): OperationBody => ({ type: 'set-policy', policy: { ...policy, name } })
  const at = (...some: RelayAddress[]): OperationBody => ({ type: 'set-relays', relays: some })
  const invite = { ...made.body, mailboxKey: new Uint8Array(32) }
  const wrong: [OperationBody, string][] = [
    [named(''), 'shape-out-of-range'],
    [named('\u3164 \u200b'), 'shape-out-of-range'],
    [named('n'.repeat(65)), 'shape-out-of-range'],
    [at({ ...fine, url: 'ftp://relay.example' }), 'operation-format'],
    [at({ ...fine, url: 'https://relay.example/path' }), 'operation-format'],
    [at({ ...fine, url: 'https://user@relay.example' }), 'operation-format'],
    [at({ ...fine, peer: 'not a peer' }), 'operation-format'],
    [at(fine, { ...fine, url: 'https://other.example' }), 'operation-format'],
    [invite, 'key-invalid'],
    [{ ...made.body, uses: 151 }, 'shape-out-of-range'],
    [{ ...made.body, uses: 0 }, 'shape-out-of-range'],
  ]
  for (const [body, code] of wrong) expect(await verdictOf(ben, anna, await forge(anna, body))).toBe(code)
})
