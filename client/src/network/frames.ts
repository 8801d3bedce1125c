import { CliqueError, concat } from '@clique/crypto'

/** Bytes of the length in front of every frame: an unsigned number, most significant byte first. */
const prefixSize = 4

/** One frame as it goes over a stream. */
export function frameToBytes(frame: Uint8Array): Uint8Array {
  const prefix = new Uint8Array(prefixSize)
  new DataView(prefix.buffer).setUint32(0, frame.length)
  return concat(prefix, frame)
}

/**
 * Cuts a stream of bytes into frames. The length is checked before anything is kept for the frame, so a peer
 * cannot make this side reserve more than one frame of the agreed size.
 */
export class FrameReader {
  readonly #maxFrame: number
  #pieces: Uint8Array[] = []
  #held = 0

  /** `maxFrame` in bytes, without the length in front. */
  constructor(maxFrame: number) {
    this.#maxFrame = maxFrame
  }

  /** The frames that `bytes` completes. @throws CliqueError `frame-too-large`, after which the stream is useless */
  push(bytes: Uint8Array): Uint8Array[] {
    if (bytes.length > 0) {
      this.#pieces.push(bytes)
      this.#held += bytes.length
    }
    const frames: Uint8Array[] = []
    for (;;) {
      const length = this.#nextLength()
      if (length === null) return frames
      if (length > this.#maxFrame) throw new CliqueError('frame-too-large')
      if (this.#held < prefixSize + length) return frames
      const joined = this.#join()
      frames.push(joined.slice(prefixSize, prefixSize + length))
      const rest = joined.subarray(prefixSize + length)
      this.#pieces = rest.length > 0 ? [rest] : []
      this.#held = rest.length
    }
  }

  /** True in the middle of a frame: a stream that ends now was cut. */
  get isCut(): boolean {
    return this.#held > 0
  }

  #nextLength(): number | null {
    if (this.#held < prefixSize) return null
    let first = this.#pieces[0]
    if (first === undefined || first.length < prefixSize) first = this.#join()
    return new DataView(first.buffer, first.byteOffset, first.byteLength).getUint32(0)
  }

  #join(): Uint8Array {
    const first = this.#pieces[0]
    if (this.#pieces.length === 1 && first !== undefined) return first
    const joined = concat(...this.#pieces)
    this.#pieces = [joined]
    return joined
  }
}
