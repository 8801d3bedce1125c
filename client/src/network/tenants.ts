import { CliqueError, equal, verifySignature } from '@clique/crypto'
import type { Signer } from '@clique/crypto'
import {
  adminsInput,
  allowInput,
  consentInput,
  registerInput,
  renewInput,
  retireInput,
  tenantIdOf,
} from '@clique/relay/protocol'
import type { ConsentingKey } from '@clique/relay/protocol'
import type { Capability, MailboxSigner, RelaySession } from './relay-session.ts'

export interface TenantKeys {
  /** The clique's pseudonym at this relay. */
  readonly admin: Signer
  /** Public key of the capability of generation 1. */
  readonly capability: Uint8Array
  readonly control: MailboxSigner
}

/**
 * Makes a clique known to a relay with a claim or allow token of 16 bytes. To be repeated with the same token
 * and keys when the answer was lost.
 *
 * @throws CliqueError `relay-token-unknown`, `relay-token-used`, `relay-key-taken`, or as `RelaySession.ask`
 */
export async function registerTenant(
  session: RelaySession,
  token: Uint8Array,
  keys: TenantKeys,
): Promise<Uint8Array> {
  const registration = {
    token,
    admin: keys.admin.publicKey,
    capability: keys.capability,
    control: keys.control.signer.publicKey,
  }
  const input = registerInput(session.facts.relay, registration)
  const adminSignature = await keys.admin.sign(input)
  const controlSignature = await keys.control.signer.sign(input)
  const up = { kind: 'register', ...registration, adminSignature, controlSignature } as const
  const { tenant } = await session.ask('registered', up)
  if (!equal(tenant, tenantIdOf(keys.admin.publicKey))) throw new CliqueError('relay-answer')
  return tenant
}

/** As the relay's owner: a token for one further clique, and when it expires by the relay's clock. */
export async function allowClique(
  session: RelaySession,
  admin: Signer,
): Promise<{ token: Uint8Array; expires: number }> {
  const signature = await admin.sign(allowInput(session.facts, admin.publicKey))
  const { token, expires } = await session.ask('allowed', {
    kind: 'allow',
    admin: admin.publicKey,
    signature,
  })
  return { token, expires }
}

/** The next generation; to be repeated when the answer was lost. @throws CliqueError `relay-generation`, `relay-key-taken` */
export async function renewCapability(
  session: RelaySession,
  { publicKey: admin, sign }: Signer,
  { generation, publicKey: key }: Pick<Capability, 'generation' | 'publicKey'>,
): Promise<void> {
  const signature = await sign(renewInput(session.facts.relay, admin, generation, key))
  await session.ask('done', { kind: 'renew', admin, generation, key, signature })
}

/** Ends that generation and all before it: whoever has only those is a stranger from then on. */
export async function retireCapability(
  session: RelaySession,
  { publicKey: admin, sign }: Signer,
  generation: number,
): Promise<void> {
  const signature = await sign(retireInput(session.facts.relay, admin, generation))
  await session.ask('done', { kind: 'retire', admin, generation, signature })
}

/** From now on these are the clique's admin keys there, `admin` among them. @throws CliqueError `relay-not-admin`, `signature-invalid` */
export async function setAdminKeys(
  session: RelaySession,
  { publicKey: admin, sign }: Signer,
  keys: readonly ConsentingKey[],
): Promise<void> {
  const named = keys.map(({ key }) => key)
  const signature = await sign(adminsInput(session.facts, admin, named))
  await session.ask('done', { kind: 'admins', admin, keys, signature })
}

/** By which this key may be named an admin key of that tenant (32 bytes) at that relay (its key), and of no other. */
export async function consentTo(relay: Uint8Array, tenant: Uint8Array, own: Signer): Promise<ConsentingKey> {
  const { publicKey: key } = own
  return { key, consent: await own.sign(consentInput(relay, tenant, key)) }
}

export function isConsent(
  relay: Uint8Array,
  tenant: Uint8Array,
  { key, consent }: ConsentingKey,
): Promise<boolean> {
  return verifySignature(key, consentInput(relay, tenant, key), consent)
}
