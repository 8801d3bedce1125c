import { toBase64url, fromBase64url } from '@clique/crypto'
import type { RelayDoor, RelayPlace } from '../security/relay-door.ts'
import type { LightRelay } from '../sync/light-relay.ts'

/** What is said to a relay before a clique is open here: over connections of their own, each thrown away after use. */
export const lightDoor: RelayDoor = {
  async ask(origin, known) {
    if (known !== undefined) {
      const { isClaimed, ...more } = known
      const place = { url: origin, ...more }
      const { isSocketBarred } = await import('../network/relay-address.ts')
      // It answers at that place and has that PeerId, or this fails.
      if (isSocketBarred(place)) return using([place], () => Promise.resolve({ place, isClaimed }))
    }
    const { fetchAbout } = await import('../network/about.ts')
    const { place, claimed } = await fetchAbout(origin)
    return { place, isClaimed: claimed }
  },
  async register(relay, { token, admin, capability, control }) {
    const keys = { admin, capability: capability.publicKey, control }
    await using([relay], (light) => light.register(fromBase64url(token), keys))
  },
  fetchPackages: (relays, mailbox) => using(relays, (light) => light.fetchInvitation(mailbox)),
  fetchControl: (relays, mailbox) => using(relays, (light) => light.fetchControl(mailbox)),
  allow: (relay, admin) => using([relay], async (light) => toBase64url((await light.allow(admin)).token)),
}

async function using<T>(relays: readonly RelayPlace[], use: (light: LightRelay) => Promise<T>): Promise<T> {
  const { LightRelay: Light } = await import('../sync/light-relay.ts')
  const light = await Light.open(relays)
  try {
    return await use(light)
  } finally {
    await light.close()
  }
}
