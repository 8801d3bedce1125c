import { decode as decodeCbor, encode as encodeCbor, rfc8949EncodeOptions, Tokenizer, Type } from 'cborg'
import type { DecodeOptions, Token } from 'cborg'
import { bytesToUtf8, compareBytes } from './bytes.ts'
import { CliqueError } from './errors.ts'
import { bytesToId, idSizes } from './ids.ts'
import type { IdKind, Ids } from './ids.ts'

/** What structures are made of. Integers are safe integers; there are no floats, tags, undefined or objects. */
export type CborValue =
  number | string | boolean | null | Uint8Array | readonly CborValue[] | ReadonlyMap<CborKey, CborValue>
export type CborKey = number | string

export interface CborLimits {
  /** Bytes of the whole encoding. */
  readonly size: number
  /** Arrays and maps inside one another. */
  readonly depth: number
  /** Values of every kind, keys included. */
  readonly items: number
}

/** Wide enough for the largest roster operation (450 wraps in one rotation) and the largest record. */
export const defaultLimits: CborLimits = { size: 2 * 1024 * 1024, depth: 16, items: 50_000 }

const encodeOptions = {
  ...rfc8949EncodeOptions,
  typeEncoders: {
    number: (value: number) => {
      if (!Number.isSafeInteger(value)) throw new TypeError('only safe integers are encoded')
      return null
    },
    string: (value: string) => {
      if (!value.isWellFormed()) throw new TypeError('text with a lone surrogate has no encoding')
      return null
    },
    undefined: refuseValue,
    Object: refuseValue,
    bigint: refuseValue,
  },
}

function refuseValue(): never {
  throw new TypeError('a value of this type has no encoding')
}

/** Deterministic CBOR (RFC 8949 section 4.2). A value outside `CborValue` is our own bug and throws loudly. */
export function encode(value: CborValue): Uint8Array {
  const encoded = encodeCbor(value, encodeOptions)
  // The library may give Node's Buffer, whose slices share memory.
  return new Uint8Array(encoded.buffer, encoded.byteOffset, encoded.byteLength)
}

interface Frame {
  /** Values still to come in this array or map; a map counts keys and values. */
  left: number
  /** For a map: the encoding of the key before. */
  lastKey: Uint8Array | null
  readonly isMap: boolean
}

/** Sees every token before a value is built from it, so limits hold before memory is spent. */
class StrictTokenizer extends Tokenizer {
  readonly #bytes: Uint8Array
  readonly #limits: CborLimits
  readonly #open: Frame[] = []
  #items = 0

  constructor(bytes: Uint8Array, options: DecodeOptions, limits: CborLimits) {
    super(bytes, options)
    this.#bytes = bytes
    this.#limits = limits
  }

  override next(): Token {
    const start = this.pos()
    const token = super.next()
    if (++this.#items > this.#limits.items) throw new CliqueError('cbor-too-many-items')
    const isKey = this.#enter(token, this.#bytes.subarray(start, this.pos()))
    if (Type.equals(token.type, Type.string)) this.#readText(token, start)
    if (Type.equals(token.type, Type.array)) this.#descend(token, false, isKey)
    else if (Type.equals(token.type, Type.map)) this.#descend(token, true, isKey)
    else if (!allowedTypes.some((type) => Type.equals(type, token.type))) {
      throw new CliqueError('cbor-type-refused')
    }
    return token
  }

  /** Counts the token in the array or map around it; true for a key. Keys must ascend, which forbids twins. */
  #enter(token: Token, encoding: Uint8Array): boolean {
    while (this.#open.at(-1)?.left === 0) this.#open.pop()
    const frame = this.#open.at(-1)
    if (frame === undefined) return false
    const isKey = frame.isMap && frame.left % 2 === 0
    frame.left--
    if (!isKey) return false
    if (!Type.equals(token.type, Type.uint) && !Type.equals(token.type, Type.string)) {
      throw new CliqueError('cbor-type-refused')
    }
    if (frame.lastKey !== null && compareBytes(frame.lastKey, encoding) >= 0) {
      throw new CliqueError('cbor-not-canonical')
    }
    frame.lastKey = encoding
    return true
  }

  #descend(token: Token, isMap: boolean, isKey: boolean): void {
    if (isKey) throw new CliqueError('cbor-type-refused')
    const count: unknown = token.value
    if (typeof count !== 'number' || !Number.isSafeInteger(count)) throw new CliqueError('cbor-type-refused')
    // Every value takes a byte at least, so a longer count is a lie that need not be followed.
    if (count > this.#bytes.length) throw new CliqueError('cbor-invalid')
    this.#open.push({ left: isMap ? 2 * count : count, lastKey: null, isMap })
    if (this.#open.length > this.#limits.depth) throw new CliqueError('cbor-too-deep')
  }

  /** The library's own reading replaces broken UTF-8 and drops a byte order mark; ours does neither. */
  #readText(token: Token, start: number): void {
    const head = this.#bytes[start] ?? 0
    const prefix = (head & 31) < 24 ? 1 : 1 + 2 ** ((head & 31) - 24)
    token.value = bytesToUtf8(this.#bytes.subarray(start + prefix, this.pos()))
  }
}

const allowedTypes = [Type.uint, Type.negint, Type.bytes, Type.string, Type.true, Type.false, Type.null]

/**
 * Strict: the shortest form of every length and number, map keys (unsigned integers or texts) ascending and once,
 * nothing behind the value, none of the types that `CborValue` lacks.
 * @throws CliqueError `cbor-...` or `utf8-invalid`
 */
export function decode(bytes: Uint8Array, limits: CborLimits = defaultLimits): CborValue {
  if (bytes.length > limits.size) throw new CliqueError('cbor-too-large')
  // A plain view: Node's Buffer is a subclass whose slices share memory.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const options: DecodeOptions = {
    strict: true,
    useMaps: true,
    allowIndefinite: false,
    allowUndefined: false,
    allowBigInt: false,
  }
  const tokenizer = new StrictTokenizer(plain, options, limits)
  let value: CborValue
  try {
    value = decodeCbor(plain, { ...options, tokenizer }) as CborValue
  } catch (error) {
    if (error instanceof CliqueError) throw error
    if (error instanceof Error && error.message.includes('too many terminals')) {
      throw new CliqueError('cbor-trailing-bytes')
    }
    throw new CliqueError('cbor-invalid')
  }
  return value
}

/** An array, of exactly `length` values where one is given. @throws CliqueError `shape-wrong` */
export function readArray(value: CborValue | undefined, length?: number): readonly CborValue[] {
  if (!Array.isArray(value)) throw new CliqueError('shape-wrong')
  if (length !== undefined && value.length !== length) throw new CliqueError('shape-wrong')
  return value as readonly CborValue[]
}

/** An array of at most `max` values, each read by `read`. @throws CliqueError */
export function readList<T>(value: CborValue | undefined, max: number, read: (item: CborValue) => T): T[] {
  const items = readArray(value)
  if (items.length > max) throw new CliqueError('shape-out-of-range')
  return items.map((item) => read(item))
}

/** Exactly `length` bytes. @throws CliqueError */
export function readBytes(value: CborValue | undefined, length: number): Uint8Array {
  const bytes = readBytesUpTo(value, length)
  if (bytes.length !== length) throw new CliqueError('shape-out-of-range')
  return bytes
}

/** At most `max` bytes. @throws CliqueError */
export function readBytesUpTo(value: CborValue | undefined, max: number): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new CliqueError('shape-wrong')
  if (value.length > max) throw new CliqueError('shape-out-of-range')
  return value
}

/** A whole number from 0 to `max`. @throws CliqueError */
export function readUint(value: CborValue | undefined, max: number = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== 'number') throw new CliqueError('shape-wrong')
  if (value < 0 || value > max) throw new CliqueError('shape-out-of-range')
  return value
}

/** Text of at most `max` bytes of UTF-8. @throws CliqueError */
export function readText(value: CborValue | undefined, max: number): string {
  if (typeof value !== 'string') throw new CliqueError('shape-wrong')
  if (utf8Size(value) > max) throw new CliqueError('shape-out-of-range')
  return value
}

/** @throws CliqueError `shape-wrong` */
export function readBoolean(value: CborValue | undefined): boolean {
  if (typeof value !== 'boolean') throw new CliqueError('shape-wrong')
  return value
}

/** @throws CliqueError `shape-wrong` */
export function readMap(value: CborValue | undefined): ReadonlyMap<CborKey, CborValue> {
  if (!(value instanceof Map)) throw new CliqueError('shape-wrong')
  return value as ReadonlyMap<CborKey, CborValue>
}

/** Null, or what `read` makes of it. @throws CliqueError */
export function readNullable<T>(value: CborValue | undefined, read: (present: CborValue) => T): T | null {
  if (value === undefined) throw new CliqueError('shape-wrong')
  return value === null ? null : read(value)
}

/** An id: a byte string of that kind's length. @throws CliqueError */
export function readId<Kind extends IdKind>(value: CborValue | undefined, kind: Kind): Ids[Kind] {
  return bytesToId(kind, readBytes(value, idSizes[kind]))
}

/** Bytes that a text takes in UTF-8. */
export function utf8Size(text: string): number {
  let size = 0
  for (const letter of text) {
    const point = letter.codePointAt(0) ?? 0
    size += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
  }
  return size
}
