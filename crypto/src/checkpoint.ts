import { sha256 } from '@noble/hashes/sha2.js'
import { concat, equal, fromBase64url, toBase64url, utf8ToBytes } from './bytes.ts'
import { CliqueError } from './errors.ts'
import { verifySignature } from './signature.ts'
import type { Signer } from './signature.ts'

/** The state of an append-only log: C2SP tlog-checkpoint. */
export interface Checkpoint {
  /** Names the log and, as the key's name, its signer. No spaces, no plus signs, no line ends. */
  readonly origin: string
  /** Leaves. */
  readonly size: number
  /** 32 bytes. */
  readonly root: Uint8Array
}

/** Bytes of a signed checkpoint at most; witnesses may add lines. */
export const maxCheckpointSize = 4096
const maxOriginSize = 200
const maxSignatureLines = 16
const keyIdSize = 4
const ed25519Type = 1

/**
 * Signs the checkpoint as a C2SP signed note. The signed text is the standard's, so it starts with the origin and
 * not with a label; it can be taken for nothing else, as every label holds a zero byte and no note does.
 */
export async function signCheckpoint(signer: Signer, checkpoint: Checkpoint): Promise<string> {
  if (!isOrigin(checkpoint.origin)) throw new TypeError('not an origin')
  const text = `${checkpoint.origin}\n${checkpoint.size}\n${toBase64(checkpoint.root)}\n`
  const signature = await signer.sign(utf8ToBytes(text))
  const line = toBase64(concat(noteKeyId(checkpoint.origin, signer.publicKey), signature))
  return `${text}\n— ${checkpoint.origin} ${line}\n`
}

/** A checkpoint of this origin signed by this key. @throws CliqueError `checkpoint-invalid` */
export async function openCheckpoint(
  note: string,
  origin: string,
  publicKey: Uint8Array,
): Promise<Checkpoint> {
  if (note.length > maxCheckpointSize || !isOrigin(origin)) throw new CliqueError('checkpoint-invalid')
  const end = note.indexOf('\n\n')
  if (end < 0) throw new CliqueError('checkpoint-invalid')
  const text = note.slice(0, end + 1)
  const checkpoint = parseText(text)
  if (checkpoint.origin !== origin) throw new CliqueError('checkpoint-invalid')
  const keyId = noteKeyId(origin, publicKey)
  for (const line of signatureLines(note.slice(end + 2))) {
    // Lines of keys that we do not know are witnesses', and the standard says to pass over them.
    if (line.name !== origin || !equal(line.keyId, keyId)) continue
    if (await verifySignature(publicKey, utf8ToBytes(text), line.signature)) return checkpoint
    throw new CliqueError('checkpoint-invalid')
  }
  throw new CliqueError('checkpoint-invalid')
}

function parseText(text: string): Checkpoint {
  const [origin = '', size = '', root = '', rest, ...more] = text.split('\n')
  if (rest !== '' || more.length > 0 || !isOrigin(origin)) throw new CliqueError('checkpoint-invalid')
  if (!/^(0|[1-9][0-9]{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) {
    throw new CliqueError('checkpoint-invalid')
  }
  const hash = fromBase64(root)
  if (hash.length !== 32) throw new CliqueError('checkpoint-invalid')
  return { origin, size: Number(size), root: hash }
}

interface SignatureLine {
  readonly name: string
  readonly keyId: Uint8Array
  readonly signature: Uint8Array
}

function signatureLines(block: string): SignatureLine[] {
  const lines = block.split('\n')
  if (lines.pop() !== '' || lines.length < 1 || lines.length > maxSignatureLines) {
    throw new CliqueError('checkpoint-invalid')
  }
  return lines.map((line) => {
    const [dash, name, encoded, ...more] = line.split(' ')
    if (dash !== '—' || name === undefined || encoded === undefined || more.length > 0) {
      throw new CliqueError('checkpoint-invalid')
    }
    const bytes = fromBase64(encoded)
    if (bytes.length < keyIdSize + 1) throw new CliqueError('checkpoint-invalid')
    return { name, keyId: bytes.slice(0, keyIdSize), signature: bytes.slice(keyIdSize) }
  })
}

/** C2SP signed-note: the first bytes of SHA-256 over name, line end, type of signature, public key. */
function noteKeyId(name: string, publicKey: Uint8Array): Uint8Array {
  return sha256(concat(utf8ToBytes(`${name}\n`), Uint8Array.of(ed25519Type), publicKey)).slice(0, keyIdSize)
}

function isOrigin(origin: string): boolean {
  return origin.length > 0 && origin.length <= maxOriginSize && /^[!-*,-~]+$/.test(origin)
}

/** Standard base64 with padding: what notes use. */
export function toBase64(bytes: Uint8Array): string {
  const text = toBase64url(bytes).replaceAll('-', '+').replaceAll('_', '/')
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=')
}

/** @throws CliqueError `base64url-invalid` */
export function fromBase64(text: string): Uint8Array {
  if (text.length % 4 !== 0 || /[-_]/.test(text)) throw new CliqueError('base64url-invalid')
  return fromBase64url(
    text
      .replace(/={1,2}$/, '')
      .replaceAll('+', '-')
      .replaceAll('/', '_'),
  )
}
