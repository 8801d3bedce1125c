import { sha256 } from './hash.ts'
import { bytesToId } from './ids.ts'
import type { MailboxId } from './ids.ts'
import { labels } from './labels.ts'

const names = new WeakMap<Uint8Array, MailboxId>()

/** A mailbox names itself: whoever can sign for the id's key may use it, and no relay hands names out. */
export function mailboxIdOf(publicKey: Uint8Array): MailboxId {
  const name = names.get(publicKey) ?? bytesToId('mailbox', sha256(labels.mailboxId, publicKey))
  names.set(publicKey, name)
  return name
}
