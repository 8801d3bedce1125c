import type { ByteStream } from '../frame-channel.ts'

type MessageListener = (event: { data: { subarray(): Uint8Array } }) => void

/** The other end of a stream, in the test's hands. */
export class TestStream implements ByteStream {
  readStatus = 'readable'
  isFull = false
  aborted: Error | null = null
  readonly sent: Uint8Array[] = []
  readonly #messages: MessageListener[] = []
  readonly #ends: (() => void)[] = []

  send(bytes: Uint8Array): boolean {
    this.sent.push(bytes)
    return !this.isFull
  }
  onDrain({ signal }: { signal: AbortSignal }): Promise<void> {
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('no drain'))))
  }
  pause(): void {
    this.readStatus = 'paused'
  }
  resume(): void {
    this.readStatus = 'readable'
  }
  close(): Promise<void> {
    return Promise.resolve()
  }
  abort(error: Error): void {
    this.aborted = error
    this.end()
  }
  addEventListener(type: string, listener: MessageListener | (() => void)): void {
    if (type === 'message') this.#messages.push(listener as MessageListener)
    else this.#ends.push(listener as () => void)
  }
  arrives(bytes: Uint8Array): void {
    for (const listener of this.#messages) listener({ data: { subarray: () => bytes } })
  }
  end(): void {
    for (const listener of this.#ends) listener()
  }
}
