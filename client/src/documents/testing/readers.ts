import type { RecordRow } from '../../storage/record-rows.ts'
import { readRecordsAfter } from '../../storage/records.ts'
import { CliqueSession } from '../clique-session.ts'
import type { FoldedMessage } from '../conversation-fold.ts'
import { ConversationWindow } from '../conversation-window.ts'
import type { RecordReception } from '../reception.ts'
import type { TestMember } from './members.ts'

/** Everybody knows everybody. */
export async function hearRoster(everybody: readonly TestMember[]): Promise<void> {
  for (const from of everybody) await from.tellsRoster(...everybody)
}

export async function rowsOf({ session, space, store }: TestMember): Promise<RecordRow[]> {
  const { place } = await session.documents(space)
  return readRecordsAfter(store, place, 0)
}

export function hears(
  { session, space }: TestMember,
  records: readonly Uint8Array[],
  relay: string | null = null,
): Promise<RecordReception> {
  return session.receiveRecords(space, records, relay)
}

/** All that a screen is made of, from the beginning of the conversation. */
export async function contentOf(
  { session, space }: TestMember,
  opened = session,
): Promise<Omit<FoldedMessage, 'receivedAt'>[]> {
  const window = new ConversationWindow(await opened.documents(space))
  let { messages, hasOlder } = await window.read()
  while (hasOlder) ({ messages, hasOlder } = await window.readOlder())
  window.close()
  return messages.map(({ receivedAt: _, ...message }) => message)
}

/** What `read` finds in a session that begins with the disk alone. */
export async function again<T>(
  { store, session }: TestMember,
  read: (opened: CliqueSession) => Promise<T>,
): Promise<T> {
  const opened = await CliqueSession.open(store, session.clique)
  const found = await read(opened)
  await opened.close()
  return found
}
