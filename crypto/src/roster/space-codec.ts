import { readArray, readBytes, readBytesUpTo, readId, readList, readNullable } from '../cbor.ts'
import type { CborValue } from '../cbor.ts'
import { ascending, readRotation, rotationToValue } from '../epochs/rotation-codec.ts'
import { CliqueError } from '../errors.ts'
import { idToBytes } from '../ids.ts'
import type { MemberId } from '../ids.ts'
import { readChoice, readName } from './body-readers.ts'
import { maxPlaces } from './limits.ts'
import type { CreateSpaceBody, SetAudienceBody } from './operation.ts'

/** A name and what sealing adds. */
export const maxSealedTitleSize = 512
/** A clique has one directory, from its beginning. */
const createdKinds = ['channel'] as const

export function spaceToValue(body: CreateSpaceBody | SetAudienceBody): CborValue {
  const rotation = body.rotation === null ? null : rotationToValue(body.rotation)
  if (body.type === 'set-audience') {
    return [idToBytes(body.space), body.add.map(idToBytes), body.remove.map(idToBytes), rotation]
  }
  const { space, kind, salt, title, members } = body
  const audience = members === null ? null : members.map(idToBytes)
  return [idToBytes(space), createdKinds.indexOf(kind), salt, title, audience, rotation]
}

/** @throws CliqueError */
export function readCreateSpace(value: CborValue | undefined): CreateSpaceBody {
  const [space, kind, salt, title, members, rotation] = readArray(value, 6)
  const audience = readNullable(members, readMembers)
  return {
    type: 'create-space',
    space: readId(space, 'space'),
    kind: readChoice(kind, createdKinds),
    salt: readBytes(salt, 16),
    title: audience === null ? readName(title, 1) : readBytesUpTo(title, maxSealedTitleSize),
    members: audience,
    rotation: readNullable(rotation, readRotation),
  }
}

/** @throws CliqueError */
export function readSetAudience(value: CborValue | undefined): SetAudienceBody {
  const [space, added, removed, rotation] = readArray(value, 4)
  const [add, remove] = [readMembers(added), readMembers(removed)]
  if (add.length + remove.length === 0 || add.some((member) => remove.includes(member))) {
    throw new CliqueError('operation-format')
  }
  return {
    type: 'set-audience',
    space: readId(space, 'space'),
    add,
    remove,
    rotation: readNullable(rotation, readRotation),
  }
}

function readMembers(value: CborValue | undefined): MemberId[] {
  return ascending(
    readList(value, maxPlaces, (item) => readId(item, 'member')),
    idToBytes,
  )
}
