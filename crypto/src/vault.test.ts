import { expect, test } from 'vitest'
import { subtle } from './platform.ts'
import { codeThrown, expectDamageRefused } from './testing/damage.ts'
import { generateVaultKey, openFromVault, sealForVault, vaultOverhead } from './vault.ts'

const bytes = Uint8Array.of(1, 2, 3)

test('[VLT1] what is sealed opens with the same key in the same place only', async () => {
  const [key, other] = [await generateVaultKey(), await generateVaultKey()]
  const sealed = await sealForVault(key, 'secrets/root/a', bytes)
  expect(sealed).toHaveLength(3 + vaultOverhead)
  expect(await openFromVault(key, 'secrets/root/a', sealed)).toEqual(bytes)
  expect(await codeThrown(() => openFromVault(key, 'secrets/root/b', sealed))).toBe('vault-open')
  expect(await codeThrown(() => openFromVault(other, 'secrets/root/a', sealed))).toBe('vault-open')
  expect(await sealForVault(key, 'secrets/root/a', bytes)).not.toEqual(sealed)
})

test('[VLT2] damage and unknown versions are refused', async () => {
  const key = await generateVaultKey()
  const sealed = await sealForVault(key, 'x', bytes)
  await expectDamageRefused(sealed, (damaged) => openFromVault(key, 'x', damaged))
  const future = sealed.slice()
  future[0] = 2
  expect(await codeThrown(() => openFromVault(key, 'x', future))).toBe('version-unknown')
})

test('[VLT3] the vault key cannot be exported, and survives being stored', async () => {
  const key = await generateVaultKey()
  expect(key.extractable).toBe(false)
  await expect(subtle().exportKey('raw', key)).rejects.toThrow()
  const sealed = await sealForVault(key, 'x', bytes)
  expect(await openFromVault(structuredClone(key), 'x', sealed)).toEqual(bytes)
})
