import { CliqueError, decode, encode, equal, kemPairFromSeed, kemSeedSize } from '@clique/crypto'
import { readArray, readBytes, readNullable, readUint } from '@clique/crypto'
import type { DeviceId, DeviceKeys, KemPair, OwnSigner } from '@clique/crypto'
import { readSecret, sealSecret } from '../storage/cliques.ts'
import type { SecretRow } from '../storage/database.ts'
import { readSigner } from '../storage/signer.ts'
import type { CliqueProfile } from '../storage/cliques.ts'
import type { Store } from '../storage/store.ts'

/** A KEM pair of this device. */
export interface KemKey {
  readonly pair: KemPair
  /** Milliseconds since 1970, by this device's clock; null for the pair of the invitation that it came by. */
  readonly madeAt: number | null
}

/** This device's keys in one clique. Of the KEM keys there are others in time, which this tab or another makes. */
export class OwnKeys implements DeviceKeys {
  readonly id: DeviceId
  readonly signer: OwnSigner
  readonly peer: string
  readonly #store: Store
  readonly #profile: CliqueProfile
  #kemKeys: readonly KemKey[] = []

  private constructor(store: Store, profile: CliqueProfile, signer: OwnSigner) {
    this.id = profile.device
    this.signer = signer
    this.peer = profile.peer
    this.#store = store
    this.#profile = profile
  }

  /** @throws CliqueError `clique-keys-missing` */
  static async read(store: Store, profile: CliqueProfile): Promise<OwnKeys> {
    const own = new OwnKeys(store, profile, await readSigner(store, profile.clique))
    await own.catchUp()
    return own
  }

  /** The newest: that others are to wrap to. */
  get kem(): KemPair {
    const [newest] = this.#kemKeys
    if (newest === undefined) throw new CliqueError('clique-keys-missing')
    return newest.pair
  }

  /** Own ones, the newest first, then the invitation's. */
  get kemKeys(): readonly KemKey[] {
    return this.#kemKeys
  }

  /** Key pairs that wraps may be for: those of `kemKeys`. */
  get recipients(): readonly KemPair[] {
    return this.#kemKeys.map(({ pair }) => pair)
  }

  /** Reads what any tab has kept. Another one may have renewed its key: that rests before the operation can be read. */
  async catchUp(): Promise<void> {
    this.#kemKeys = await readKemKeys(this.#store, this.#profile, this.recipients)
    if (this.#kemKeys.length === 0) throw new CliqueError('clique-keys-missing')
  }

  /** These from now on. For the commit of the operation that names the newest, after which `catchUp` has them. */
  seal(kemKeys: readonly KemKey[]): Promise<SecretRow> {
    return sealSecret(this.#store, this.#profile.clique, 'kem', encodeKemKeys(kemKeys))
  }
}

/** As they rest in the secret `kem`: `[1, [[seed, madeAt], …]]`. */
export function encodeKemKeys(keys: readonly KemKey[]): Uint8Array {
  return encode([1, keys.map(({ pair, madeAt }) => [pair.privateKey, madeAt])])
}

async function readKemKeys(
  store: Store,
  profile: CliqueProfile,
  known: readonly KemPair[],
): Promise<KemKey[]> {
  const kept = readKept(await readSecret(store, profile.clique, 'kem'), profile)
  return Promise.all(
    kept.map(async ({ seed, madeAt }) => {
      const pair = known.find(({ privateKey }) => equal(privateKey, seed)) ?? (await kemPairFromSeed(seed))
      return { pair, madeAt }
    }),
  )
}

interface KeptSeed {
  readonly seed: Uint8Array
  readonly madeAt: number | null
}

function readKept(bytes: Uint8Array | null, { since }: CliqueProfile): KeptSeed[] {
  if (bytes === null) return []
  // Before keys were replaced, the seeds alone rested here: the device's, then the invitation's.
  if (bytes.length === kemSeedSize) return [{ seed: bytes, madeAt: since }]
  if (bytes.length === 2 * kemSeedSize) {
    return [
      { seed: bytes.slice(0, kemSeedSize), madeAt: since },
      { seed: bytes.slice(kemSeedSize), madeAt: null },
    ]
  }
  const [version, keys] = readArray(decode(bytes), 2)
  if (version !== 1) throw new CliqueError('clique-keys-missing')
  return readArray(keys).map((key) => {
    const [seed, madeAt] = readArray(key, 2)
    return { seed: readBytes(seed, kemSeedSize), madeAt: readNullable(madeAt, readUint) }
  })
}
