import { mailboxIdOf } from '@clique/crypto/verify'
import type { MailboxId } from '@clique/crypto/verify'
import {
  adminsInput,
  allowInput,
  consentInput,
  openInput,
  proveInput,
  registerInput,
  renewInput,
  retireInput,
  tenantIdOf,
} from '../../protocol/index.ts'
import type { ConsentingKey, MailboxKind, SessionFacts, Up } from '../../protocol/index.ts'
import { testKey } from '../../protocol/testing/relay-key.ts'
import type { TestKey } from '../../protocol/testing/relay-key.ts'

type Body<Kind extends Up['kind']> = Omit<Up<Kind>, 'request'>

/** A clique as a relay knows it: keys, and the messages that they sign. Everything follows from `n` below 40. */
export class TenantKeys {
  readonly admin: TestKey
  readonly control: TestKey
  /** Of the key that registers it, whoever speaks for it. */
  readonly id: Uint8Array
  readonly #n: number

  constructor(n: number) {
    this.#n = n
    this.admin = testKey(n * 6 + 1)
    this.control = testKey(n * 6 + 2)
    this.id = tenantIdOf(this.admin.publicKey)
  }

  get controlMailbox(): MailboxId {
    return mailboxIdOf(this.control.publicKey)
  }

  /** Generations 1 to 3. */
  capability(generation: number): TestKey {
    return testKey(this.#n * 6 + 2 + generation)
  }

  register(relay: Uint8Array, token: Uint8Array): Body<'register'> {
    const registration = {
      token,
      admin: this.admin.publicKey,
      capability: this.capability(1).publicKey,
      control: this.control.publicKey,
    }
    const input = registerInput(relay, registration)
    return {
      kind: 'register',
      ...registration,
      adminSignature: this.admin.sign(input),
      controlSignature: this.control.sign(input),
    }
  }

  prove(facts: SessionFacts, generation = 1): Body<'prove'> {
    const { publicKey: key, sign } = this.capability(generation)
    const control = this.controlMailbox
    const signature = sign(proveInput(facts, control, key, generation))
    return { kind: 'prove', control, key, generation, signature }
  }

  renew(relay: Uint8Array, generation: number): Body<'renew'> {
    const key = this.capability(generation).publicKey
    const signature = this.admin.sign(renewInput(relay, this.admin.publicKey, generation, key))
    return { kind: 'renew', admin: this.admin.publicKey, generation, key, signature }
  }

  retire(relay: Uint8Array, generation: number): Body<'retire'> {
    const signature = this.admin.sign(retireInput(relay, this.admin.publicKey, generation))
    return { kind: 'retire', admin: this.admin.publicKey, generation, signature }
  }

  /** These are the admin keys from now on. */
  admins(facts: SessionFacts, ...keys: TestKey[]): Body<'admins'> {
    const consents = keys.map((key) => this.consent(facts.relay, key))
    const admin = this.admin.publicKey
    const named = keys.map(({ publicKey }) => publicKey)
    const signature = this.admin.sign(adminsInput(facts, admin, named))
    return { kind: 'admins', admin, keys: consents, signature }
  }

  /** A key's word that it is an admin key of this clique. */
  consent(relay: Uint8Array, { publicKey: key, sign }: TestKey): ConsentingKey {
    return { key, consent: sign(consentInput(relay, this.id, key)) }
  }

  allow(facts: SessionFacts): Body<'allow'> {
    const admin = this.admin.publicKey
    return { kind: 'allow', admin, signature: this.admin.sign(allowInput(facts, admin)) }
  }
}

export function openMessage(facts: SessionFacts, key: TestKey, role: MailboxKind): Body<'open'> {
  return {
    kind: 'open',
    key: key.publicKey,
    role,
    signature: key.sign(openInput(facts, key.publicKey, role)),
  }
}
