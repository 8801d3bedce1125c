import { CliqueError, isCliqueError, isSealedRecordSize, mailboxIdOf } from '@clique/crypto/verify'
import type { MailboxId } from '@clique/crypto/verify'
import { limits, openInput } from '../../protocol/index.ts'
import type { Down, MailboxKind, Up } from '../../protocol/index.ts'
import { contentPlace } from '../storage/storage.ts'
import type { MailboxPlace, Share, TenantId } from '../storage/storage.ts'
import { attestedNow, freshChallenge, keepUntilFor, requireAnyAttestation } from './facts.ts'
import type { Handling, Opened } from './facts.ts'
import { ask } from './questions.ts'
import type { Procedure } from './questions.ts'
import { requireSigned } from './signed.ts'

const unlimited = Number.MAX_SAFE_INTEGER

interface KindRules {
  /** Its key is not enough: the device must hold the tenant's capability. */
  readonly attestedOnly: boolean
  /** Where the stock of an append is counted, and how long it may be kept. */
  readonly share: Share
  readonly shareLimit: number
  readonly mailboxLimit: number
  readonly keep: number
  /** How many of its kind a tenant may have; 0 where an append makes none. */
  readonly maxMailboxes: number
}

const control = { attestedOnly: false, mailboxLimit: unlimited, maxMailboxes: 0 }
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
    maxMailboxes: limits.contentMailboxes,
  },
  invitation: {
    attestedOnly: false,
    share: 'invitation',
    shareLimit: limits.invitationBytes,
    mailboxLimit: limits.invitationMailboxBytes,
    keep: limits.keepInvitation,
    maxMailboxes: limits.invitationMailboxes,
  },
  recovery: {
    attestedOnly: false,
    share: 'recovery',
    shareLimit: limits.recoveryBytes,
    mailboxLimit: limits.recoveryMailboxBytes,
    keep: limits.keepRecovery,
    maxMailboxes: limits.recoveryMailboxes,
  },
}

export function* open(handling: Handling, message: Up<'open'>): Procedure<Down> {
  const { state } = handling
  const { key, role, signature, request } = message
  const input = openInput(freshChallenge(handling), key, role)
  yield* requireSigned(handling, { key, input, signature })
  const id = mailboxIdOf(key)
  const before = state.opened.get(id)
  if (before === undefined && state.opened.size >= limits.mailboxesPerSession) {
    throw new CliqueError('relay-too-many')
  }
  const place = rules[role].attestedOnly ? contentPlace(requireAnyAttestation(handling).tenant, id) : id
  const mailbox = (yield* ask({ kind: 'mailbox', place })) ?? (yield* unmade(handling, role))
  const isOther = before !== undefined && before.kind !== role
  if (mailbox.kind !== role || isOther) throw new CliqueError('relay-mailbox-kind')
  state.opened.set(id, { kind: role, place, tenant: mailbox.tenant })
  return { kind: 'opened', request, mailbox: id, oldest: mailbox.oldest, next: mailbox.next }
}

/**
 * A mailbox that is not there is empty to a member: the first append makes it, so that opening costs nothing. Control
 * mailboxes come with the tenant.
 */
function* unmade(handling: Handling, kind: MailboxKind): Procedure<Omit<Opened, 'place'> & Offsets> {
  const attested = attestedNow(handling)
  if (kind === 'control' || attested === null) throw new CliqueError('relay-mailbox-unknown')
  const next = yield* firstOffset(attested.tenant)
  return { kind, tenant: attested.tenant, oldest: next, next }
}
interface Offsets {
  readonly oldest: number
  readonly next: number
}

function* firstOffset(id: TenantId): Procedure<number> {
  return (yield* ask({ kind: 'tenant', id }))?.firstOffset ?? 0
}

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
  if (!handling.spend('bytes', size, isAttested)) throw new CliqueError('relay-too-fast')
  const keepUntil = keepUntilFor(handling, message.keepUntil, rule.keep)
  const { share, shareLimit, mailboxLimit, maxMailboxes } = rule
  const { kind, place, tenant } = opened
  const storing = { mailbox, place, tenant, share, shareLimit, mailboxLimit, items, keepUntil, makes: null }
  try {
    const { receipt } = yield* ask({ kind: 'append', ...storing })
    return { kind: 'stored', request, receipt }
  } catch (error) {
    if (!isCliqueError(error, 'relay-mailbox-unknown') || !isAttested || maxMailboxes === 0) throw error
  }
  if (!handling.spend('mailboxes', 1, isAttested)) throw new CliqueError('relay-too-fast')
  const { receipt } = yield* ask({ kind: 'append', ...storing, makes: { kind, maxMailboxes } })
  return { kind: 'stored', request, receipt }
}

export function* read(handling: Handling, message: Up<'read'>): Procedure<Down> {
  const { mailbox, cursor, request } = message
  const { place, tenant } = openedNow(handling, mailbox)
  const maxBytes = Math.min(message.maxBytes, limits.bytesPerRead)
  const { items, statement } = yield* ask({ kind: 'read', mailbox, place, tenant, cursor, maxBytes })
  return { kind: 'range', request, items, statement }
}

export function* subscribe(handling: Handling, { mailbox, request }: Up<'subscribe'>): Procedure<Down> {
  const { place, tenant } = openedNow(handling, mailbox)
  // Watched before it is looked up: what is appended in between is told twice rather than never.
  handling.state.watched.set(place, mailbox)
  yield* ask({ kind: 'watch', place })
  const found = yield* ask({ kind: 'mailbox', place })
  return { kind: 'subscribed', request, next: found?.next ?? (yield* firstOffset(tenant)) }
}

export function* unsubscribe(handling: Handling, { mailbox, request }: Up<'unsubscribe'>): Procedure<Down> {
  const place = handling.state.opened.get(mailbox)?.place
  yield* endWatch(handling, place)
  return { kind: 'done', request }
}

function* endWatch({ state }: Handling, place: MailboxPlace | undefined): Procedure<void> {
  if (place !== undefined && state.watched.delete(place)) yield* ask({ kind: 'unwatch', place })
}

/** Whoever asked for something of it before is still answered. */
export function* close(handling: Handling, { mailbox, request }: Up<'close'>): Procedure<Down> {
  const { opened } = handling.state
  const place = opened.get(mailbox)?.place
  opened.delete(mailbox)
  yield* endWatch(handling, place)
  return { kind: 'done', request }
}

/** The mailbox as this session opened it, if the session may still use it. @throws CliqueError */
function openedNow(handling: Handling, id: MailboxId): Opened {
  const opened = handling.state.opened.get(id)
  if (opened === undefined) throw new CliqueError('relay-mailbox-not-open')
  // A session is of one tenant: it is the one for which this was opened.
  if (rules[opened.kind].attestedOnly) requireAnyAttestation(handling)
  return opened
}
