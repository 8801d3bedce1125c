import { CliqueError, equal } from '@clique/crypto'
import type { Signer } from '@clique/crypto'
import { allowInput, registerInput, renewInput, retireInput, tenantIdOf } from '@clique/relay/protocol'
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
  admin: Signer,
  tenant: Uint8Array,
  { generation, publicKey: key }: Pick<Capability, 'generation' | 'publicKey'>,
): Promise<void> {
  const signature = await admin.sign(renewInput(session.facts.relay, tenant, generation, key))
  await session.ask('done', { kind: 'renew', tenant, generation, key, signature })
}

/** Ends that generation and all before it: whoever has only those is a stranger from then on. */
export async function retireCapability(
  session: RelaySession,
  admin: Signer,
  tenant: Uint8Array,
  generation: number,
): Promise<void> {
  const signature = await admin.sign(retireInput(session.facts.relay, tenant, generation))
  await session.ask('done', { kind: 'retire', tenant, generation, signature })
}
