import {
  bytesToId,
  generateKemPair,
  generateSigner,
  makeMemberRoot,
  signatureSeedSize,
  signerFromSeed,
} from '@clique/crypto'
import type { DeviceKeys, MemberRoot, OwnSigner, Random } from '@clique/crypto'
import { keyToPeerId } from '@clique/relay/protocol'

/** What a person needs to enter a clique from this browser. */
export interface NewDevice {
  readonly keys: DeviceKeys
  readonly signer: OwnSigner
  /** Of the libp2p key, which is used for nothing else. */
  readonly netSeed: Uint8Array
  /** Erased once the first operation is signed. */
  readonly root: MemberRoot
}

/** Fresh keys for one clique: nothing is shared with the person's other cliques. */
export async function makeDevice(random: Random): Promise<NewDevice> {
  const [signer, kem] = await Promise.all([generateSigner(random), generateKemPair(random)])
  const netSeed = random(signatureSeedSize)
  const peer = keyToPeerId(signerFromSeed(netSeed).publicKey)
  const keys = { id: bytesToId('device', signer.publicKey), signer, kem, peer }
  return { keys, signer, netSeed, root: makeMemberRoot(random) }
}

/** The member root leaves the device here; what is left of it lies sealed in the member's first operation. */
export function eraseRoot(root: MemberRoot): void {
  root.seed.fill(0)
}
