import { CliqueError, concat } from '@clique/crypto/verify'
import { limits } from './limits.ts'

/** Bytes of the length in front of a frame: an unsigned number, most significant byte first. */
const prefixSize = 4

/** Pieces of this many bytes are not joined before their frame is whole: those of the transports are, mostly. */
const joinedSize = 8 * 1024

/** One message's bytes as they go over the stream. */
export function toFrame(message: Uint8Array): Uint8Array {
  const prefix = new Uint8Array(prefixSize)
  new DataView(prefix.buffer).setUint32(0, message.length)
  return concat(prefix, message)
}

/**
 * Cuts a stream into frames, one at a time, so that the reader decides how much it takes on. A length is checked
 * before anything is kept for it, and what is kept never exceeds one frame and the last chunk pushed.
 */
export class FrameCutter {
  readonly #maxFrame: number
  #pieces: Uint8Array[] = []
  #held = 0

  /** `maxFrame` in bytes, without the length in front. */
  constructor(maxFrame: number = limits.frameSize) {
    this.#maxFrame = maxFrame
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#held += bytes.length
    let piece = bytes
    // A stream of single bytes must not cost an object and a buffer for each: small pieces are joined as they come,
    // each byte a few times over.
    for (let last = this.#pieces.at(-1); last !== undefined; last = this.#pieces.at(-1)) {
      if (last.length > piece.length || piece.length >= joinedSize) break
      this.#pieces.pop()
      piece = concat(last, piece)
    }
    this.#pieces.push(piece)
  }

  /** Buffers that are held: their number stays small, however the stream was cut. */
  get pieces(): number {
    return this.#pieces.length
  }

  /** Bytes that wait for the rest of their frame, or to be taken. */
  get held(): number {
    return this.#held
  }

  /** The next whole frame, or null. @throws CliqueError `frame-too-large`; the stream is then of no more use */
  next(): Uint8Array | null {
    if (this.#held < prefixSize) return null
    const length = this.#length()
    if (length > this.#maxFrame) throw new CliqueError('frame-too-large')
    if (this.#held < prefixSize + length) return null
    const joined = this.#join()
    const rest = joined.subarray(prefixSize + length)
    this.#pieces = rest.length > 0 ? [rest] : []
    this.#held = rest.length
    return joined.subarray(prefixSize, prefixSize + length)
  }

  #length(): number {
    const first = this.#pieces[0]
    const head = first !== undefined && first.length >= prefixSize ? first : this.#join()
    return new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(0)
  }

  #join(): Uint8Array {
    const first = this.#pieces[0]
    if (this.#pieces.length === 1 && first !== undefined) return first
    const joined = concat(...this.#pieces)
    this.#pieces = [joined]
    return joined
  }
}
