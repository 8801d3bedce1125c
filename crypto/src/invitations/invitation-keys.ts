import { CliqueError } from '../errors.ts'
import { deriveKey } from '../hkdf.ts'
import { kemPairFromSeed, kemSeedSize } from '../hpke.ts'
import type { KemPair } from '../hpke.ts'
import { bytesToId } from '../ids.ts'
import type { InviteId, MailboxId } from '../ids.ts'
import { keySize } from '../key-schedule.ts'
import { labels } from '../labels.ts'
import { mailboxIdOf } from '../mailbox-name.ts'
import { signatureSeedSize, signerFromSeed } from '../signature.ts'
import type { Signer } from '../signature.ts'

export const invitationSecretSize = 32

/** All that whoever has the link can do. */
export interface InvitationKeys {
  readonly invite: InviteId
  /** Signs the join. */
  readonly signer: Signer
  /** Gets the keys of every epoch while the invitation is open. */
  readonly kem: KemPair
  /** Ed25519 seed and public key of the invitation mailbox. */
  readonly mailboxSeed: Uint8Array
  readonly mailboxKey: Uint8Array
  readonly mailbox: MailboxId
  readonly packageKey: Uint8Array
}

const nothing = new Uint8Array(0)

/** @throws CliqueError `invite-link-broken` */
export async function deriveInvitationKeys(secret: Uint8Array): Promise<InvitationKeys> {
  if (secret.length !== invitationSecretSize) throw new CliqueError('invite-link-broken')
  const signer = signerFromSeed(deriveKey(secret, labels.inviteSigning, nothing, signatureSeedSize))
  const mailboxSeed = deriveKey(secret, labels.inviteMailbox, nothing, signatureSeedSize)
  const mailboxKey = signerFromSeed(mailboxSeed).publicKey
  return {
    invite: bytesToId('invite', signer.publicKey),
    signer,
    kem: await kemPairFromSeed(deriveKey(secret, labels.inviteKem, nothing, kemSeedSize)),
    mailboxSeed,
    mailboxKey,
    mailbox: mailboxIdOf(mailboxKey),
    packageKey: deriveKey(secret, labels.invitePackage, nothing, keySize),
  }
}
