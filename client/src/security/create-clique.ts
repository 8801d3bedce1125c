import {
  capability,
  controlMailbox,
  createClique,
  encodeKeyring,
  signerFromSeed,
  signatureSeedSize,
} from '@clique/crypto'
import type { Act, CliqueId, Policy, Random, SpaceId } from '@clique/crypto'
import { encodeKemKeys } from '../documents/device-keys.ts'
import { changeClique } from '../storage/cliques.ts'
import type { CliqueProfile } from '../storage/cliques.ts'
import { saveNewClique } from '../storage/new-clique.ts'
import { deleteClique } from '../storage/delete-clique.ts'
import type { Store } from '../storage/store.ts'
import { eraseRoot, makeDevice } from './device-keys.ts'
import { freeSlot, takeSlot } from './recovery-kit.ts'
import { mayHaveHappened } from './relay-door.ts'
import type { KnownRelay, Registration, RelayDoor } from './relay-door.ts'

export interface NewCliqueWish {
  readonly policy: Policy
  readonly memberName: string
  /** Origin of the relay, and what it gave out for one new clique. */
  readonly relay: string
  readonly token: string
  readonly known?: KnownRelay
}

export interface Here {
  readonly store: Store
  readonly door: RelayDoor
  readonly random: Random
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/**
 * Founds a clique: asks the relay who it is, makes the keys, keeps everything, then registers. Kept before it is
 * registered, so that a crash in between loses neither the clique nor the relay's one permission; where the answer
 * did not come, the registration is repeated later (`finishRegistration`). Where the relay says no, nothing is left.
 */
export async function foundClique(here: Here, wish: NewCliqueWish): Promise<CliqueId> {
  const { store, door, random } = here
  const { place, isClaimed } = await door.ask(wish.relay, wish.known)
  const device = await makeDevice(random)
  const slot = await takeSlot(store)
  const adminSeed = random(signatureSeedSize)
  let profile: CliqueProfile
  let registration: Registration
  try {
    const act = await createClique({
      policy: wish.policy,
      memberName: wish.memberName,
      device: device.keys,
      root: device.root,
      recovery: slot,
      relays: [place],
      random,
    })
    profile = {
      clique: act.log.clique,
      member: device.root.id,
      device: device.keys.id,
      peer: device.keys.peer,
      name: wish.policy.name,
      accent: wish.policy.accent,
      relays: [{ url: place.url, peer: place.peer }],
      webRtc: place.webRtc === undefined ? {} : { [place.peer]: place.webRtc },
      conversation: conversationOf(act),
      since: here.now(),
      registration: { token: wish.token },
      ownsRelay: !isClaimed,
    }
    registration = registrationOf(act, wish.token, adminSeed)
    await saveNewClique(store, {
      profile,
      signer: device.signer.secret,
      secrets: {
        kem: encodeKemKeys([{ pair: device.keys.kem, madeAt: here.now() }]),
        net: device.netSeed,
        admin: adminSeed,
        control: controlMailbox(act.log).keyPair.seed,
      },
      items: [{ id: act.operation.id, bytes: act.item }],
      keyring: encodeKeyring(act.log.keyring),
      kit: await slot.usedBy(profile.clique),
    })
  } finally {
    eraseRoot(device.root)
    slot.release()
  }
  try {
    await door.register(place, registration)
    await changeClique(store, profile.clique, (known) => ({ ...known, registration: null }))
  } catch (error) {
    if (mayHaveHappened(error)) return profile.clique
    const { clique } = profile
    await freeSlot(store, clique, (kit) => deleteClique(store, clique, [], kit))
    throw error
  }
  return profile.clique
}

/** The clique's own conversation: the one channel that the genesis names. */
export function conversationOf({ log }: Pick<Act, 'log'>): SpaceId {
  for (const space of log.state.spaces.values()) if (space.kind === 'channel') return space.id
  throw new Error('a clique without a conversation')
}

export function registrationOf(act: Pick<Act, 'log'>, token: string, adminSeed: Uint8Array): Registration {
  const { mailbox, keyPair } = controlMailbox(act.log)
  return {
    token,
    admin: signerFromSeed(adminSeed),
    capability: signerFromSeed(capability(act.log).keyPair.seed),
    control: { mailbox, signer: signerFromSeed(keyPair.seed) },
  }
}
