import { channelName, repeatMs } from './connection-channel.ts'
import type { ConnectionMessage } from './connection-channel.ts'
import type { ConnectionMap } from './connection-state.ts'

/** The leading tab's side: tells the other tabs, at once, again and again, and when one asks. */
export class ConnectionPublisher {
  readonly #channel = new BroadcastChannel(channelName)
  readonly #repeat = setInterval(() => this.#post(), repeatMs)
  #all: ConnectionMap = new Map()

  constructor() {
    this.#channel.onmessage = (event: MessageEvent<ConnectionMessage>) => {
      if (event.data.kind === 'ask') this.#post()
    }
  }

  publish(all: ConnectionMap): void {
    this.#all = all
    this.#post()
  }

  close(): void {
    clearInterval(this.#repeat)
    this.#channel.close()
  }

  #post(): void {
    this.#channel.postMessage({ kind: 'all', all: this.#all } satisfies ConnectionMessage)
  }
}
