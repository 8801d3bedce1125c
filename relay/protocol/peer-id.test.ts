import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { concat } from '@clique/crypto/verify'
import { describe, expect, it } from 'vitest'
import { keyToPeerId, peerIdToKey } from './peer-id.ts'
import { testKey } from './testing/relay-key.ts'

describe('PeerIds', () => {
  it('[W7] of a key is what libp2p makes of it', () => {
    for (let byte = 1; byte < 20; byte++) {
      const { publicKey } = testKey(byte)
      const theirs = privateKeyFromRaw(concat(new Uint8Array(32).fill(byte), publicKey))
      expect(keyToPeerId(publicKey)).toBe(peerIdFromPrivateKey(theirs).toString())
      expect(peerIdToKey(keyToPeerId(publicKey))).toEqual(publicKey)
    }
  })

  it.each([
    ['empty text', ''],
    ['a letter that base58 lacks', '12D3KooW0'],
    ['text cut short', keyToPeerId(testKey(1).publicKey).slice(0, -1)],
    ['text with more behind it', `${keyToPeerId(testKey(1).publicKey)}1`],
    ['the PeerId of another kind of key', 'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N'],
    ['very long text', '1'.repeat(100_000)],
  ])('[W7] %s is refused', (_what, text) => {
    expect(() => peerIdToKey(text)).toThrow('key-invalid')
  })
})
