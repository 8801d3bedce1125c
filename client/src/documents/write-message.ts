import { writeEntry } from './journal.ts'
import type { WriteContext } from './journal.ts'
import type { messageEntry } from './message-entry.ts'
import { carryTitle } from './title.ts'

/** A message, after the conversation's name where whoever reads it may lack that. @throws like `writeEntry` */
export async function writeMessage(
  context: WriteContext,
  message: ReturnType<typeof messageEntry>,
): Promise<void> {
  await carryTitle(context)
  await writeEntry(context, (time) => ({ ...message, time, sentAt: context.now }))
}
