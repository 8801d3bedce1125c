import { chunkName, sealedChunkSize } from '@clique/crypto/verify'
import { afterEach, describe, expect, it } from 'vitest'
import { limits } from '../../protocol/index.ts'
import { chunkOf } from '../testing/chunk-samples.ts'
import type { SampleChunk } from '../testing/chunk-samples.ts'
import { TestRelay } from '../testing/session-harness.ts'
import { TenantKeys } from '../testing/tenant-keys.ts'

const anna = new TenantKeys(1)
const stranger = new TenantKeys(2)

let relay = new TestRelay()
afterEach(async () => {
  await relay.close()
  relay = new TestRelay()
})

const put = ({ id, bytes }: SampleChunk, keepUntil = relay.now + 1e9) =>
  ({ kind: 'putChunk', chunk: id, bytes, keepUntil }) as const
const get = ({ id }: SampleChunk) => ({ kind: 'getChunk', chunk: id }) as const
const have = (...chunks: SampleChunk[]) =>
  ({ kind: 'haveChunks', chunks: chunks.map(({ id }) => id) }) as const

describe('chunks of files', () => {
  it('[CK1] are taken from attested devices of the tenant and given to them alone', async () => {
    const [a, b] = [await relay.member(anna, '12D3a'), await relay.member(anna, '12D3b')]
    const other = await relay.member(stranger, '12D3c')
    const nobody = await relay.device('12D3d')
    const [one, two] = [chunkOf(1), chunkOf(2)]
    await a.ask(put(one), 'kept')
    expect((await b.ask(get(one), 'chunk')).bytes).toEqual(one.bytes)
    expect((await b.ask(have(two, one), 'chunks')).chunks).toEqual([one.id])
    expect(await b.outcome(get(two))).toBe('relay-chunk-unknown')
    expect(await other.outcome(get(one))).toBe('relay-chunk-unknown')
    expect((await other.ask(have(one), 'chunks')).chunks).toEqual([])
    for (const message of [put(two), get(one), have(one)]) {
      expect(await nobody.outcome(message)).toBe('relay-not-attested')
    }
    relay.now += limits.attestationLife
    for (const message of [put(two), get(one), have(one)]) {
      expect(await a.outcome(message)).toBe('relay-not-attested')
    }
  })

  it('[CK2] are what their name says and have a size that chunks have, or nothing is stored', async () => {
    const member = await relay.member(anna, '12D3a')
    const [one, two] = [chunkOf(1), chunkOf(2)]
    expect(await member.outcome(put({ id: one.id, bytes: two.bytes }))).toBe('media-name')
    expect((await member.ask(have(one, two), 'chunks')).chunks).toEqual([])
    for (const size of [0, 1, 1000, one.bytes.length + 1, sealedChunkSize - 1]) {
      const bytes = new Uint8Array(size)
      expect(await member.outcome(put({ id: chunkName(bytes), bytes }))).toBe('media-size')
    }
    expect(await member.outcome(put(chunkOf(3, sealedChunkSize)))).toBe('kept')
  })

  it('[CK3] are kept until the time asked for, within what a relay grants, and for two days at least', async () => {
    const member = await relay.member(anna, '12D3a')
    const keptFor = async (n: number, keepUntil: number) =>
      (await member.ask(put(chunkOf(n), keepUntil), 'kept')).keepUntil - relay.now
    expect(await keptFor(1, relay.now + limits.keepAtLeast + 5)).toBe(limits.keepAtLeast + 5)
    expect(await keptFor(2, 0)).toBe(limits.keepAtLeast)
    expect(await keptFor(3, relay.now + 2 * limits.keepChunks)).toBe(limits.keepChunks)
    // Again: the longer time counts.
    expect(await keptFor(3, 0)).toBe(limits.keepChunks)
  })

  it('[CK4] have a pace of their own: a device with many pictures can still speak', async () => {
    const member = await relay.member(anna, '12D3a')
    const { allowances } = relay
    expect(allowances.spend('12D3a', 'chunkBytes', limits.newPeerChunkBurst, true, relay.now)).toBe(true)
    expect(await member.outcome(put(chunkOf(1)))).toBe('relay-too-fast')
    expect(allowances.spend('12D3a', 'bytes', limits.newPeerBurst, true, relay.now)).toBe(true)
    relay.now += 1000
    expect(await member.outcome(put(chunkOf(1)))).toBe('kept')
    const later = relay.now + 2 * limits.newPeerFor
    expect(allowances.spend('12D3a', 'chunkBytes', limits.chunkBurst, true, later)).toBe(true)
    expect(allowances.spend('12D3a', 'chunkBytes', limits.chunkBytesPerSecond + 1, true, later + 1000)).toBe(
      false,
    )
  })
})
