import { CliqueError, decode, encode, readArray, readUint } from '@clique/crypto/verify'
import type { CborLimits, CborValue } from '@clique/crypto/verify'
import type { Field } from './fields.ts'
import { limits } from './limits.ts'
import { downSchema, upSchema } from './messages.ts'
import type { Down, Schema, Up } from './messages.ts'

/** A message is an array: its tag, then its fields in the order of the schema. */
const cborLimits: CborLimits = {
  size: limits.frameSize,
  depth: 4,
  items: 3 * limits.itemsPerRead + 16,
}

interface Layout {
  readonly kind: string
  readonly tag: number
  readonly fields: readonly (readonly [string, Field<unknown>])[]
}

interface Codec {
  readonly byTag: ReadonlyMap<number, Layout>
  readonly byKind: ReadonlyMap<string, Layout>
}

function codecOf(schema: Schema): Codec {
  const layouts = Object.entries(schema).map(([kind, { tag, fields }]): Layout => {
    return { kind, tag, fields: Object.entries(fields as Record<string, Field<unknown>>) }
  })
  return {
    byTag: new Map(layouts.map((layout) => [layout.tag, layout])),
    byKind: new Map(layouts.map((layout) => [layout.kind, layout])),
  }
}

const up = codecOf(upSchema)
const down = codecOf(downSchema)

function toBytes(codec: Codec, message: { readonly kind: string }): Uint8Array {
  const layout = codec.byKind.get(message.kind)
  if (layout === undefined) throw new TypeError('no such kind of message')
  const values = message as unknown as Record<string, unknown>
  return encode([layout.tag, ...layout.fields.map(([name, field]) => field.write(values[name]))])
}

function fromBytes(codec: Codec, bytes: Uint8Array): { kind: string } {
  if (bytes.length > limits.frameSize) throw new CliqueError('frame-too-large')
  try {
    return fromValue(codec, decode(bytes, cborLimits))
  } catch (error) {
    if (error instanceof CliqueError) throw new CliqueError('relay-message')
    throw error
  }
}

function fromValue(codec: Codec, value: CborValue): { kind: string } {
  const values = readArray(value)
  const layout = codec.byTag.get(readUint(values[0]))
  if (layout === undefined) throw new CliqueError('relay-message')
  readArray(value, layout.fields.length + 1)
  const fields = layout.fields.map(([name, field], index) => [name, field.read(values[index + 1])])
  return { kind: layout.kind, ...(Object.fromEntries(fields) as object) }
}

/** A value outside the message's fields is our own bug and throws loudly. */
export function upToBytes(message: Up): Uint8Array {
  return toBytes(up, message)
}

/** @throws CliqueError `relay-message` or `frame-too-large` */
export function bytesToUp(bytes: Uint8Array): Up {
  return fromBytes(up, bytes) as Up
}

/** A value outside the message's fields is our own bug and throws loudly. */
export function downToBytes(message: Down): Uint8Array {
  return toBytes(down, message)
}

/** @throws CliqueError `relay-message` or `frame-too-large` */
export function bytesToDown(bytes: Uint8Array): Down {
  return fromBytes(down, bytes) as Down
}

/** The wire schema as text: what the schema test hashes. */
export function describeSchema(): string {
  const lines: string[] = []
  for (const [direction, codec] of [
    ['up', up],
    ['down', down],
  ] as const) {
    for (const layout of codec.byTag.values()) {
      const fields = layout.fields.map(([name, field]) => `${name}:${field.name}`)
      lines.push(`${direction} ${layout.tag} ${layout.kind} ${fields.join(' ')}`)
    }
  }
  return lines.join('\n')
}
