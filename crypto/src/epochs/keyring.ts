import { fromHex } from '../bytes.ts'
import { decode, encode, readArray, readBytes, readId, readList, readNullable, readUint } from '../cbor.ts'
import type { CborValue } from '../cbor.ts'
import { CliqueError } from '../errors.ts'
import { idToBytes } from '../ids.ts'
import type { EpochId, KeyId, SpaceId } from '../ids.ts'
import { deriveControlKeyId, deriveEpochKeys, epochSecretSize, keySize } from '../key-schedule.ts'
import { sortedIds } from '../roster/sorted-ids.ts'
import { readArchiveId } from './rotation-codec.ts'
import type { ArchiveId } from './rotation.ts'

/** What a device holds of one epoch. */
export interface HeldEpoch {
  readonly epoch: EpochId
  /** Null for an epoch of the clique. */
  readonly space: SpaceId | null
  /** Present only when it came in a wrap for this device, or this device made it: only then is it sent under. */
  readonly secret: Uint8Array | null
  readonly controlKey: Uint8Array | null
  readonly contentRoot: Uint8Array | null
  /** Opens the archive key that came with the epoch; needs the secret. */
  readonly archiveWrapKey: Uint8Array | null
  /** Public half of the epoch's signing key; beside a secret, as finding it takes long. */
  readonly signingKey: Uint8Array | null
  /** The epoch's commitment to archive and recipients; beside a secret, as that could not be checked without. */
  readonly terms: Uint8Array | null
}

/** Every key of one clique that a device holds. A value: never changed once made. */
export interface Keyring {
  readonly epochs: ReadonlyMap<EpochId, HeldEpoch>
  /** Of the clique's epochs alone: nothing that is sealed for some is an operation. */
  readonly controlKeys: ReadonlyMap<KeyId, Uint8Array>
  readonly archives: ReadonlyMap<ArchiveId, Uint8Array>
}

export const emptyKeyring: Keyring = { epochs: new Map(), controlKeys: new Map(), archives: new Map() }

const noKeys = {
  secret: null,
  controlKey: null,
  contentRoot: null,
  archiveWrapKey: null,
  signingKey: null,
  terms: null,
}

const keyringVersion = 1
/** An epoch a week for a long life, and one for each of some thousand joins and removals. */
const maxEpochs = 50_000

/** Bytes for the vault: everything in it is secret. */
export function encodeKeyring(keyring: Keyring): Uint8Array {
  const epochs = sortedIds(keyring.epochs.keys()).map((id): CborValue => {
    const held = keyring.epochs.get(id)
    // What follows from the secret is not stored beside it, but for what takes long to find.
    const keys =
      held?.secret == null
        ? [held?.controlKey ?? null, held?.contentRoot ?? null]
        : [held.signingKey, held.terms]
    return [
      idToBytes(id),
      held?.secret ?? null,
      ...keys,
      ...(held?.space == null ? [] : [idToBytes(held.space)]),
    ]
  })
  const archives = sortedIds(keyring.archives.keys()).map((id): CborValue => [
    fromHex(id),
    keyring.archives.get(id) ?? null,
  ])
  return encode([keyringVersion, epochs, archives])
}

/**
 * `held`: keys that are known already and join those in `bytes`; it comes back itself where these are all among them.
 * @throws CliqueError `keyring-format`
 */
export function decodeKeyring(bytes: Uint8Array, held = emptyKeyring): Keyring {
  try {
    const limits = { size: 16 * 1024 * 1024, depth: 4, items: 10 * maxEpochs }
    const [version, epochs, archives] = readArray(decode(bytes, limits), 3)
    if (readUint(version) !== keyringVersion) throw new CliqueError('keyring-format')
    const draft = new KeyringDraft(held)
    for (const item of readList(epochs, maxEpochs, (value) => value)) readHeld(item, draft)
    for (const item of readList(archives, maxEpochs, (value) => value)) {
      const [id, key] = readArray(item, 2)
      const [archive, archiveKey] = [readArchiveId(id), readBytes(key, keySize)]
      if (draft.archive(archive) === undefined) draft.addArchive(archive, archiveKey)
    }
    return draft.finish()
  } catch (error) {
    if (error instanceof CliqueError) throw new CliqueError('keyring-format')
    throw error
  }
}

function readHeld(value: CborValue, draft: KeyringDraft): void {
  const fields = readArray(value)
  // Beside a secret stand signing key and terms in the place of what follows from it.
  const [id, secret, controlKey, contentRoot, of] = readArray(value, fields.length === 5 ? 5 : 4)
  const epoch = readId(id, 'epoch')
  const space = of === undefined ? null : readId(of, 'space')
  const known = readNullable(secret, (present) => readBytes(present, epochSecretSize))
  const held = draft.get(epoch)
  // With its secret all of it is there.
  if (held?.secret != null) return
  if (known !== null) {
    const [signingKey, terms] = [readBytes(controlKey, keySize), readBytes(contentRoot, 32)]
    if (!draft.addSecret(epoch, known, terms, space, signingKey)) throw new CliqueError('keyring-format')
    return
  }
  const control = readNullable(controlKey, (present) => readBytes(present, keySize))
  const content = readNullable(contentRoot, (present) => readBytes(present, keySize))
  if (control !== null && held?.controlKey == null) draft.addControlKey(epoch, control, space)
  if (content !== null && held?.contentRoot == null) draft.addContentRoot(epoch, content, space)
}

export function withoutEpochs(keyring: Keyring, dropped: readonly EpochId[]): Keyring {
  const epochs = new Map(keyring.epochs)
  const controlKeys = new Map(keyring.controlKeys)
  for (const epoch of dropped) {
    epochs.delete(epoch)
    controlKeys.delete(deriveControlKeyId(epoch))
  }
  return { ...keyring, epochs, controlKeys }
}

/** A keyring in the making. What is put in has been checked against the epoch's id. */
export class KeyringDraft {
  readonly #before: Keyring
  #hasGrown = false
  readonly #epochs: Map<EpochId, HeldEpoch>
  readonly #controlKeys: Map<KeyId, Uint8Array>
  readonly #archives: Map<ArchiveId, Uint8Array>

  constructor(keyring: Keyring) {
    this.#before = keyring
    this.#epochs = new Map(keyring.epochs)
    this.#controlKeys = new Map(keyring.controlKeys)
    this.#archives = new Map(keyring.archives)
  }

  /** The keyring that it began with, where nothing was put in. */
  finish(): Keyring {
    if (!this.#hasGrown) return this.#before
    return {
      epochs: new Map(this.#epochs),
      controlKeys: new Map(this.#controlKeys),
      archives: new Map(this.#archives),
    }
  }

  get(epoch: EpochId): HeldEpoch | undefined {
    return this.#epochs.get(epoch)
  }

  controlKey(id: KeyId): Uint8Array | undefined {
    return this.#controlKeys.get(id)
  }

  archive(id: ArchiveId): Uint8Array | undefined {
    return this.#archives.get(id)
  }

  /**
   * False for a secret that the epoch's id does not commit to. `terms`: the commitment to archive and recipients; `known`:
   * its signing key, where that was found before.
   */
  addSecret(
    epoch: EpochId,
    secret: Uint8Array,
    terms: Uint8Array,
    space: SpaceId | null = null,
    known: Uint8Array | null = null,
  ): boolean {
    const { controlKey, contentRoot, archiveWrapKey, ...keys } = deriveEpochKeys(secret, terms, space, known)
    if (keys.epoch !== epoch) return false
    this.#hasGrown = true
    const { signingKey } = keys.commitments
    const found = { secret, controlKey, contentRoot, archiveWrapKey, signingKey, terms }
    this.#epochs.set(epoch, { epoch, space, ...found })
    if (space === null) this.#controlKeys.set(keys.controlKeyId, controlKey)
    return true
  }

  addControlKey(epoch: EpochId, controlKey: Uint8Array, space: SpaceId | null = null): void {
    this.#hasGrown = true
    this.#epochs.set(epoch, { ...this.#held(epoch, space), controlKey })
    if (space === null) this.#controlKeys.set(deriveControlKeyId(epoch), controlKey)
  }

  addContentRoot(epoch: EpochId, contentRoot: Uint8Array, space: SpaceId | null = null): void {
    this.#hasGrown = true
    this.#epochs.set(epoch, { ...this.#held(epoch, space), contentRoot })
  }

  addArchive(id: ArchiveId, key: Uint8Array): void {
    this.#hasGrown = true
    this.#archives.set(id, key)
  }

  #held(epoch: EpochId, space: SpaceId | null): HeldEpoch {
    return this.#epochs.get(epoch) ?? { epoch, space, ...noKeys }
  }
}
