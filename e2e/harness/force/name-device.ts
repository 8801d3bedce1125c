import {
  addDevice,
  bytesToId,
  controlMailbox,
  decodeKeyring,
  generateKemPair,
  receiveItems,
  signerFromSeed,
  startLog,
  systemRandom as random,
} from '@clique/crypto'
import { OwnKeys } from '../../../client/src/documents/device-keys.ts'
import { readCliques } from '../../../client/src/storage/cliques.ts'
import { readItems, readKeyring } from '../../../client/src/storage/items.ts'
import { openStore } from '../../../client/src/storage/store.ts'

/** Keys that no profile holds. */
export interface MoreKeys {
  /** X-Wing. */
  readonly privateKeys: readonly Uint8Array[]
  readonly epochSecrets: readonly Uint8Array[]
}

export interface NamedDevice extends MoreKeys {
  /** For the clique's control mailbox, whose key has this seed. */
  readonly item: Uint8Array
  readonly mailboxSeed: Uint8Array
}

/**
 * What an app signs that names another device of its person, in its first clique, and begins an epoch for everybody and for
 * that one: by all that is known here. A removal is sealed for the others, so whoever is out dates it back before that.
 */
export async function nameDevice(): Promise<NamedDevice> {
  const store = await openStore()
  try {
    const [profile] = await readCliques(store)
    if (profile === undefined) throw new Error('this profile is in no clique')
    const keyring = await readKeyring(store, profile.clique)
    if (keyring === null) throw new Error('this profile holds no keys')
    const own = await OwnKeys.read(store, profile)
    const { items } = await readItems(store, profile.clique, 0)
    const known = items.map(({ bytes }) => bytes)
    const { log } = await receiveItems(
      startLog(profile.clique, decodeKeyring(keyring)),
      known,
      own.recipients,
    )
    const signer = signerFromSeed(random(32))
    const kem = await generateKemPair(random)
    const device = { id: bytesToId('device', signer.publicKey), signer, kem, peer: `${profile.peer}2` }
    const act = await addDevice(log, own, device, { random })
    const begun = [...act.log.keyring.epochs].filter(([epoch]) => !log.keyring.epochs.has(epoch))
    const epochSecrets = begun.flatMap(([, { secret }]) => secret ?? [])
    if (epochSecrets.length === 0) throw new Error('no epoch was begun')
    const mailboxSeed = controlMailbox(log).keyPair.seed
    return { item: act.item, mailboxSeed, privateKeys: [kem.privateKey], epochSecrets }
  } finally {
    store.close()
  }
}
