import type { ChunkId, MailboxId } from '@clique/crypto/verify'
import type { Item, MailboxKind, Refusal } from '../../protocol/index.ts'
import type { NewChunk } from '../storage/chunk-storage.ts'
import type { Mailbox, MailboxPlace, NewTenant, Share, Tenant, TenantId } from '../storage/storage.ts'

/** A signature to be checked: by whom, over what. */
export interface Check {
  readonly key: Uint8Array
  readonly input: Uint8Array
  readonly signature: Uint8Array
}

/** What an append question stores; the answering side makes leaf, proof and receipt of it. */
export interface Storing {
  readonly mailbox: MailboxId
  readonly place: MailboxPlace
  readonly tenant: TenantId
  readonly makes: { readonly kind: MailboxKind; readonly maxMailboxes: number } | null
  readonly share: Share
  readonly shareLimit: number
  readonly mailboxLimit: number
  readonly items: readonly Uint8Array[]
  readonly keepUntil: number
}

/**
 * All that a session needs from the world while it handles a request. A session asks; whoever runs it answers from
 * storage, keys and clocks. A question that fails is answered with a coded error.
 */
interface Questions {
  verify: { readonly ask: { readonly checks: readonly Check[] }; readonly answer: boolean }
  nonce: { readonly ask: object; readonly answer: Uint8Array }
  /** Of the tenant that has this control mailbox. */
  capability: {
    readonly ask: { readonly control: MailboxId; readonly key: Uint8Array }
    readonly answer: { readonly tenant: Tenant; readonly generation: number } | null
  }
  tenant: { readonly ask: { readonly id: TenantId }; readonly answer: Tenant | null }
  /** Whose admin key this is. */
  admin: { readonly ask: { readonly key: Uint8Array }; readonly answer: Tenant | null }
  setAdmins: {
    readonly ask: {
      readonly tenant: TenantId
      readonly by: Uint8Array
      readonly keys: readonly Uint8Array[]
    }
    readonly answer: Refusal | null
  }
  attest: {
    readonly ask: { readonly tenant: TenantId; readonly generation: number; readonly expires: number }
    readonly answer: Uint8Array
  }
  mailbox: { readonly ask: { readonly place: MailboxPlace }; readonly answer: Mailbox | null }
  append: {
    readonly ask: Storing
    readonly answer: { readonly receipt: Uint8Array; readonly next: number }
  }
  /** From now on, and until then, the session hears when the mailbox grows. */
  watch: { readonly ask: { readonly place: MailboxPlace }; readonly answer: null }
  unwatch: { readonly ask: { readonly place: MailboxPlace }; readonly answer: null }
  read: {
    readonly ask: {
      readonly mailbox: MailboxId
      readonly place: MailboxPlace
      readonly tenant: TenantId
      readonly cursor: number
      readonly maxBytes: number
    }
    readonly answer: { readonly items: readonly Item[]; readonly statement: Uint8Array }
  }
  register: { readonly ask: NewTenant; readonly answer: Refusal | null }
  renew: {
    readonly ask: {
      readonly tenant: TenantId
      readonly by: Uint8Array
      readonly generation: number
      readonly key: Uint8Array
    }
    readonly answer: Refusal | null
  }
  retire: {
    readonly ask: { readonly tenant: TenantId; readonly by: Uint8Array; readonly generation: number }
    readonly answer: Refusal | null
  }
  allow: {
    readonly ask: object
    readonly answer: { readonly token: Uint8Array; readonly expires: number } | null
  }
  ticket: {
    readonly ask: { readonly tenant: TenantId }
    readonly answer: { readonly ticket: string; readonly expires: number } | null
  }
  policy: { readonly ask: object; readonly answer: Uint8Array }
  consistency: {
    readonly ask: { readonly tenant: TenantId; readonly oldSize: number; readonly size: number }
    readonly answer: readonly Uint8Array[] | null
  }
  /** Stored when the bytes are what the id says; answered with the time until which they are kept. */
  putChunk: { readonly ask: NewChunk; readonly answer: number }
  getChunk: {
    readonly ask: { readonly tenant: TenantId; readonly id: ChunkId }
    readonly answer: Uint8Array | null
  }
  haveChunks: {
    readonly ask: { readonly tenant: TenantId; readonly ids: readonly ChunkId[] }
    readonly answer: readonly ChunkId[]
  }
}

export type QuestionKind = keyof Questions
export type Question<Kind extends QuestionKind = QuestionKind> = {
  [K in Kind]: { readonly kind: K } & Questions[K]['ask']
}[Kind]
export type AnswerTo<Kind extends QuestionKind> = Questions[Kind]['answer']

/** A request on its way: it asks, is answered, and ends with a result. It does nothing else. */
export type Procedure<Result> = Generator<Question, Result, unknown>

/** Inside a procedure: `const found = yield* ask({ kind: 'mailbox', place })`. */
export function* ask<Kind extends QuestionKind>(
  question: Question<Kind>,
): Generator<Question, AnswerTo<Kind>, unknown> {
  // The one who runs the session answers each kind with its own type: see `Answering`.
  return (yield question as Question) as AnswerTo<Kind>
}

/** One function for each kind of question: what runs a session has to bring. */
export type Answering = {
  readonly [Kind in QuestionKind]: (question: Question<Kind>) => Promise<AnswerTo<Kind>>
}
