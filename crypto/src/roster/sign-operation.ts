import { CliqueError } from '../errors.ts'
import { idToBytes } from '../ids.ts'
import { labels } from '../labels.ts'
import { signLabelled, verifyLabelled } from '../signature.ts'
import type { Signer } from '../signature.ts'
import { encodeOperation, operationIdOf } from './operation-codec.ts'
import { rotationOf } from './operation.ts'
import type { Operation, OperationBody, OperationHeader } from './operation.ts'

/**
 * The keys that have to sign, in order: the author's, then every key that the body introduces, last that of the epoch which
 * it begins. A key that did not sign cannot be claimed, and every signature covers the clique and everything else in the
 * operation, so none can be taken from one operation into another.
 */
export function signingKeysOf(header: OperationHeader, body: OperationBody): Uint8Array[] {
  const rotation = rotationOf(body)
  const people = peoplesKeysOf(header, body)
  return rotation === null ? people : [...people, rotation.commitments.signingKey]
}

function peoplesKeysOf(header: OperationHeader, body: OperationBody): Uint8Array[] {
  const author = idToBytes(header.author.id)
  switch (body.type) {
    case 'genesis':
      return [author, idToBytes(body.founder.member)]
    case 'join':
      return [author, idToBytes(body.newcomer.device), idToBytes(body.newcomer.member)]
    case 'invite':
      return [author, idToBytes(body.invite)]
    case 'add-device':
      return [author, idToBytes(body.device)]
    default:
      return [author]
  }
}

/** `signers` in the order of `signingKeysOf`. */
export async function signOperation(
  header: OperationHeader,
  body: OperationBody,
  signers: readonly Signer[],
): Promise<Operation> {
  const signed = encodeOperation(header, body)
  const signatures: Uint8Array[] = []
  for (const signer of signers) {
    signatures.push(await signLabelled(signer, labels.operationSignature, signed))
  }
  return { ...header, id: operationIdOf(signed), type: body.type, body, signed, signatures }
}

/** Over the bytes as they came, never over another encoding of them. @throws CliqueError `operation-signature` */
export async function verifyOperation(operation: Operation): Promise<void> {
  const keys = signingKeysOf(operation, operation.body)
  if (keys.length !== operation.signatures.length) throw new CliqueError('operation-signature')
  const verdicts = await Promise.all(
    keys.map((key, index) =>
      verifyLabelled(
        key,
        labels.operationSignature,
        operation.signed,
        operation.signatures[index] ?? new Uint8Array(0),
      ),
    ),
  )
  if (verdicts.includes(false)) throw new CliqueError('operation-signature')
}
