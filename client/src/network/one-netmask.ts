import { IpNet } from '@chainsafe/netmask'

/**
 * In the built app this stands in for `netmask`: of two libraries for networks that libp2p brings along, one is enough. The
 * names are the library's. Should somebody ask for another one, the build fails.
 */
export class Netmask {
  readonly #network: IpNet

  /** @param range as `10.0.0.0/8` */
  constructor(range: string) {
    this.#network = new IpNet(range)
  }

  /** @param address of the same kind, as text */
  contains(address: string): boolean {
    return this.#network.contains(address)
  }
}
