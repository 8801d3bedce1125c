import { labels, sha256, systemRandom, toHex, utf8ToBytes } from '@clique/crypto'
import type { CliqueId, DeviceId, KeyId, RecordId, SpaceId } from '@clique/crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { changeClique, readClique, saveClique, saveWebRtcPlace } from './cliques.ts'
import type { CliqueProfile } from './cliques.ts'
import { addAside, maxAside, maxAsideBytes, readAside } from './forks.ts'
import type { NewAside } from './forks.ts'
import { placeOf } from './place.ts'
import { deleteStore, openStore } from './store.ts'
import type { Store } from './store.ts'

const clique = toHex(systemRandom(32)) as CliqueId
let store: Store
beforeEach(async () => {
  store = await openStore(`test-${toHex(systemRandom(8))}`)
})
afterEach(async () => {
  store.close()
  await deleteStore(store.name)
})

test('changes of one clique that come together all stay', async () => {
  const profile = { clique, relays: [], registration: { token: 'a' } } as unknown as CliqueProfile
  await saveClique(store, profile)
  await Promise.all([
    saveWebRtcPlace(store, clique, 'one', 'here'),
    saveWebRtcPlace(store, clique, 'two', 'there'),
    changeClique(store, clique, (known) => ({ ...known, registration: null })),
  ])
  expect(await readClique(store, clique)).toEqual({
    ...profile,
    registration: null,
    webRtc: { one: 'here', two: 'there' },
  })
  const unknown = changeClique(store, 'ff'.repeat(32) as CliqueId, (known) => ({ ...known }))
  await expect(unknown).rejects.toMatchObject({ code: 'clique-unknown' })
})

const row = (device: string, sequence: number): NewAside => ({
  device: device as DeviceId,
  sequence,
  id: toHex(sha256(labels.recordId, utf8ToBytes(`${device} ${sequence}`))) as RecordId,
  previous: null,
  previousKey: null,
  document: 'talk/00000000',
  keyId: '0'.repeat(32) as KeyId,
  bytes: new Uint8Array(1),
  receivedAt: 1,
  relays: [],
})

test('of what lies aside of one chain the oldest gives way', async () => {
  const place = placeOf(clique, 'aa'.repeat(16) as SpaceId)
  const none = new Set<RecordId>()
  await addAside(store, place, [row('other', 1)], none)
  await addAside(
    store,
    place,
    Array.from({ length: maxAside + 3 }, (_, i) => row('forked', i + 1)),
    none,
  )
  const sequences = async (device: string) =>
    (await readAside(store, place, device as DeviceId)).map(({ sequence }) => sequence)
  const kept = await sequences('forked')
  expect([kept.length, kept[0], kept.at(-1)]).toEqual([maxAside, 4, maxAside + 3])
  expect(await sequences('other')).toEqual([1])
  const large = { ...row('large', 1), bytes: new Uint8Array(maxAsideBytes - 1) }
  await addAside(store, place, [large, row('large', 2)], none)
  expect(await sequences('large')).toEqual([1, 2])
  await addAside(store, place, [row('large', 3)], none)
  expect(await sequences('large')).toEqual([2, 3])
})

test('what names are built on does not give way', async () => {
  const place = placeOf(clique, 'bb'.repeat(16) as SpaceId)
  const first = row('forked', 1)
  await addAside(store, place, [first, row('forked', 2)], new Set())
  const many = Array.from({ length: maxAside }, (_, i) => row('forked', i + 3))
  await addAside(store, place, many, new Set([first.id]))
  const kept = (await readAside(store, place, first.device)).map(({ sequence }) => sequence)
  expect([kept.length, kept[0], kept[1], kept.at(-1)]).toEqual([maxAside, 1, 4, maxAside + 2])
})
