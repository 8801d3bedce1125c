import { MailboxReader } from './mailbox-reader.ts'
import type { CliqueReplica, MailboxSession } from './ports.ts'

/**
 * Takes in what lies in the control mailbox of `relay` (its PeerId), for which its own key is enough: a device that was
 * away while all capabilities that it knows came to an end finds there what it needs to be let in again.
 */
export async function readControlMailbox(
  session: MailboxSession,
  replica: CliqueReplica,
  relay: string,
): Promise<void> {
  const { control } = replica.facts()
  const { mailbox } = control
  const reader = new MailboxReader(session, replica, relay, control, null, (cursor) =>
    replica.saveMailboxMark(relay, mailbox, { cursor, settledAt: null }),
  )
  const marks = await replica.mailboxMarks(relay)
  await reader.open(marks.get(mailbox)?.cursor ?? 0)
  await reader.catchUp()
  await session.closeMailbox(mailbox)
}
