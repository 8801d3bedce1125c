import { CliqueError, isSealedRecordSize, mailboxIdOf } from '@clique/crypto/verify'
import type { MailboxId } from '@clique/crypto/verify'
import { limits, openInput } from '../../protocol/index.ts'
import type { Down, MailboxKind, Up } from '../../protocol/index.ts'
import type { Share } from '../storage/storage.ts'
import { attestedNow, freshChallenge } from './facts.ts'
import type { Handling, Opened } from './facts.ts'
import { ask } from './questions.ts'
import type { Procedure } from './questions.ts'

const unlimited = Number.MAX_SAFE_INTEGER

interface KindRules {
  /** Its key is not enough: the device must hold the tenant's capability. */
  readonly attestedOnly: boolean
  /** Where the stock of an append is counted, and how long it may be kept. */
  readonly share: Share
  readonly shareLimit: number
  readonly mailboxLimit: number
  readonly keep: number
}

const control = { attestedOnly: false, mailboxLimit: unlimited }
const rules: Readonly<Record<MailboxKind | 'unattested', KindRules>> = {
  control: { ...control, share: 'control', shareLimit: limits.controlBytes, keep: limits.keepControl },
  unattested: {
    ...control,
    share: 'unattested',
    shareLimit: limits.unattestedBytes,
    keep: limits.keepUnattested,
  },
  content: {
    attestedOnly: true,
    share: 'content',
    shareLimit: limits.contentBytes,
    mailboxLimit: unlimited,
    keep: limits.keepContent,
  },
  invitation: {
    attestedOnly: false,
    share: 'invitation',
    shareLimit: limits.invitationBytes,
    mailboxLimit: limits.invitationMailboxBytes,
    keep: limits.keepInvitation,
  },
  recovery: {
    attestedOnly: false,
    share: 'recovery',
    shareLimit: limits.recoveryBytes,
    mailboxLimit: limits.recoveryMailboxBytes,
    keep: limits.keepRecovery,
  },
}

export function* open(handling: Handling, message: Up<'open'>): Procedure<Down> {
  const { state } = handling
  const { key, role, signature, request } = message
  const input = openInput(freshChallenge(handling), key, role)
  if (!(yield* ask({ kind: 'verify', checks: [{ key, input, signature }] }))) {
    throw new CliqueError('signature-invalid')
  }
  const id = mailboxIdOf(key)
  if (!state.opened.has(id) && state.opened.size >= limits.mailboxesPerSession) {
    throw new CliqueError('relay-too-many')
  }
  const mailbox = (yield* ask({ kind: 'mailbox', id })) ?? (yield* create(handling, id, role))
  if (mailbox.kind !== role) throw new CliqueError('relay-mailbox-kind')
  if (rules[role].attestedOnly) requireAttested(handling, mailbox)
  state.opened.set(id, { kind: role, tenant: mailbox.tenant })
  return { kind: 'opened', request, mailbox: id, oldest: mailbox.oldest, next: mailbox.next }
}

/** A new mailbox belongs to the tenant of the device that first opens it; control mailboxes come with the tenant. */
function* create(handling: Handling, id: MailboxId, role: MailboxKind): Procedure<CreatedMailbox> {
  const attested = attestedNow(handling)
  if (role === 'control') throw new CliqueError('relay-mailbox-unknown')
  if (attested === null) {
    throw new CliqueError(rules[role].attestedOnly ? 'relay-not-attested' : 'relay-mailbox-unknown')
  }
  const created = yield* ask({ kind: 'create', id, role, tenant: attested.tenant })
  if (created === null) throw new CliqueError('relay-too-many')
  return created
}
type CreatedMailbox = Opened & { readonly oldest: number; readonly next: number }

export function* append(handling: Handling, message: Up<'append'>): Procedure<Down> {
  const { mailbox, items, request } = message
  const opened = openedNow(handling, mailbox)
  const isAttested = attestedNow(handling)?.tenant === opened.tenant
  const rule = opened.kind === 'control' && !isAttested ? rules.unattested : rules[opened.kind]
  let size = 0
  for (const item of items) {
    if (item.length === 0) throw new CliqueError('relay-item-size')
    if (opened.kind === 'content' && !isSealedRecordSize(item.length)) throw new CliqueError('relay-unpadded')
    size += item.length
  }
  if (size === 0) throw new CliqueError('relay-item-size')
  if (!handling.spend(size, isAttested)) throw new CliqueError('relay-too-fast')
  const now = handling.now()
  const keepUntil = Math.min(now + rule.keep, Math.max(message.keepUntil, now + limits.keepAtLeast))
  const { share, shareLimit, mailboxLimit } = rule
  const stored = yield* ask({ kind: 'append', mailbox, share, shareLimit, mailboxLimit, items, keepUntil })
  return { kind: 'stored', request, receipt: stored.receipt }
}

export function* read(handling: Handling, message: Up<'read'>): Procedure<Down> {
  const { mailbox, cursor, request } = message
  const { tenant } = openedNow(handling, mailbox)
  const maxBytes = Math.min(message.maxBytes, limits.bytesPerRead)
  const { items, statement } = yield* ask({ kind: 'read', mailbox, tenant, cursor, maxBytes })
  return { kind: 'range', request, items, statement }
}

export function* subscribe(handling: Handling, { mailbox, request }: Up<'subscribe'>): Procedure<Down> {
  openedNow(handling, mailbox)
  // Watched before it is looked up: what is appended in between is told twice rather than never.
  handling.state.watched.add(mailbox)
  yield* ask({ kind: 'watch', mailbox })
  const found = yield* ask({ kind: 'mailbox', id: mailbox })
  return { kind: 'subscribed', request, next: found?.next ?? 0 }
}

export function* unsubscribe(handling: Handling, { mailbox, request }: Up<'unsubscribe'>): Procedure<Down> {
  if (handling.state.watched.delete(mailbox)) yield* ask({ kind: 'unwatch', mailbox })
  return { kind: 'done', request }
}

/** Whoever asked for something of it before is still answered. */
export function* close(handling: Handling, { mailbox, request }: Up<'close'>): Procedure<Down> {
  const { opened, watched } = handling.state
  opened.delete(mailbox)
  if (watched.delete(mailbox)) yield* ask({ kind: 'unwatch', mailbox })
  return { kind: 'done', request }
}

/** The mailbox as this session opened it, if the session may still use it. @throws CliqueError */
function openedNow(handling: Handling, id: MailboxId): Opened {
  const opened = handling.state.opened.get(id)
  if (opened === undefined) throw new CliqueError('relay-mailbox-not-open')
  if (rules[opened.kind].attestedOnly) requireAttested(handling, opened)
  return opened
}

function requireAttested(handling: Handling, { tenant }: { readonly tenant: string }): void {
  const attested = attestedNow(handling)
  if (attested === null) throw new CliqueError('relay-not-attested')
  if (attested.tenant !== tenant) throw new CliqueError('relay-other-tenant')
}
