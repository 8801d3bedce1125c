import {
  bytesToId,
  CliqueError,
  idSizes,
  idToBytes,
  readBytes,
  readBytesUpTo,
  readId,
  readList,
  readText,
  readUint,
} from '@clique/crypto/verify'
import type { CborValue, IdKind, Ids } from '@clique/crypto/verify'

/** One place in a message: how it is read and written, and a name that the schema's hash covers. */
export interface Field<T> {
  readonly name: string
  /** @throws CliqueError */
  read(value: CborValue | undefined): T
  write(value: T): CborValue
}

export function uint(max: number = Number.MAX_SAFE_INTEGER): Field<number> {
  return { name: `uint(${max})`, read: (value) => readUint(value, max), write: (value) => value }
}

export function bytes(length: number): Field<Uint8Array> {
  return { name: `bytes(${length})`, read: (value) => readBytes(value, length), write: (value) => value }
}

export function bytesUpTo(max: number): Field<Uint8Array> {
  return { name: `bytes(0-${max})`, read: (value) => readBytesUpTo(value, max), write: (value) => value }
}

export function text(max: number): Field<string> {
  return { name: `text(0-${max})`, read: (value) => readText(value, max), write: (value) => value }
}

export function id<Kind extends IdKind>(kind: Kind): Field<Ids[Kind]> {
  return {
    name: `id(${kind},${idSizes[kind]})`,
    read: (value) => readId(value, kind),
    write: (value) => idToBytes(bytesToId(kind, idToBytes(value))),
  }
}

export function list<T>(max: number, of: Field<T>): Field<readonly T[]> {
  return {
    name: `list(0-${max},${of.name})`,
    read: (value) => readList(value, max, (item) => of.read(item)),
    write: (items) => items.map((item) => of.write(item)),
  }
}

/** One of a fixed list of texts. */
export function oneOf<const T extends string>(values: readonly T[]): Field<T> {
  return {
    name: `one(${values.join('|')})`,
    read: (value) => {
      const found = values.find((candidate) => candidate === value)
      if (found === undefined) throw new CliqueError('shape-out-of-range')
      return found
    },
    write: (value) => value,
  }
}
