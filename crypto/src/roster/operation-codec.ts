import { decode, encode, readArray, readBytes, readId, readList, readNullable, readUint } from '../cbor.ts'
import type { CborValue } from '../cbor.ts'
import { ascending } from '../epochs/rotation-codec.ts'
import { CliqueError } from '../errors.ts'
import { sha256 } from '../hash.ts'
import { bytesToId, idToBytes } from '../ids.ts'
import type { CliqueId, OperationId } from '../ids.ts'
import { labels } from '../labels.ts'
import { signatureSize } from '../signature.ts'
import { bodyToValue, readBody } from './body-codec.ts'
import { operationNumbers, operationTypes } from './operation.ts'
import type {
  Operation,
  OperationAuthor,
  OperationBody,
  OperationHeader,
  OperationType,
} from './operation.ts'

export const operationVersion = 1
/** Tips of a roster after a long partition; the next operation joins them. */
export const maxParents = 64
/** The author's signature, those of at most two keys that the body introduces, and that of the epoch it begins. */
export const maxSignatures = 4

const authorKinds = ['device', 'root', 'invitation'] as const
const typesByNumber = new Map<number, OperationType>(
  operationTypes.map((type) => [operationNumbers[type], type]),
)

/** The bytes that are signed and hashed. */
export function encodeOperation(header: OperationHeader, body: OperationBody): Uint8Array {
  return encode([
    operationVersion,
    header.clique === null ? null : idToBytes(header.clique),
    operationNumbers[body.type],
    [authorKinds.indexOf(header.author.kind), idToBytes(header.author.id)],
    header.sequence,
    header.previous === null ? null : idToBytes(header.previous),
    header.parents.map(idToBytes),
    bodyToValue(body),
  ])
}

/** Signed bytes and signatures, as they travel inside a sealed item. */
export function encodeEnvelope(operation: Pick<Operation, 'signed' | 'signatures'>): Uint8Array {
  return encode([operation.signed, [...operation.signatures]])
}

/**
 * Reads and checks all that needs neither keys nor other operations. The signatures are not verified here.
 * @throws CliqueError `operation-...`, `version-unknown`, `cbor-...`, `shape-...`
 */
export function decodeEnvelope(bytes: Uint8Array): Operation {
  const [signedValue, signatureValues] = readArray(decode(bytes), 2)
  if (!(signedValue instanceof Uint8Array)) throw new CliqueError('shape-wrong')
  const signed = signedValue
  const signatures = readList(signatureValues, maxSignatures, (item) => readBytes(item, signatureSize))
  const items = readArray(decode(signed))
  if (readUint(items[0]) !== operationVersion) throw new CliqueError('version-unknown')
  const [, cliqueValue, number, authorValue, sequenceValue, previousValue, parentValues, bodyValue] =
    readArray(items, 8)
  const type = typesByNumber.get(readUint(number))
  if (type === undefined) throw new CliqueError('operation-type-unknown')
  const header: OperationHeader = {
    clique: readNullable(cliqueValue, (present) => readId(present, 'clique')),
    author: readAuthor(authorValue),
    sequence: readNullable(sequenceValue, (present) => readUint(present)),
    previous: readNullable(previousValue, (present) => readId(present, 'operation')),
    parents: ascending(
      readList(parentValues, maxParents, (item) => readId(item, 'operation')),
      idToBytes,
    ),
  }
  const body = readBody(type, bodyValue)
  checkHeader(header, body)
  return { ...header, id: operationIdOf(signed), type, body, signed, signatures }
}

function readAuthor(value: CborValue | undefined): OperationAuthor {
  const [kindValue, id] = readArray(value, 2)
  const kind = authorKinds[readUint(kindValue, authorKinds.length - 1)]
  if (kind === 'device') return { kind, id: readId(id, 'device') }
  if (kind === 'invitation') return { kind, id: readId(id, 'invite') }
  return { kind: 'root', id: readId(id, 'member') }
}

/** Who writes what, and which of sequence, previous and parents belong to it. */
function checkHeader(header: OperationHeader, body: OperationBody): void {
  const { author, sequence, previous, parents } = header
  const first = body.type === 'genesis'
  const numbered = author.kind === 'device'
  if (
    !authorsOf(body.type).includes(author.kind) ||
    first !== (header.clique === null) ||
    first !== (parents.length === 0) ||
    numbered !== (sequence !== null) ||
    (numbered ? (sequence === 1) !== (previous === null) || sequence === 0 : previous !== null) ||
    (first && (sequence !== 1 || author.id !== (body.founder.device as string)))
  ) {
    throw new CliqueError('operation-format')
  }
}

/** A root speaks for the devices of its member, and for nothing else. */
function authorsOf(type: OperationType): readonly OperationAuthor['kind'][] {
  if (type === 'join') return ['invitation']
  return type === 'add-device' || type === 'remove-device' ? ['device', 'root'] : ['device']
}

export function operationIdOf(signed: Uint8Array): OperationId {
  return bytesToId('operation', sha256(labels.operationId, signed))
}

/** The clique's id, which no relay has a part in. */
export function cliqueIdOf(signedGenesis: Uint8Array): CliqueId {
  return bytesToId('clique', sha256(labels.cliqueId, signedGenesis))
}

/** The clique that an operation belongs to. */
export function cliqueOf(operation: Operation): CliqueId {
  return operation.clique ?? cliqueIdOf(operation.signed)
}
