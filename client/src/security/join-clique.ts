import {
  checkInvitation,
  CliqueError,
  decodeInvitation,
  deriveInvitationKeys,
  encodeKeyring,
  joinClique,
  openInvitationPackage,
  receiveItems,
  signerFromSeed,
  startLog,
} from '@clique/crypto'
import type { CliqueId, InvitationLink, InvitationPreview, OpenedPackage } from '@clique/crypto'
import { encodeKemKeys } from '../documents/device-keys.ts'
import { isUsableRelay, parseOrigin } from '../network/relay-address.ts'
import { readCliques } from '../storage/cliques.ts'
import { saveNewClique } from '../storage/new-clique.ts'
import { conversationOf } from './create-clique.ts'
import type { Here } from './create-clique.ts'
import { eraseRoot, makeDevice } from './device-keys.ts'
import { takeSlot } from './recovery-kit.ts'

/** An invitation whose package was fetched and opened. */
export interface OpenedInvitation {
  readonly link: InvitationLink
  readonly package: OpenedPackage
  /** As the roster has it. */
  readonly preview: InvitationPreview
}

/**
 * A link, with those of its relays that have an address: a roster may name others, and they lead nowhere.
 * @throws CliqueError `invite-link-broken`
 */
export function readLink(text: string): { link: InvitationLink; relayHost: string } {
  const whole = decodeInvitation(text)
  const link = { ...whole, relays: whole.relays.filter(isUsableRelay) }
  const [relay] = link.relays
  if (relay === undefined) throw new CliqueError('invite-link-broken')
  return { link, relayHost: parseOrigin(relay.url).host }
}

/**
 * Fetches what a link leads to, and looks in the roster whether it still holds: nobody is to write down recovery words
 * for a link that is used up.
 *
 * @throws CliqueError `invite-not-there`, `invite-package-broken`, `invite-wrong-clique`, `invite-expired`,
 * `invite-used`, `invite-revoked`, `invite-closed`, `invite-unknown`, `invite-preview-untrue`, `relay-...`
 */
export async function openInvitation(here: Here, link: InvitationLink): Promise<OpenedInvitation> {
  const keys = await deriveInvitationKeys(link.secret)
  const packages = await here.door.fetchPackages(link.relays, {
    mailbox: keys.mailbox,
    signer: signerFromSeed(keys.mailboxSeed),
  })
  const opened = await openFirst(link.secret, packages)
  if (opened.clique !== link.clique) throw new CliqueError('invite-wrong-clique')
  if (opened.preview.expiresAt <= here.now()) throw new CliqueError('invite-expired')
  const items = await fetchRoster(here, link, opened)
  const intake = await receiveItems(startLog(opened.clique), items, [opened.keys.kem])
  return { link, package: opened, preview: await checkInvitation(intake, opened, here.now()) }
}

function fetchRoster(
  here: Here,
  link: InvitationLink,
  opened: OpenedPackage,
): Promise<readonly Uint8Array[]> {
  const { mailbox, seed } = opened.controlMailbox
  return here.door.fetchControl(link.relays, { mailbox, signer: signerFromSeed(seed) })
}

/** Where the link's relays take WebRTC, until their own signed policies say it. */
function placesOf({ relays }: InvitationLink): Record<string, string> {
  return Object.fromEntries(
    relays.flatMap(({ peer, webRtc }) => (webRtc === undefined ? [] : [[peer, webRtc]])),
  )
}

/** Only who made the invitation could write first; what follows is somebody's noise. */
async function openFirst(secret: Uint8Array, packages: readonly Uint8Array[]): Promise<OpenedPackage> {
  let failure = new CliqueError('invite-package-broken')
  for (const bytes of packages) {
    try {
      return await openInvitationPackage(secret, bytes)
    } catch (error) {
      if (!(error instanceof CliqueError)) throw error
      failure = error
    }
  }
  throw failure
}

/** The clique that a link leads to, where it is on this device already. */
export async function findKnownClique(
  here: Here,
  link: InvitationLink,
): Promise<{ id: CliqueId; name: string } | null> {
  const known = (await readCliques(here.store)).find(({ clique }) => clique === link.clique)
  return known === undefined ? null : { id: known.clique, name: known.name }
}

/**
 * Joins: reads the roster from the relay, checks that the invitation still holds, and keeps everything in one
 * commit. The join itself leaves with the outbox, so a relay that dies now delays it and loses nothing.
 *
 * @throws CliqueError `invite-used`, `invite-revoked`, `invite-closed`, `invite-expired`, `invite-unknown`, `relay-...`
 */
export async function enterClique(
  here: Here,
  invitation: OpenedInvitation,
  memberName: string,
): Promise<CliqueId> {
  const { store, random } = here
  const { link, package: opened } = invitation
  const items = await fetchRoster(here, link, opened)
  const device = await makeDevice(random)
  const slot = await takeSlot(store)
  try {
    const act = await joinClique({
      package: opened,
      items,
      memberName,
      device: device.keys,
      root: device.root,
      recovery: slot,
      now: here.now(),
      random,
    })
    const { state } = act.log
    await saveNewClique(store, {
      profile: {
        clique: act.log.clique,
        member: device.root.id,
        device: device.keys.id,
        peer: device.keys.peer,
        name: state.policy.name,
        accent: state.policy.accent,
        relays: state.relays,
        webRtc: placesOf(link),
        conversation: conversationOf(act),
        since: here.now(),
        registration: null,
        ownsRelay: false,
      },
      signer: device.signer.secret,
      secrets: {
        // The invitation's too: who has not heard of the join yet may write under a key that was for it alone.
        kem: encodeKemKeys([
          { pair: device.keys.kem, madeAt: here.now() },
          { pair: opened.keys.kem, madeAt: null },
        ]),
        net: device.netSeed,
        control: opened.controlMailbox.seed,
      },
      items: [...act.kept, act].map(({ item, operation }) => ({ id: operation.id, bytes: item })),
      keyring: encodeKeyring(act.log.keyring),
      kit: await slot.usedBy(link.clique),
    })
  } finally {
    eraseRoot(device.root)
    slot.release()
  }
  return link.clique
}
