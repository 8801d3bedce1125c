import { decode, encode } from '../../../crypto/src/cbor.ts'
import type { CborValue } from '../../../crypto/src/cbor.ts'
import { seededRandom } from '../../../crypto/src/testing/seeded.ts'

/** How an input is built up, so that changes reach behind the first length that no longer fits. */
export type Shape = 'bytes' | 'cbor' | 'text' | 'json'

/** A stream of chances that a seed repeats. */
export class Chance {
  #state: number

  constructor(seed: string) {
    this.#state = new DataView(seededRandom(seed)(4).buffer).getUint32(0)
  }

  /** From 0 below `end` (mulberry32). */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * end)
  }

  of<T>(choices: readonly T[]): T {
    const choice = choices[this.below(choices.length)]
    if (choice === undefined) throw new Error('nothing to choose from')
    return choice
  }
}

/** No input grows beyond this. Limits of sizes are tested by hand; a fuzzer would spend its time copying. */
const maxSize = 64 * 1024
const numbers = [
  0,
  1,
  2,
  23,
  24,
  127,
  128,
  255,
  256,
  450,
  65_535,
  65_536,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53 - 1,
]
const texts = [
  '',
  'a',
  'relay',
  '\u0000',
  'é',
  '\ud83d\ude00',
  '__proto__',
  '..',
  '%2e%2e',
  '//',
  '[',
  '💥'.repeat(40),
]

/** Something like `input`, of the same shape mostly; `other` is of the same corpus. */
export function mutate(input: Uint8Array, other: Uint8Array, shape: Shape, chance: Chance): Uint8Array {
  const asBytes = shape === 'bytes' || chance.below(4) === 0
  const changed = asBytes ? null : mutateShape(input, other, shape, chance)
  return (changed ?? mutateBytes(input, other, chance)).slice(0, maxSize)
}

function mutateShape(input: Uint8Array, other: Uint8Array, shape: Shape, chance: Chance): Uint8Array | null {
  try {
    if (shape === 'cbor')
      return encode(changeTree(decode(input), () => valuesIn(decode(other)), chance) as CborValue)
    const text = new TextDecoder().decode(input)
    if (shape === 'text')
      return new TextEncoder().encode(changeText(text, new TextDecoder().decode(other), chance))
    const values = () => valuesIn(JSON.parse(new TextDecoder().decode(other)))
    return new TextEncoder().encode(JSON.stringify(changeTree(JSON.parse(text), values, chance)))
  } catch {
    // It is no longer of that shape, or what came out has no encoding.
    return null
  }
}

function mutateBytes(input: Uint8Array, other: Uint8Array, chance: Chance): Uint8Array {
  let bytes = [...input]
  for (let left = 1 + chance.below(4); left > 0; left--) {
    const at = chance.below(bytes.length + 1)
    const length = 1 + chance.below(Math.min(16, bytes.length + 1))
    switch (chance.below(8)) {
      case 0:
        if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << chance.below(8))
        break
      case 1:
        if (at < bytes.length) bytes[at] = chance.of([0, 1, 0x7f, 0x80, 0xff, chance.below(256)])
        break
      case 2:
        bytes.splice(at, 0, ...Array.from({ length }, () => chance.below(256)))
        break
      case 3:
        bytes.splice(at, length)
        break
      case 4:
        bytes.splice(at, 0, ...bytes.slice(at, at + length))
        break
      case 5:
        bytes = [...bytes.slice(0, at), ...other.slice(chance.below(other.length + 1))]
        break
      case 6:
        bytes = bytes.slice(0, at)
        break
      default:
        writeNumber(bytes, at, chance)
    }
  }
  return Uint8Array.from(bytes.slice(0, maxSize))
}

function writeNumber(bytes: number[], at: number, chance: Chance): void {
  const size = chance.of([1, 2, 4, 8])
  let number = BigInt(chance.of(numbers))
  const isLittle = chance.below(2) === 0
  for (let i = 0; i < size; i++, number >>= 8n) {
    const place = isLittle ? at + i : at + size - 1 - i
    if (place < bytes.length) bytes[place] = Number(number & 0xffn)
  }
}

/** All values inside of one, itself among them. */
function valuesIn(value: unknown): unknown[] {
  if (Array.isArray(value)) return [value, ...value.flatMap(valuesIn)]
  if (value instanceof Map) return [value, ...[...value.values()].flatMap(valuesIn)]
  if (value instanceof Uint8Array || !(value instanceof Object)) return [value]
  return [value, ...Object.values(value).flatMap(valuesIn)]
}

/** One node somewhere in it, changed. */
function changeTree(value: unknown, others: () => unknown[], chance: Chance): unknown {
  const isLeaf = !(value instanceof Object) || value instanceof Uint8Array
  if (isLeaf || chance.below(4) === 0) return changeNode(value, others, chance)
  if (Array.isArray(value)) {
    if (value.length === 0) return changeNode(value, others, chance)
    const at = chance.below(value.length)
    return value.map((item, i) => (i === at ? changeTree(item, others, chance) : (item as unknown)))
  }
  const entries: [unknown, unknown][] = value instanceof Map ? [...value] : Object.entries(value)
  if (entries.length === 0) return changeNode(value, others, chance)
  const at = chance.below(entries.length)
  const changed = entries.map(([key, item], i): [unknown, unknown] =>
    i === at ? [key, changeTree(item, others, chance)] : [key, item],
  )
  return value instanceof Map ? new Map(changed) : Object.fromEntries(changed as [string, unknown][])
}

function changeNode(value: unknown, others: () => unknown[], chance: Chance): unknown {
  if (chance.below(6) === 0)
    return chance.of([null, true, false, chance.of(numbers), chance.of(texts), [], [value]])
  if (chance.below(6) === 0) return chance.of(others())
  if (typeof value === 'number') return chance.of([chance.of(numbers), value + 1, Math.max(0, value - 1)])
  if (typeof value === 'string') return changeText(value, chance.of(texts), chance)
  if (value instanceof Uint8Array) return mutateBytes(value, value, chance)
  if (Array.isArray(value)) {
    const at = chance.below(value.length + 1)
    const item: unknown = value[at % Math.max(1, value.length)] ?? chance.of(numbers)
    return chance.of([
      value.toSpliced(at, 1),
      value.toSpliced(at, 0, item),
      value.toReversed(),
      [...value, ...value],
    ])
  }
  if (value instanceof Map) return new Map([...value].toSpliced(chance.below(value.size + 1), 1))
  if (!(value instanceof Object)) return chance.of(numbers)
  const entries = Object.entries(value)
  const key = chance.of([...entries.map(([name]) => name), chance.of(texts)])
  return Object.fromEntries([
    ...entries.toSpliced(chance.below(entries.length + 1), 1),
    [key, chance.of(numbers)],
  ])
}

function changeText(text: string, other: string, chance: Chance): string {
  const at = chance.below(text.length + 1)
  const end = at + chance.below(Math.min(8, text.length - at + 1))
  const put = chance.of([
    '',
    chance.of(texts),
    other.slice(chance.below(other.length + 1)),
    text.slice(at, end).repeat(3),
  ])
  return (text.slice(0, at) + put + text.slice(end)).slice(0, maxSize)
}
