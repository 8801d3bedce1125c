import { CliqueError, equal, fromHex, labels, mailboxIdOf, sha256, toHex } from '@clique/crypto/verify'
import {
  adminsInput,
  allowInput,
  consentInput,
  limits,
  proveInput,
  registerInput,
  renewInput,
  retireInput,
  tenantIdOf,
} from '../../protocol/index.ts'
import type { Down, Up } from '../../protocol/index.ts'
import type { Tenant, TenantId } from '../storage/storage.ts'
import { freshChallenge, requireAnyAttestation } from './facts.ts'
import type { Handling, SessionState } from './facts.ts'
import { ask } from './questions.ts'
import type { Procedure } from './questions.ts'
import { requireSigned } from './signed.ts'

/** How claim and allow tokens are kept: a stolen data folder opens no door with them. */
export function hashOfToken(token: Uint8Array): Uint8Array {
  return sha256(labels.relayToken, token)
}

export function* prove(handling: Handling, message: Up<'prove'>): Procedure<Down> {
  const { state, now } = handling
  const { control, key, generation, signature, request } = message
  const input = proveInput(freshChallenge(handling), control, key, generation)
  yield* requireSigned(handling, { key, input, signature })
  const found = yield* ask({ kind: 'capability', control, key })
  if (found === null) throw new CliqueError('relay-capability-unknown')
  if (found.generation !== generation) throw new CliqueError('relay-generation')
  if (generation <= found.tenant.retired) throw new CliqueError('relay-capability-retired')
  const tenant = found.tenant.id
  requireSameTenant(state, tenant)
  const expires = now() + limits.attestationLife
  const attestation = yield* ask({ kind: 'attest', tenant, generation, expires })
  // Another one may have been proven meanwhile; or this one may have ended, and then it attests nothing.
  requireSameTenant(state, tenant)
  if (generation <= (state.retired.get(tenant) ?? 0)) throw new CliqueError('relay-capability-retired')
  state.attested = { tenant, generation, expires }
  return { kind: 'attested', request, attestation }
}

/** A PeerId is a device in one clique; one session never ties two cliques together. */
function requireSameTenant({ attested }: SessionState, tenant: TenantId): void {
  if (attested !== null && attested.tenant !== tenant) throw new CliqueError('relay-other-tenant')
}

export function* register(handling: Handling, message: Up<'register'>): Procedure<Down> {
  const { token, admin, capability, control, adminSignature, controlSignature, request } = message
  const input = registerInput(handling.state.relay, message)
  yield* requireSigned(
    handling,
    { key: admin, input, signature: adminSignature },
    { key: control, input, signature: controlSignature },
  )
  const tenant = tenantIdOf(admin)
  const refusal = yield* ask({
    kind: 'register',
    id: toHex(tenant) as TenantId,
    tokenHash: hashOfToken(token),
    admin,
    capability,
    controlKey: control,
    control: mailboxIdOf(control),
  })
  if (refusal !== null) throw new CliqueError(refusal)
  return { kind: 'registered', request, tenant }
}

export function* renew(handling: Handling, message: Up<'renew'>): Procedure<Down> {
  const { admin, generation, key, signature, request } = message
  const { id } = yield* requireAdmin(handling, admin)
  const input = renewInput(handling.state.relay, admin, generation, key)
  yield* requireSigned(handling, { key: admin, input, signature })
  const refusal = yield* ask({ kind: 'renew', tenant: id, by: admin, generation, key })
  if (refusal !== null) throw new CliqueError(refusal)
  return { kind: 'done', request }
}

export function* retire(handling: Handling, message: Up<'retire'>): Procedure<Down> {
  const { admin, generation, signature, request } = message
  const { id } = yield* requireAdmin(handling, admin)
  const input = retireInput(handling.state.relay, admin, generation)
  yield* requireSigned(handling, { key: admin, input, signature })
  const refusal = yield* ask({ kind: 'retire', tenant: id, by: admin, generation })
  if (refusal !== null) throw new CliqueError(refusal)
  return { kind: 'done', request }
}

export function* admins(handling: Handling, message: Up<'admins'>): Procedure<Down> {
  const { admin, keys, signature, request } = message
  const { id } = yield* requireAdmin(handling, admin)
  // There is always one left who can say more.
  if (!keys.some(({ key }) => equal(key, admin))) throw new CliqueError('relay-not-admin')
  const named = keys.map(({ key }) => key)
  const input = adminsInput(freshChallenge(handling), admin, named)
  const consents = keys.map(({ key, consent }) => ({
    key,
    input: consentInput(handling.state.relay, fromHex(id), key),
    signature: consent,
  }))
  yield* requireSigned(handling, { key: admin, input, signature }, ...consents)
  const refusal = yield* ask({ kind: 'setAdmins', tenant: id, by: admin, keys: named })
  if (refusal !== null) throw new CliqueError(refusal)
  return { kind: 'done', request }
}

/** In a session of one tenant nobody speaks for another. */
function* requireAdmin({ state }: Handling, key: Uint8Array): Procedure<Tenant> {
  const tenant = yield* ask({ kind: 'admin', key })
  const isOthers = state.attested !== null && state.attested.tenant !== tenant?.id
  if (tenant === null || isOthers) throw new CliqueError('relay-not-admin')
  return tenant
}

export function* allow(handling: Handling, message: Up<'allow'>): Procedure<Down> {
  const { admin, signature, request } = message
  const input = allowInput(freshChallenge(handling), admin)
  yield* requireSigned(handling, { key: admin, input, signature })
  const tenant = yield* ask({ kind: 'admin', key: admin })
  if (tenant?.owner !== true) throw new CliqueError('relay-not-owner')
  const allowed = yield* ask({ kind: 'allow' })
  if (allowed === null) throw new CliqueError('relay-too-many')
  return { kind: 'allowed', request, ...allowed }
}

export function* ticket(handling: Handling, { request }: Up<'ticket'>): Procedure<Down> {
  const { tenant } = requireAnyAttestation(handling)
  const granted = yield* ask({ kind: 'ticket', tenant })
  if (granted === null) throw new CliqueError('relay-too-many')
  return { kind: 'ticketed', request, ...granted }
}

export function* policy(_handling: Handling, { request }: Up<'policy'>): Procedure<Down> {
  return { kind: 'policy', request, policy: yield* ask({ kind: 'policy' }) }
}

export function* consistency(handling: Handling, message: Up<'consistency'>): Procedure<Down> {
  const { oldSize, size, request } = message
  const { tenant } = requireAnyAttestation(handling)
  const hashes = yield* ask({ kind: 'consistency', tenant, oldSize, size })
  if (hashes === null) throw new CliqueError('relay-log-range')
  return { kind: 'consistent', request, hashes }
}
