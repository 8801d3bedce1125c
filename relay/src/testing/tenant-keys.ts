import { mailboxIdOf } from '@clique/crypto/verify'
import type { MailboxId } from '@clique/crypto/verify'
import {
  allowInput,
  openInput,
  proveInput,
  registerInput,
  renewInput,
  retireInput,
  tenantIdOf,
} from '../../protocol/index.ts'
import type { MailboxKind, SessionFacts, Up } from '../../protocol/index.ts'
import { testKey } from '../../protocol/testing/relay-key.ts'
import type { TestKey } from '../../protocol/testing/relay-key.ts'

type Body<Kind extends Up['kind']> = Omit<Up<Kind>, 'request'>

/** A clique as a relay knows it: keys, and the messages that they sign. Everything follows from `n` below 40. */
export class TenantKeys {
  readonly admin: TestKey
  readonly control: TestKey
  readonly #n: number

  constructor(n: number) {
    this.#n = n
    this.admin = testKey(n * 6 + 1)
    this.control = testKey(n * 6 + 2)
  }

  get id(): Uint8Array {
    return tenantIdOf(this.admin.publicKey)
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
    return { kind: 'prove', key, generation, signature: sign(proveInput(facts, key, generation)) }
  }

  renew(relay: Uint8Array, generation: number): Body<'renew'> {
    const key = this.capability(generation).publicKey
    const signature = this.admin.sign(renewInput(relay, this.id, generation, key))
    return { kind: 'renew', tenant: this.id, generation, key, signature }
  }

  retire(relay: Uint8Array, generation: number): Body<'retire'> {
    const signature = this.admin.sign(retireInput(relay, this.id, generation))
    return { kind: 'retire', tenant: this.id, generation, signature }
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
