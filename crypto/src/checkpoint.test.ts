import { expect, test } from 'vitest'
import { bytesToUtf8, concat, utf8ToBytes } from './bytes.ts'
import * as checkpoint from './checkpoint.ts'
import { emptyRoot } from './merkle.ts'
import { signerFromSeed } from './signature.ts'
import { codeThrown, expectDamageRefused } from './testing/damage.ts'

const signer = signerFromSeed(new Uint8Array(32).fill(1))
const witness = signerFromSeed(new Uint8Array(32).fill(2))
const origin = 'relay.example/tenant/1'
const state = { origin, size: 42, root: emptyRoot() }

test('[CKP1] a checkpoint is a signed note: origin, size and root on a line each', async () => {
  const note = await checkpoint.signCheckpoint(signer, state)
  expect(note.split('\n').slice(0, 4)).toEqual([
    origin,
    '42',
    '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
    '',
  ])
  expect(await checkpoint.openCheckpoint(note, origin, signer.publicKey)).toEqual(state)
})

test('[CKP2] another origin, key or any damage is refused', async () => {
  const note = await checkpoint.signCheckpoint(signer, state)
  const codeOf = (text: string, name = origin, key = signer.publicKey) =>
    codeThrown(() => checkpoint.openCheckpoint(text, name, key))
  expect(await codeOf(note, 'relay.example/tenant/2')).toBe('checkpoint-invalid')
  expect(await codeOf(note, origin, witness.publicKey)).toBe('checkpoint-invalid')
  for (const bad of [
    note.replace('\n42\n', '\n042\n'),
    note.replace('\n42\n', '\n+42\n'),
    note.replace('\n42\n', '\n42\nmore\n'),
    note.replace('\n42\n', '\n99999999999999999\n'),
    note.slice(0, -1),
    note.replace('— ', '- '),
  ]) {
    expect(await codeOf(bad)).toBe('checkpoint-invalid')
  }
  await expectDamageRefused(utf8ToBytes(note), (bytes) =>
    checkpoint.openCheckpoint(bytesToUtf8(bytes), origin, signer.publicKey),
  )
  await expect(checkpoint.signCheckpoint(signer, { ...state, origin: 'two words' })).rejects.toThrow(
    TypeError,
  )
})

test('[CKP3] lines of witnesses are passed over, but count for nothing', async () => {
  const note = await checkpoint.signCheckpoint(signer, state)
  const foreign = (await checkpoint.signCheckpoint(witness, state)).split('\n').at(-2) ?? ''
  const cosigned = `${note}${foreign}\n`
  expect(await checkpoint.openCheckpoint(cosigned, origin, signer.publicKey)).toEqual(state)
  expect(await checkpoint.openCheckpoint(cosigned, origin, witness.publicKey)).toEqual(state)
  const onlyForeign = await checkpoint.signCheckpoint(witness, state)
  expect(await codeThrown(() => checkpoint.openCheckpoint(onlyForeign, origin, signer.publicKey))).toBe(
    'checkpoint-invalid',
  )
  const many = note + `${foreign}\n`.repeat(20)
  expect(await codeThrown(() => checkpoint.openCheckpoint(many, origin, signer.publicKey))).toBe(
    'checkpoint-invalid',
  )
})

test('[CKP2] a truly signed text that is no checkpoint of this log is refused', async () => {
  const [, , root = '', , line = ''] = (await checkpoint.signCheckpoint(signer, state)).split('\n')
  const keyId = checkpoint.fromBase64(line.split(' ')[2] ?? '').slice(0, 4)
  /** As the log would sign it, if it signed this. */
  const noteOf = async (text: string): Promise<string> => {
    const signature = await signer.sign(utf8ToBytes(text))
    return `${text}\n— ${origin} ${checkpoint.toBase64(concat(keyId, signature))}\n`
  }
  const open = async (text: string) => checkpoint.openCheckpoint(await noteOf(text), origin, signer.publicKey)
  expect(await open(`${origin}\n42\n${root}\n`)).toEqual(state)
  const short = checkpoint.toBase64(new Uint8Array(31))
  for (const text of [
    `relay.example/tenant/2\n42\n${root}\n`,
    `${origin}\n042\n${root}\n`,
    `${origin}\n+42\n${root}\n`,
    `${origin}\n9999999999999999\n${root}\n`,
    `${origin}\n42\n${root}\nmore\n`,
    `${origin}\n42\n${short}\n`,
    `${origin}\n42\n`,
  ]) {
    expect(await codeThrown(() => open(text)), text).toBe('checkpoint-invalid')
  }
})
