import { lookup } from 'node:dns/promises'
import { serverLimits } from '../server-limits.ts'
import { addressToBytes } from './stun-message.ts'
import type { Sender } from './stun-message.ts'

/** IPv4 networks that no packet leaves unchanged (RFC 1918), loopback and link-local ones. */
const innerNetworks: readonly (readonly [first: string, bits: number])[] = [
  ['10.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
]

/**
 * The IPv4 address at which the world reaches this relay, for as long as its name leads to one. Lines at home get
 * another from time to time, so it is asked for again and again.
 */
export class OuterAddress {
  readonly #host: string
  readonly #resolve: (host: string) => Promise<string>
  readonly #timer: NodeJS.Timeout
  #address: string | null = null

  constructor(host: string, resolve: (host: string) => Promise<string> = resolveIpv4) {
    this.#host = host.replace(/^\[|\]$/g, '')
    this.#resolve = resolve
    this.#timer = setInterval(() => void this.refresh(), serverLimits.outerAddressEvery)
  }

  /** Null while it is not known, and where the name leads to an inner address. */
  get address(): string | null {
    return this.#address
  }

  /** Never rejects: without an answer the one before stays. */
  async refresh(): Promise<void> {
    const found = await this.#resolve(this.#host).catch(() => null)
    if (found !== null) this.#address = isOuterIpv4(found) ? found : null
  }

  close(): void {
    clearInterval(this.#timer)
  }
}

/**
 * The sender as other homes may see it. Whoever lives with the relay and asks it by its public name comes back through
 * their own router, with an inner address that is of no use elsewhere. Their outer address is the relay's; and most
 * routers keep the port where it is free.
 */
export function seenFromOutside(sender: Sender, outer: string | null): Sender {
  const bytes = addressToBytes(sender.address)
  const isInner = bytes?.length === 4 && !isOuterIpv4(sender.address)
  return outer !== null && isInner ? { address: outer, port: sender.port } : sender
}

function isOuterIpv4(text: string): boolean {
  const bytes = addressToBytes(text)
  if (bytes?.length !== 4) return false
  const number = bytes.readUInt32BE(0)
  return !innerNetworks.some(([first, bits]) => {
    const shift = 32 - bits
    return number >>> shift === (addressToBytes(first)?.readUInt32BE(0) ?? 0) >>> shift
  })
}

async function resolveIpv4(host: string): Promise<string> {
  return (await lookup(host, { family: 4 })).address
}
