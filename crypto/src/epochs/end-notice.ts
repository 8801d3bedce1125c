import { compareBytes, concat, equal } from '../bytes.ts'
import {
  decode,
  encode,
  readArray,
  readBytes,
  readBytesUpTo,
  readId,
  readNullable,
  readUint,
} from '../cbor.ts'
import type { CborValue } from '../cbor.ts'
import { CliqueError, isCliqueError } from '../errors.ts'
import { unwrap, wrap, wrapOverhead } from '../hpke.ts'
import type { KemPair } from '../hpke.ts'
import { idToBytes } from '../ids.ts'
import type { CliqueId, DeviceId, EpochId, MemberId } from '../ids.ts'
import { labelToBytes } from '../label-bytes.ts'
import { labels } from '../labels.ts'
import { minimumPaddedSize, pad, unpad } from '../padding.ts'
import { isIn } from '../roster/standing.ts'
import type { Device, View } from '../roster/state.ts'
import { signatureSize, signLabelled, verifyLabelled } from '../signature.ts'
import type { Signer } from '../signature.ts'
import { hashRecipientKey, wrapTag } from './recipients.ts'
import type { Wrap } from './rotation.ts'

/** Whom an operation put out: a member with all devices, or one device. */
export type Ended =
  { readonly kind: 'member'; readonly id: MemberId } | { readonly kind: 'device'; readonly id: DeviceId }

/** Who says so: the author of the operation. */
export type EndAuthor =
  { readonly kind: 'device'; readonly id: DeviceId } | { readonly kind: 'root'; readonly id: MemberId }

/**
 * Word for a device that an operation puts out. The operation itself is sealed under keys that the device does not get,
 * so without this it could not tell why it hears nothing any more.
 */
export interface EndNotice {
  readonly clique: CliqueId
  /** The epoch that the operation begins. */
  readonly epoch: EpochId
  readonly ended: Ended
  readonly author: EndAuthor
  /** The number of the operation among its author's; null for a root, whose operations have none. */
  readonly sequence: number | null
}

const noticeVersion = 1
const endedKinds = ['member', 'device'] as const
const authorKinds = ['device', 'root'] as const
/** Whatever a notice says fits into the smallest padded size, so that none shows by its length what it says. */
export const wrappedEndSize = wrapOverhead + minimumPaddedSize

/** Devices that were in `past` and are not `after`, each by the key that it had. */
export function devicesEnded(past: View, after: View): Device[] {
  return [...past.devices.values()].filter(({ id }) => isIn(past, id) && !isIn(after, id))
}

/** One for each key, ascending by tag. It holds neither a key nor anything of the operation but this statement. */
export async function makeEndNotices(
  notice: EndNotice,
  signer: Signer,
  devices: readonly Pick<Device, 'kem'>[],
): Promise<Wrap[]> {
  if (devices.length === 0) return []
  const signed = encodeNotice(notice)
  const word = pad(encode([signed, await signLabelled(signer, labels.endStatement, signed)]))
  const notices: Wrap[] = []
  for (const { kem } of devices) {
    const wrapped = await wrap(kem, noticeInfo(notice.epoch), word)
    notices.push({ tag: wrapTag(notice.epoch, hashRecipientKey(kem)), wrapped })
  }
  return notices.sort((a, b) => compareBytes(a.tag, b.tag))
}

/**
 * What a rotation says to the owner of one of these key pairs about its end, with a signature that is its author's.
 * Whether that one may say it is for the roster (`endStanding`). Null where there is nothing, or nothing that holds.
 */
export async function openEndNotice(
  clique: CliqueId,
  epoch: EpochId,
  notices: readonly Wrap[],
  recipients: readonly KemPair[],
): Promise<EndNotice | null> {
  for (const { publicKey, privateKey } of recipients) {
    const tag = wrapTag(epoch, hashRecipientKey(publicKey))
    for (const { tag: other, wrapped } of notices) {
      if (wrapped.length !== wrappedEndSize || !equal(other, tag)) continue
      try {
        const notice = await readNotice(unpad(await unwrap(privateKey, noticeInfo(epoch), wrapped)))
        if (notice.clique === clique && notice.epoch === epoch) return notice
      } catch (error) {
        // Anybody who knows a device's key can wrap anything to it.
        if (!isCliqueError(error)) throw error
      }
    }
  }
  return null
}

function encodeNotice({ clique, epoch, ended, author, sequence }: EndNotice): Uint8Array {
  return encode([
    noticeVersion,
    idToBytes(clique),
    idToBytes(epoch),
    [endedKinds.indexOf(ended.kind), idToBytes(ended.id)],
    [authorKinds.indexOf(author.kind), idToBytes(author.id)],
    sequence,
  ])
}

/** @throws CliqueError */
async function readNotice(bytes: Uint8Array): Promise<EndNotice> {
  const [signedValue, signatureValue] = readArray(decode(bytes), 2)
  const signed = readBytesUpTo(signedValue, minimumPaddedSize)
  const [version, clique, epoch, ended, author, sequence] = readArray(decode(signed), 6)
  if (readUint(version) !== noticeVersion) throw new CliqueError('version-unknown')
  const notice: EndNotice = {
    clique: readId(clique, 'clique'),
    epoch: readId(epoch, 'epoch'),
    ended: readEnded(ended),
    author: readAuthor(author),
    sequence: readNullable(sequence, (present) => readUint(present)),
  }
  if ((notice.author.kind === 'root') !== (notice.sequence === null))
    throw new CliqueError('operation-format')
  const signature = readBytes(signatureValue, signatureSize)
  if (!(await verifyLabelled(idToBytes(notice.author.id), labels.endStatement, signed, signature))) {
    throw new CliqueError('signature-invalid')
  }
  return notice
}

function readEnded(value: CborValue | undefined): Ended {
  const [kind, id] = readArray(value, 2)
  return readUint(kind, 1) === 0
    ? { kind: 'member', id: readId(id, 'member') }
    : { kind: 'device', id: readId(id, 'device') }
}

function readAuthor(value: CborValue | undefined): EndAuthor {
  const [kind, id] = readArray(value, 2)
  return readUint(kind, 1) === 0
    ? { kind: 'device', id: readId(id, 'device') }
    : { kind: 'root', id: readId(id, 'member') }
}

function noticeInfo(epoch: EpochId): Uint8Array {
  return concat(labelToBytes(labels.endNotice), idToBytes(epoch))
}
