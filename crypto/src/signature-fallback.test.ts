import { afterEach, expect, test, vi } from 'vitest'

/** A fresh copy of the module, as it is loaded on a platform whose WebCrypto answers like this. */
async function loadOn(subtle: object) {
  vi.resetModules()
  vi.stubGlobal('crypto', {
    subtle,
    getRandomValues: (bytes: Uint8Array<ArrayBuffer>) => bytes.fill(7),
  })
  return import('./signature.ts')
}

afterEach(() => {
  vi.unstubAllGlobals()
})

const message = Uint8Array.of(1, 2, 3)
const real = globalThis.crypto.subtle

test('[SIG5] where the platform lacks Ed25519 a signer keeps a seed, and works', async () => {
  const refuse = () => Promise.reject(new Error('not supported'))
  const signature = await loadOn({ importKey: refuse, generateKey: refuse, verify: refuse })
  expect(await signature.platformVerifies()).toBe(false)
  const signer = await signature.generateSigner()
  expect(signer.secret.kind).toBe('seed')
  const made = await (await signature.signerFromSecret(signer.secret)).sign(message)
  expect(await signature.verifySignature(signer.publicKey, message, made)).toBe(true)
  expect(await signature.verifySignature(signer.publicKey, Uint8Array.of(1), made)).toBe(false)
})

test.for([
  ['takes everything', () => Promise.resolve(true)],
  ['takes nothing', () => Promise.resolve(false)],
  ['takes an R that is off by a point of small order', (asked: number) => Promise.resolve(asked <= 2)],
  ['takes an S above the group order', (asked: number) => Promise.resolve(asked !== 2)],
] as const)('[SIG2] an engine that %s is not asked again', async ([, verify]) => {
  let asked = 0
  const signature = await loadOn({
    importKey: real.importKey.bind(real),
    verify: () => {
      asked++
      return verify(asked)
    },
  })
  expect(await signature.platformVerifies()).toBe(false)
  const before = asked
  const signer = signature.signerFromSeed(new Uint8Array(32).fill(1))
  const made = await signer.sign(message)
  expect(await signature.verifySignature(signer.publicKey, message, made)).toBe(true)
  expect(await signature.verifySignature(signer.publicKey, Uint8Array.of(9), made)).toBe(false)
  expect(asked).toBe(before)
})
