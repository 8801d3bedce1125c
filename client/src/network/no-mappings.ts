/**
 * In the built app this stands in for what libp2p knows of names and addresses under which a machine is reached from outside, by
 * its router or by a name of its own. A browser listens at none.
 *
 * The names are the library's. Should somebody ask for another one, the build fails.
 */
class NoMappings {
  has(): boolean {
    return false
  }

  getAll(): never[] {
    return []
  }

  add(): void {}

  remove(): boolean {
    return false
  }

  confirm(): boolean {
    return false
  }

  unconfirm(): boolean {
    return false
  }
}

export const IPMappings = NoMappings
export const DNSMappings = NoMappings
