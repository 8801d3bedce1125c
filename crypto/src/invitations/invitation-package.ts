import { openBytes, sealBytes } from '../aead.ts'
import { decode, encode, readArray, readBytes, readId, readText, readUint } from '../cbor.ts'
import { CliqueError } from '../errors.ts'
import { idToBytes } from '../ids.ts'
import type { CliqueId, MailboxId } from '../ids.ts'
import { mailboxIdOf } from '../mailbox-name.ts'
import { pad, unpad } from '../padding.ts'
import type { Random } from '../platform.ts'
import { policyToValue, readPolicy, readRelays, relaysToValue } from '../roster/body-codec.ts'
import type { Accent, HistoryRule, RelayAddress } from '../roster/operation.ts'
import { roles } from '../roster/roles.ts'
import type { Role } from '../roster/roles.ts'
import { signatureSeedSize, signerFromSeed } from '../signature.ts'
import { deriveInvitationKeys } from './invitation-keys.ts'
import type { InvitationKeys } from './invitation-keys.ts'

/** A claim of whoever made the link, until the roster was asked (`checkInvitation`). */
export interface InvitationPreview {
  readonly cliqueName: string
  readonly accent: Accent
  readonly history: HistoryRule
  readonly inviterName: string
  readonly role: Role
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

export interface PackageContents {
  readonly clique: CliqueId
  readonly preview: InvitationPreview
  readonly relays: readonly RelayAddress[]
  /** Seed of the control mailbox's Ed25519 key. */
  readonly controlMailboxSeed: Uint8Array
}

export interface OpenedPackage {
  readonly clique: CliqueId
  readonly preview: InvitationPreview
  readonly relays: readonly RelayAddress[]
  /** Where the clique's items lie, to be read and appended to. */
  readonly controlMailbox: {
    readonly seed: Uint8Array
    readonly publicKey: Uint8Array
    readonly mailbox: MailboxId
  }
  readonly keys: InvitationKeys
}

const packageVersion = 1

export function sealPackage(keys: InvitationKeys, contents: PackageContents, random: Random): Uint8Array {
  const { preview } = contents
  const policy = { name: preview.cliqueName, accent: preview.accent, history: preview.history }
  const plain = encode([
    packageVersion,
    idToBytes(contents.clique),
    [policyToValue(policy), preview.inviterName, roles.indexOf(preview.role), preview.expiresAt],
    relaysToValue(contents.relays),
    contents.controlMailboxSeed,
  ])
  return sealBytes(keys.packageKey, pad(plain), idToBytes(keys.invite), random)
}

/**
 * `expected`: the clique that the link names.
 * @throws CliqueError `invite-package-broken`, `invite-wrong-clique`, `invite-link-broken`
 */
export async function openInvitationPackage(
  secret: Uint8Array,
  bytes: Uint8Array,
  expected?: CliqueId,
): Promise<OpenedPackage> {
  const keys = await deriveInvitationKeys(secret)
  const contents = readPackage(keys, bytes)
  if (expected !== undefined && contents.clique !== expected) throw new CliqueError('invite-wrong-clique')
  const seed = contents.controlMailboxSeed
  const { publicKey } = signerFromSeed(seed)
  return {
    clique: contents.clique,
    preview: contents.preview,
    relays: contents.relays,
    controlMailbox: { seed, publicKey, mailbox: mailboxIdOf(publicKey) },
    keys,
  }
}

function readPackage(keys: InvitationKeys, bytes: Uint8Array): PackageContents {
  try {
    const plain = unpad(openBytes(keys.packageKey, bytes, idToBytes(keys.invite)))
    const [version, clique, previewValue, relays, seed] = readArray(decode(plain), 5)
    if (readUint(version) !== packageVersion) throw new CliqueError('invite-package-broken')
    const [policyValue, inviterName, role, expiresAt] = readArray(previewValue, 4)
    const policy = readPolicy(policyValue)
    return {
      clique: readId(clique, 'clique'),
      preview: {
        cliqueName: policy.name,
        accent: policy.accent,
        history: policy.history,
        inviterName: readText(inviterName, 256),
        role: roles[readUint(role, roles.length - 1)] ?? 'reader',
        expiresAt: readUint(expiresAt),
      },
      relays: readRelays(relays),
      controlMailboxSeed: readBytes(seed, signatureSeedSize),
    }
  } catch (error) {
    if (error instanceof CliqueError) throw new CliqueError('invite-package-broken')
    throw error
  }
}
