import { hashSize, sealedChunkSize, signaturePublicKeySize, signatureSize } from '@clique/crypto/verify'
import { bytes, bytesUpTo, id, list, oneOf, text, uint } from './fields.ts'
import type { Field } from './fields.ts'
import { limits } from './limits.ts'
import { refusals } from './refusals.ts'

export const mailboxKinds = ['control', 'content', 'invitation', 'recovery'] as const
export type MailboxKind = (typeof mailboxKinds)[number]

export const nonceSize = 32
/** Claim and allow tokens, tickets: too long to guess. */
export const tokenSize = 16
/** Signed statements without items: attestation, policy, range. */
const statementSize = 8192
/** A leaf, 64 hashes and a checkpoint. */
const receiptSize = 8192

const key = bytes(signaturePublicKeySize)
const signature = bytes(signatureSize)
const tenant = bytes(hashSize)
const mailbox = id('mailbox')
const chunk = id('chunk')
/** Chosen by the device, unique among its unanswered requests; 0 is nobody's. */
const request = uint(2 ** 32 - 1)
const item: Field<Item> = {
  name: `[uint,bytes(0-${limits.itemSize})]`,
  read: (value) => {
    const pair = Array.isArray(value) && value.length === 2 ? value : [undefined, undefined]
    return { offset: uint().read(pair[0]), bytes: bytesUpTo(limits.itemSize).read(pair[1]) }
  },
  write: (value) => [value.offset, value.bytes],
}

export interface Item {
  /** Place in the mailbox, from 0, never used twice. */
  readonly offset: number
  readonly bytes: Uint8Array
}

/** A key, and its own signature over `consentInput`. */
export interface ConsentingKey {
  readonly key: Uint8Array
  readonly consent: Uint8Array
}

const consentingKey: Field<ConsentingKey> = {
  name: `[${key.name},${signature.name}]`,
  read: (value) => {
    const pair = Array.isArray(value) && value.length === 2 ? value : [undefined, undefined]
    return { key: key.read(pair[0]), consent: signature.read(pair[1]) }
  },
  write: (value) => [value.key, value.consent],
}

/** From a device. Every one is answered, by its own kind of answer or by `refused`. */
export const upSchema = {
  /** First message, and again when the nonce has aged. Answer: `welcome`. */
  hello: { tag: 1, fields: { request, version: uint(65535) } },
  /** Holding the capability of the tenant that has this control mailbox, over `proveInput`. Answer: `attested`. */
  prove: { tag: 2, fields: { request, control: mailbox, key, generation: uint(), signature } },
  /** A mailbox named by its public key, over `openInput`. Answer: `opened`. */
  open: { tag: 3, fields: { request, key, role: oneOf(mailboxKinds), signature } },
  /** `keepUntil`: milliseconds since 1970; the receipt says what was granted. Answer: `stored`. */
  append: {
    tag: 4,
    fields: {
      request,
      mailbox,
      keepUntil: uint(),
      items: list(limits.itemsPerAppend, bytesUpTo(limits.itemSize)),
    },
  },
  /** Items from offset `cursor` on. Answer: `range`. */
  read: { tag: 5, fields: { request, mailbox, cursor: uint(), maxBytes: uint() } },
  /** Answer: `subscribed`, then a `grew` whenever there is more. */
  subscribe: { tag: 6, fields: { request, mailbox } },
  /** Answer: `done`. */
  unsubscribe: { tag: 7, fields: { request, mailbox } },
  /** A new tenant, over `registerInput`, by the admin key and by the control mailbox's. Answer: `registered`. */
  register: {
    tag: 8,
    fields: {
      request,
      token: bytes(tokenSize),
      admin: key,
      capability: key,
      control: key,
      adminSignature: signature,
      controlSignature: signature,
    },
  },
  /** A capability of the next generation, over `renewInput` by an admin key of the tenant. Answer: `done`. */
  renew: { tag: 9, fields: { request, admin: key, generation: uint(), key, signature } },
  /** That generation and all before it end, over `retireInput` by an admin key of the tenant. Answer: `done`. */
  retire: { tag: 10, fields: { request, admin: key, generation: uint(), signature } },
  /** The owner lets one more clique in, over `allowInput` by an admin key of the owner. Answer: `allowed`. */
  allow: { tag: 11, fields: { request, admin: key, signature } },
  /** A one-use ticket for `/signal`. Answer: `ticketed`. */
  ticket: { tag: 12, fields: { request } },
  /** Answer: `policy`. */
  policy: { tag: 13, fields: { request } },
  /** That the tenant's log of `size` leaves begins with its first `oldSize`. Answer: `consistent`. */
  consistency: { tag: 14, fields: { request, oldSize: uint(), size: uint() } },
  /** Gives an opened mailbox back, watched or not: a session may hold only so many. Answer: `done`. */
  close: { tag: 15, fields: { request, mailbox } },
  /** A chunk of a file, named by its hash. Answer: `kept`, when it is on disk. */
  putChunk: {
    tag: 16,
    fields: { request, chunk, keepUntil: uint(), bytes: bytesUpTo(sealedChunkSize) },
  },
  /** Answer: `chunk`. */
  getChunk: { tag: 17, fields: { request, chunk } },
  /** Which of these are here. Answer: `chunks`. */
  haveChunks: { tag: 18, fields: { request, chunks: list(limits.chunksPerQuestion, chunk) } },
  /** All admin keys of the tenant from now on, over `adminsInput` by one that was before and stays. Answer: `done`. */
  admins: {
    tag: 19,
    fields: { request, admin: key, keys: list(limits.adminKeys, consentingKey), signature },
  },
} as const

/** To a device. `grew` and `closing` answer no request. */
export const downSchema = {
  /** `nonce` and `time` go into everything the device signs for this session. */
  welcome: { tag: 1, fields: { request, version: uint(65535), nonce: bytes(nonceSize), time: uint() } },
  /** A signed `Attestation`. */
  attested: { tag: 2, fields: { request, attestation: bytesUpTo(statementSize) } },
  /** `oldest`: first offset that is still kept, or `next` where there is none. `next`: the next to be given. */
  opened: { tag: 3, fields: { request, mailbox, oldest: uint(), next: uint() } },
  /** A `Receipt`. */
  stored: { tag: 4, fields: { request, receipt: bytesUpTo(receiptSize) } },
  /** The items and a signed `Range` over them. */
  range: {
    tag: 5,
    fields: { request, items: list(limits.itemsPerRead, item), statement: bytesUpTo(statementSize) },
  },
  subscribed: { tag: 6, fields: { request, next: uint() } },
  done: { tag: 7, fields: { request } },
  registered: { tag: 8, fields: { request, tenant } },
  allowed: { tag: 9, fields: { request, token: bytes(tokenSize), expires: uint() } },
  ticketed: { tag: 10, fields: { request, ticket: text(64), expires: uint() } },
  /** A signed `Policy`. */
  policy: { tag: 11, fields: { request, policy: bytesUpTo(statementSize) } },
  consistent: { tag: 12, fields: { request, hashes: list(limits.proofHashes, bytes(hashSize)) } },
  refused: { tag: 13, fields: { request, code: oneOf(refusals) } },
  /** Offset `next` will be given next: somebody appended. Several appends may share one. */
  grew: { tag: 14, fields: { mailbox, next: uint() } },
  /** The last message of a session. */
  closing: { tag: 15, fields: { code: oneOf(refusals) } },
  /** Until when the chunk is kept, which may be longer than asked. */
  kept: { tag: 16, fields: { request, keepUntil: uint() } },
  chunk: { tag: 17, fields: { request, bytes: bytesUpTo(sealedChunkSize) } },
  chunks: { tag: 18, fields: { request, chunks: list(limits.chunksPerQuestion, chunk) } },
} as const

interface Shape {
  readonly tag: number
  readonly fields: Readonly<Record<string, unknown>>
}
export type Schema = Readonly<Record<string, Shape>>

type FieldsOf<S extends Shape> = {
  readonly [Name in keyof S['fields']]: S['fields'][Name] extends Field<infer T> ? T : never
}
type MessagesOf<S extends Schema> = {
  [Kind in keyof S]: { readonly kind: Kind } & FieldsOf<S[Kind]>
}

type UpMessages = MessagesOf<typeof upSchema>
type DownMessages = MessagesOf<typeof downSchema>

export type UpKind = keyof UpMessages
export type DownKind = keyof DownMessages
/** One message from a device, or any of them. */
export type Up<Kind extends UpKind = UpKind> = UpMessages[Kind]
/** One message to a device, or any of them. */
export type Down<Kind extends DownKind = DownKind> = DownMessages[Kind]
/** An answer to a request. */
export type Answer = Exclude<Down, Down<'grew'> | Down<'closing'>>
