import { CliqueError, signerFromSecret } from '@clique/crypto'
import type { CliqueId, OwnSigner } from '@clique/crypto'
import { secretContext, signName } from './cliques.ts'
import { guarded } from './store.ts'
import type { Store } from './store.ts'

/** The device's signing key. @throws CliqueError `clique-keys-missing` */
export async function readSigner(store: Store, clique: CliqueId): Promise<OwnSigner> {
  const row = await guarded(store.db.secrets.get([clique, signName]))
  if (row?.pair !== undefined) return signerFromSecret({ kind: 'key-pair', pair: row.pair })
  if (row?.sealed === undefined) throw new CliqueError('clique-keys-missing')
  return signerFromSecret({
    kind: 'seed',
    seed: await store.vault.open(secretContext(clique, signName), row.sealed),
  })
}
