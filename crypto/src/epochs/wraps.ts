import { compareBytes, concat, equal, toHex } from '../bytes.ts'
import { isCliqueError } from '../errors.ts'
import { sha256 } from '../hash.ts'
import { labelToBytes } from '../label-bytes.ts'
import { unwrap, wrap } from '../hpke.ts'
import type { KemPair } from '../hpke.ts'
import { idToBytes } from '../ids.ts'
import type { EpochId, SpaceId } from '../ids.ts'
import { deriveEpochKeys, epochSecretSize } from '../key-schedule.ts'
import { labels } from '../labels.ts'
import { leafHash, rootOfLeaves } from '../merkle.ts'
import { hashRecipientKey, wrapTag } from './recipients.ts'
import type { Recipient } from './recipients.ts'
import type { Wrap } from './rotation.ts'

/** Encapsulation, the 32-byte secret, tag. */
export const wrappedSecretSize = 1168

/** In the order of their tags, which says nothing about who is who. */
export async function makeWraps(
  epoch: EpochId,
  secret: Uint8Array,
  recipients: readonly Pick<Recipient, 'publicKey' | 'keyHash'>[],
): Promise<Wrap[]> {
  const info = wrapInfo(epoch)
  const wraps: Wrap[] = []
  for (const { publicKey, keyHash } of recipients) {
    wraps.push({ tag: wrapTag(epoch, keyHash), wrapped: await wrap(publicKey, info, secret) })
  }
  return wraps.sort((a, b) => compareBytes(a.tag, b.tag))
}

const noticeCodes = ['invite-used', 'invite-revoked', 'invite-closed'] as const
export type NoticeCode = (typeof noticeCodes)[number]

/**
 * Word for whoever holds the link of an invitation that a rotation drops: they get no more keys, so without it they
 * could not tell why. As long as a wrap of a secret. Whoever knows the invitation could forge it, and would only
 * make a newcomer ask for another link.
 */
export async function makeNotices(
  epoch: EpochId,
  dropped: readonly { readonly kem: Uint8Array; readonly code: NoticeCode }[],
): Promise<Wrap[]> {
  const notices: Wrap[] = []
  for (const { kem, code } of dropped) {
    const word = new Uint8Array(epochSecretSize)
    word[0] = 1 + noticeCodes.indexOf(code)
    const tag = wrapTag(epoch, hashRecipientKey(kem))
    notices.push({ tag, wrapped: await wrap(kem, noticeInfo(epoch), word) })
  }
  return notices.sort((a, b) => compareBytes(a.tag, b.tag))
}

/** Null when no notice is for this key. */
export async function openNotice(
  epoch: EpochId,
  notices: readonly Wrap[],
  pair: KemPair,
): Promise<NoticeCode | null> {
  const tag = wrapTag(epoch, hashRecipientKey(pair.publicKey))
  const notice = notices.find((candidate) => equal(candidate.tag, tag))
  if (notice === undefined) return null
  try {
    const word = await unwrap(pair.privateKey, noticeInfo(epoch), notice.wrapped)
    return noticeCodes[(word[0] ?? 0) - 1] ?? null
  } catch (error) {
    if (isCliqueError(error, 'wrap-open')) return null
    throw error
  }
}

function noticeInfo(epoch: EpochId): Uint8Array {
  return concat(labelToBytes(labels.inviteNotice), idToBytes(epoch))
}

/** RFC 9162 tree head. The leaf of a wrap is its labelled hash, tag and all. */
export function rootOfWraps(wraps: readonly Wrap[]): Uint8Array {
  return rootOfLeaves(wraps.map(({ tag, wrapped }) => leafHash(sha256(labels.wrapsLeaf, tag, wrapped))))
}

/** Whether the tags are those of exactly these recipients. */
export function areWrapsFor(
  epoch: EpochId,
  wraps: readonly Wrap[],
  recipients: readonly Pick<Recipient, 'keyHash'>[],
): boolean {
  if (wraps.length !== recipients.length) return false
  const expected = new Set(recipients.map(({ keyHash }) => toHex(wrapTag(epoch, keyHash))))
  return expected.size === wraps.length && wraps.every(({ tag }) => expected.has(toHex(tag)))
}

export type OpenedWrap =
  | { readonly kind: 'secret'; readonly secret: Uint8Array }
  /** None of the wraps is for these keys. */
  | { readonly kind: 'none' }
  /** One is, and it does not open, or not to what the epoch's id commits to. */
  | { readonly kind: 'bad' }

/** What a secret has to fit. `terms`: the commitment; `space`: null for an epoch of the clique. */
export interface WrappedEpoch {
  readonly epoch: EpochId
  readonly terms: Uint8Array
  readonly space: SpaceId | null
}

export async function openWraps(
  wrappedEpoch: WrappedEpoch,
  wraps: readonly Wrap[],
  recipients: readonly KemPair[],
): Promise<OpenedWrap> {
  let bad = false
  for (const pair of recipients) {
    const tag = wrapTag(wrappedEpoch.epoch, hashRecipientKey(pair.publicKey))
    for (const candidate of wraps) {
      if (!equal(candidate.tag, tag)) continue
      const secret = await openWrap(wrappedEpoch, candidate.wrapped, pair)
      if (secret !== null) return { kind: 'secret', secret }
      bad = true
    }
  }
  return { kind: bad ? 'bad' : 'none' }
}

/** Null for a wrap that does not open, or opens to a secret of another epoch. */
async function openWrap(
  { epoch, terms, space }: WrappedEpoch,
  wrapped: Uint8Array,
  pair: KemPair,
): Promise<Uint8Array | null> {
  try {
    const secret = await unwrap(pair.privateKey, wrapInfo(epoch), wrapped)
    return secret.length === 32 && deriveEpochKeys(secret, terms, space).epoch === epoch ? secret : null
  } catch (error) {
    if (isCliqueError(error, 'wrap-open')) return null
    throw error
  }
}

function wrapInfo(epoch: EpochId): Uint8Array {
  return concat(labelToBytes(labels.epochWrap), idToBytes(epoch))
}
