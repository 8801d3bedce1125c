import {
  capabilities,
  controlMailbox,
  isCliqueError,
  mailboxIdOf,
  openPseudonym,
  pseudonymMailbox,
  signerFromSeed,
} from '@clique/crypto'
import type { CliqueLog, PseudonymNote } from '@clique/crypto'
import { peerIdToKey } from '@clique/relay/protocol'
import type { TestMember } from '../../documents/testing/members.ts'
import type { RelayPlace } from '../../network/relay-address.ts'
import type { Capability, MailboxSigner, RelaySession } from '../../network/relay-session.ts'
import { speaksTo } from './year-at-relay.ts'

export interface AtRelay {
  readonly session: RelaySession
  readonly close: () => Promise<void>
}

/** A session that the relay attests, by the newest capability that this member has. */
export async function speaksAs(place: RelayPlace, { session: { log } }: TestMember): Promise<AtRelay> {
  const spoken = await speaksTo(place)
  const [newest] = capabilities(log)
  if (newest === undefined) throw new Error('a clique has a capability')
  await spoken.session.prove(shownBy(log, newest))
  return spoken
}

/** As a relay is shown it. */
export function shownBy(
  log: CliqueLog,
  { generation, keyPair }: ReturnType<typeof capabilities>[number],
): Capability {
  const { mailbox: control } = controlMailbox(log)
  return { control, generation, publicKey: keyPair.publicKey, signer: signerFromSeed(keyPair.seed) }
}

/** Where admins' notes lie. */
export function notesMailbox({ peer }: RelayPlace, { session: { log } }: TestMember): MailboxSigner {
  const { seed } = controlMailbox(log).keyPair
  const signer = signerFromSeed(pseudonymMailbox(seed, peerIdToKey(peer)).seed)
  return { mailbox: mailboxIdOf(signer.publicKey), signer }
}

/** The notes of admins that are among the `newest` items there, as this member reads them. */
export async function readNotes(
  session: RelaySession,
  place: RelayPlace,
  member: TestMember,
  newest = 1024,
): Promise<PseudonymNote[]> {
  const box = notesMailbox(place, member)
  const { oldest, next } = await session.openMailbox(box, 'content')
  const notes: PseudonymNote[] = []
  for (let cursor = Math.max(oldest, next - newest); cursor < next;) {
    const { items, to } = await session.read(box.mailbox, cursor, 512 * 1024)
    for (const { bytes } of items) {
      try {
        notes.push(await openPseudonym(member.session.log, peerIdToKey(place.peer), bytes))
      } catch (error) {
        if (!isCliqueError(error)) throw error
      }
    }
    cursor = to
  }
  await session.closeMailbox(box.mailbox)
  return notes
}
