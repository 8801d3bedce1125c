import { CliqueError, concat, kemPairFromSeed, kemSeedSize } from '@clique/crypto'
import type { DeviceKeys, KemPair, OwnSigner } from '@clique/crypto'
import { readSecret } from '../storage/cliques.ts'
import { readSigner } from '../storage/signer.ts'
import type { CliqueProfile } from '../storage/cliques.ts'
import type { Store } from '../storage/store.ts'

/** This device's keys in one clique. */
export interface OwnKeys {
  readonly me: DeviceKeys & { readonly signer: OwnSigner }
  /** Key pairs that wraps may be for, the current one first. */
  readonly recipients: readonly KemPair[]
}

/** For the secret `kem`: the seeds of all key pairs that are kept, the current one first. */
export function encodeKemSeeds(pairs: readonly KemPair[]): Uint8Array {
  return concat(...pairs.map(({ privateKey }) => privateKey))
}

/** @throws CliqueError `clique-keys-missing` */
export async function readOwnKeys(store: Store, profile: CliqueProfile): Promise<OwnKeys> {
  const signer = await readSigner(store, profile.clique)
  const seeds = (await readSecret(store, profile.clique, 'kem')) ?? new Uint8Array(0)
  const recipients: KemPair[] = []
  for (let start = 0; start < seeds.length; start += kemSeedSize) {
    recipients.push(await kemPairFromSeed(seeds.slice(start, start + kemSeedSize)))
  }
  const [kem] = recipients
  if (kem === undefined) throw new CliqueError('clique-keys-missing')
  return { me: { id: profile.device, signer, kem, peer: profile.peer }, recipients }
}
