import { readArray, readId, readList, readNullable, readUint } from '../cbor.ts'
import type { CborValue } from '../cbor.ts'
import { ascending, readRotation, rotationToValue } from '../epochs/rotation-codec.ts'
import { CliqueError } from '../errors.ts'
import { idToBytes } from '../ids.ts'
import type { OperationId } from '../ids.ts'
import { readChoice, readKemKey, readPeer } from './body-readers.ts'
import { maxNamedDevices } from './limits.ts'
import { countersignPurposes } from './operation.ts'
import type { LastOperation, OperationBody } from './operation.ts'
import { roles } from './roles.ts'

/** Signatures of a majority of the largest clique. */
export const maxCountersigns = 300

/** What changes members and their devices. */
export type ChangeBody = Extract<
  OperationBody,
  {
    type:
      | 'confirm'
      | 'add-device'
      | 'remove-device'
      | 'rotate-kem'
      | 'remove-member'
      | 'countersign'
      | 'leave'
      | 'set-role'
      | 'recover'
  }
>

export function changeToValue(body: ChangeBody): CborValue {
  switch (body.type) {
    case 'confirm':
      return [idToBytes(body.member), rotationToValue(body.rotation)]
    case 'add-device':
      return [idToBytes(body.device), body.kem, body.peer, rotationToValue(body.rotation)]
    case 'remove-device':
      return [lastToValue(body.last), rotationToValue(body.rotation)]
    case 'rotate-kem':
      return [body.kem]
    case 'remove-member':
      return [
        idToBytes(body.member),
        body.last.map(lastToValue),
        body.countersigns.map(idToBytes),
        rotationToValue(body.rotation),
      ]
    case 'countersign':
      return [countersignPurposes.indexOf(body.purpose), idToBytes(body.member)]
    case 'leave':
      return []
    case 'set-role':
      return [idToBytes(body.member), roles.indexOf(body.role)]
    case 'recover':
      return [idToBytes(body.member), body.countersigns.map(idToBytes)]
  }
}

/** @throws CliqueError */
export function readChange(type: ChangeBody['type'], value: CborValue | undefined): ChangeBody {
  switch (type) {
    case 'confirm': {
      const [member, rotation] = readArray(value, 2)
      return { type, member: readId(member, 'member'), rotation: readRotation(rotation) }
    }
    case 'add-device': {
      const [device, kem, peer, rotation] = readArray(value, 4)
      return {
        type,
        device: readId(device, 'device'),
        kem: readKemKey(kem),
        peer: readPeer(peer),
        rotation: readRotation(rotation),
      }
    }
    case 'remove-device': {
      const [last, rotation] = readArray(value, 2)
      return { type, last: readLast(last), rotation: readRotation(rotation) }
    }
    case 'rotate-kem':
      return { type, kem: readKemKey(readArray(value, 1)[0]) }
    case 'remove-member': {
      const [member, last, countersigns, rotation] = readArray(value, 4)
      return {
        type,
        member: readId(member, 'member'),
        last: ascending(readList(last, maxNamedDevices, readLast), ({ device }) => idToBytes(device)),
        countersigns: readOperations(countersigns),
        rotation: readRotation(rotation),
      }
    }
    case 'countersign': {
      const [purpose, member] = readArray(value, 2)
      return { type, purpose: readChoice(purpose, countersignPurposes), member: readId(member, 'member') }
    }
    case 'leave':
      readArray(value, 0)
      return { type }
    case 'set-role': {
      const [member, role] = readArray(value, 2)
      return { type, member: readId(member, 'member'), role: readChoice(role, roles) }
    }
    case 'recover': {
      const [member, countersigns] = readArray(value, 2)
      return { type, member: readId(member, 'member'), countersigns: readOperations(countersigns) }
    }
  }
}

function lastToValue({ device, sequence, operation }: LastOperation): CborValue {
  return [idToBytes(device), sequence, operation === null ? null : idToBytes(operation)]
}

function readLast(value: CborValue | undefined): LastOperation {
  const [device, sequence, operation] = readArray(value, 3)
  const last: LastOperation = {
    device: readId(device, 'device'),
    sequence: readUint(sequence),
    operation: readNullable(operation, (present) => readId(present, 'operation')),
  }
  if ((last.sequence === 0) !== (last.operation === null)) throw new CliqueError('operation-format')
  return last
}

function readOperations(value: CborValue | undefined): OperationId[] {
  return ascending(
    readList(value, maxCountersigns, (item) => readId(item, 'operation')),
    idToBytes,
  )
}
