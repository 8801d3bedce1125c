import { Device } from '../../../../relay/src/testing/device.ts'
import { RelayProcess } from '../../../../relay/src/testing/relay-process.ts'
import { TenantKeys } from '../../../../relay/src/testing/tenant-keys.ts'

/** A real relay in a process of its own, claimed, and a device that may ask it for tickets. */
export class LiveRelay {
  readonly #relay = new RelayProcess()
  readonly #keys = new TenantKeys(1)
  #device: Device | null = null

  static async start(): Promise<LiveRelay> {
    const live = new LiveRelay()
    await live.#relay.start()
    live.#device = await Device.claim(live.#relay.url, live.#relay.claim, live.#keys)
    return live
  }

  /** Where a page signals, with a fresh ticket. */
  async address(): Promise<string> {
    if (this.#device === null) throw new Error('the relay is away')
    const { ticket } = await this.#device.ask({ kind: 'ticket' }, 'ticketed')
    return `${this.#relay.url.replace(/^http/, 'ws')}/signal?ticket=${ticket}`
  }

  /** As by a power cut. */
  async kill(): Promise<void> {
    await this.#device?.close()
    this.#device = null
    await this.#relay.stop('SIGKILL')
  }

  /** On the port that it had. */
  async restart(): Promise<void> {
    await this.#relay.start()
    this.#device = await Device.hello(this.#relay.url)
    await this.#device.ask(this.#keys.prove(this.#device.facts), 'attested')
  }

  async remove(): Promise<void> {
    await this.#device?.close()
    await this.#relay.remove()
  }
}
