import {
  concat,
  decodeKeyring,
  deriveEpochKeys,
  deriveSpaceKeys,
  epochSecretSize,
  fromHex,
  idToBytes,
  kemPairFromSeed,
  labels,
  labelToBytes,
  openBytes,
  receiveItems,
  rotationOf,
  splitSealedRecord,
  startLog,
  unwrap,
} from '@clique/crypto'
import type { EpochId, KemPair, RotationPart, SpaceId } from '@clique/crypto'
import { OwnKeys } from '../../../client/src/documents/device-keys.ts'
import { readCliques } from '../../../client/src/storage/cliques.ts'
import { readItems, readKeyring } from '../../../client/src/storage/items.ts'
import { openStore } from '../../../client/src/storage/store.ts'
import { decodeItem, openEnvelope } from '../../../crypto/src/epochs/control-item.ts'
import { decodeEnvelope } from '../../../crypto/src/roster/operation-codec.ts'
import type { MoreKeys } from './name-device.ts'

export { nameDevice } from './name-device.ts'

/** What somebody gets out of sealed bytes, and how many keys they tried. */
export interface Loot {
  readonly opened: readonly Uint8Array[]
  readonly keys: number
}

/**
 * All that a browser profile can open of these bytes with every key that it has or can come by, in its first clique. It
 * keeps to no rule of the app: each key is tried on each piece, whoever it is said to be for.
 */
export async function openEverything(pieces: readonly Uint8Array[], more: MoreKeys): Promise<Loot> {
  const store = await openStore()
  try {
    const [profile] = await readCliques(store)
    if (profile === undefined) throw new Error('this profile is in no clique')
    const others = await Promise.all(more.privateKeys.map(kemPairFromSeed))
    const recipients = [...(await OwnKeys.read(store, profile)).recipients, ...others]
    const keyring = await readKeyring(store, profile.clique)
    if (keyring === null) throw new Error('this profile holds no keys')
    const own = await readItems(store, profile.clique, 0)
    const all = [...own.items.map(({ bytes }) => bytes), ...pieces]
    // First as the app does it, as far as that goes.
    const { log } = await receiveItems(startLog(profile.clique, decodeKeyring(keyring)), all, recipients)
    const force = new Force([...log.state.spaces.keys()])
    for (const held of log.keyring.epochs.values()) {
      if (held.secret !== null) force.addSecret(held.secret)
      for (const key of [held.controlKey, held.contentRoot]) if (key !== null) force.add(key)
    }
    for (const key of log.keyring.archives.values()) force.add(key)
    for (const secret of [...more.epochSecrets, ...(await unwrapAll(all, recipients))])
      force.addSecret(secret)
    return { opened: force.open(all), keys: force.keys }
  } finally {
    store.close()
  }
}

/** Every wrap with every private key, whatever its tag says. */
async function unwrapAll(
  pieces: readonly Uint8Array[],
  recipients: readonly KemPair[],
): Promise<Uint8Array[]> {
  const found: Uint8Array[] = []
  for (const piece of pieces) {
    const handout = attempt(() => decodeItem(piece))?.handout
    for (const { wrapped } of handout?.wraps ?? []) {
      for (const { privateKey } of recipients) {
        const info = labelled(labels.epochWrap, idToBytes(handout?.epoch as EpochId))
        const secret = await unwrap(privateKey, info, wrapped).catch(() => null)
        if (secret !== null) found.push(secret)
      }
    }
  }
  return found
}

/** A growing heap of keys, each tried on everything. */
class Force {
  readonly #spaces: readonly SpaceId[]
  readonly #keys = new Map<string, Uint8Array>()
  readonly #recordKeys = new Map<string, Uint8Array>()

  constructor(spaces: readonly SpaceId[]) {
    this.#spaces = spaces
  }

  get keys(): number {
    return this.#keys.size
  }

  /** 32 bytes that could be a key of any kind. */
  add(key: Uint8Array): void {
    const name = key.join()
    if (this.#keys.has(name)) return
    this.#keys.set(name, key)
    for (const space of this.#spaces) {
      // The epoch only names the key.
      const { recordKey } = deriveSpaceKeys(key, anyEpoch, space)
      this.#recordKeys.set(`${name} ${space}`, recordKey)
    }
  }

  addSecret(secret: Uint8Array): void {
    if (secret.length !== epochSecretSize) return
    // What it commits to names the epoch, and is no part of its keys.
    const { controlKey, contentRoot, archiveWrapKey } = deriveEpochKeys(secret, new Uint8Array(32))
    for (const key of [secret, controlKey, contentRoot, archiveWrapKey]) this.add(key)
  }

  /** What was opened may hold keys for the rest, so it goes on until there is nothing new. */
  open(pieces: readonly Uint8Array[]): Uint8Array[] {
    const opened = new Map<Uint8Array, Uint8Array>()
    const rotations = new Set<RotationPart>()
    for (let before = -1; before < this.keys;) {
      before = this.keys
      for (const piece of pieces) {
        if (opened.has(piece)) continue
        const inside = this.#openItem(piece, rotations) ?? this.#openRecord(piece)
        if (inside !== null) opened.set(piece, inside)
      }
      for (const rotation of rotations) this.#openArchive(rotation)
    }
    return [...opened.values()]
  }

  #openItem(piece: Uint8Array, rotations: Set<RotationPart>): Uint8Array | null {
    const item = attempt(() => decodeItem(piece))
    if (item === null) return null
    for (const key of this.#keys.values()) {
      const envelope = attempt(() => openEnvelope(item, key))
      if (envelope === null) continue
      const operation = attempt(() => decodeEnvelope(envelope))
      const rotation = operation === null ? null : rotationOf(operation.body)
      for (const { controlKey } of rotation?.parents ?? []) this.add(controlKey)
      if (rotation !== null) rotations.add(rotation)
      return envelope
    }
    return null
  }

  #openRecord(piece: Uint8Array): Uint8Array | null {
    const parts = attempt(() => splitSealedRecord(piece))
    if (parts === null) return null
    const context = labelled(labels.recordSeal, parts.head)
    for (const key of this.#recordKeys.values()) {
      const inside = attempt(() => openBytes(key, parts.body, context))
      if (inside !== null) return inside
    }
    return null
  }

  #openArchive({ epoch, archive }: RotationPart): void {
    const sealed = [
      { bytes: archive.sealed, context: labelled(labels.archiveKeySeal, idToBytes(epoch)) },
      ...archive.entries.map((entry) => ({
        bytes: entry.sealed,
        context: labelled(
          labels.archiveEntry,
          entry.kind === 'archive' ? fromHex(entry.archive) : idToBytes(entry.epoch),
        ),
      })),
    ]
    for (const key of [...this.#keys.values()]) {
      for (const { bytes, context } of sealed) {
        const inside = attempt(() => openBytes(key, bytes, context))
        if (inside !== null) this.add(inside.slice(0, 32))
      }
    }
  }
}

const anyEpoch = '0'.repeat(64) as EpochId

function labelled(label: (typeof labels)[keyof typeof labels], bytes: Uint8Array): Uint8Array {
  return concat(labelToBytes(label), bytes)
}

/** Null for what does not open: nearly everything, nearly always. */
function attempt<T>(open: () => T): T | null {
  try {
    return open()
  } catch {
    return null
  }
}
