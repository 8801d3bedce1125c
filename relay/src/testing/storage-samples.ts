import { CliqueError, mailboxIdOf, toHex } from '@clique/crypto/verify'
import type { MailboxId } from '@clique/crypto/verify'
import { hashOfBatch, leafToBytes, tenantIdOf } from '../../protocol/index.ts'
import type { Batch, MailboxPlace, NewTenant, RelayStorage, TenantId } from '../storage/storage.ts'

export interface SampleTenant {
  readonly id: TenantId
  readonly control: MailboxId
  readonly capability: Uint8Array
  readonly registration: NewTenant
}

/** A tenant whose keys all follow from `n`, let in by its own token or by the one given. @throws CliqueError */
export async function addTenant(
  storage: RelayStorage,
  n: number,
  tokenHash?: Uint8Array,
  now = 0,
): Promise<SampleTenant> {
  const key = (kind: number): Uint8Array => sampleKey(n, kind)
  const admin = key(1)
  const registration: NewTenant = {
    id: sampleTenant(n),
    tokenHash: tokenHash ?? key(4),
    admin,
    capability: key(2),
    controlKey: key(3),
    control: mailboxIdOf(key(3)),
  }
  if (tokenHash === undefined) await storage.allow(registration.tokenHash, now, now + 1, 1000)
  const refusal = await storage.register(registration, now)
  if (refusal !== null) throw new CliqueError(refusal)
  return { id: registration.id, control: registration.control, capability: key(2), registration }
}

function sampleKey(n: number, kind: number): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? kind : n))
}

export function sampleTenant(n: number): TenantId {
  return toHex(tenantIdOf(sampleKey(n, 1))) as TenantId
}

export function textBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** A batch of texts for a mailbox of tenant 1 that is there, far from every limit. */
export function batchOf(mailbox: MailboxId, texts: readonly string[], place: MailboxPlace = mailbox): Batch {
  const items = texts.map(textBytes)
  const [time, keepUntil] = [1, 1000]
  return {
    place,
    tenant: sampleTenant(1),
    makes: null,
    share: 'control',
    shareLimit: 2 ** 40,
    mailboxLimit: 2 ** 40,
    items,
    time,
    keepUntil,
    makeLeaf: (first) =>
      leafToBytes({ mailbox, first, count: items.length, batch: hashOfBatch(items), time, keepUntil }),
  }
}
