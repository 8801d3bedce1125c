import { CliqueError } from '@clique/crypto'
import type { MemberId, SpaceId } from '@clique/crypto'
import type { CliqueSession } from './clique-session.ts'
import type { FoldedMessage } from './conversation-fold.ts'
import { maxTime } from './hybrid-time.ts'
import { writeEntry } from './journal.ts'
import { mayModerate, mayOverrule } from './moderation.ts'
import { maxLifts } from './moderation-entry.ts'
import type { ChainPart, MessageName, ModerationEntry, StandingHide } from './moderation-entry.ts'
import { chainName, readHeldRecords } from './record-heads.ts'

/** Hides a message for everybody in the conversation. @throws CliqueError `not-allowed`, and as `say` */
export async function hideMessage(
  session: CliqueSession,
  space: SpaceId,
  message: FoldedMessage,
): Promise<void> {
  const name = await nameOf(session, space, message)
  requireRight(session, message)
  await write(session, space, message, (time, sentAt) => ({ kind: 'hide', time, sentAt, message: name }))
}

/** Shows it again: lifts all that is known to hide it. @throws CliqueError `not-allowed`, and as `say` */
export async function showMessage(
  session: CliqueSession,
  space: SpaceId,
  message: FoldedMessage,
): Promise<void> {
  const { member, log } = session
  const name = await nameOf(session, space, message)
  requireRight(session, message)
  if (!message.hides.every(({ by }) => mayOverrule(log.state, member, by))) refuse()
  const lifts = lastOfEach(message.hides)
  for (let start = 0; start < lifts.length; start += maxLifts) {
    const some = lifts.slice(start, start + maxLifts)
    await write(session, space, message, (time, sentAt) => {
      return { kind: 'show', time, sentAt, message: name, lifts: some }
    })
  }
}

/**
 * Says in every conversation of this device that what a member hid there stands, as far as this device holds it: for when
 * they lose the right by this device's word.
 */
export async function letStand(session: CliqueSession, whose: MemberId): Promise<void> {
  for (const space of session.spaces) {
    const documents = await session.documents(space)
    await documents.catchUp()
    const { state } = session.log
    if (!mayModerate(state, session.member, whose)) return
    for (const device of state.members.get(whose)?.devices ?? []) {
      const end = documents.heads.get(device)
      if (end === undefined) continue
      const { sequence } = end
      await session.write(space, (context) =>
        writeEntry(context, (time) => ({ kind: 'stand', time, sentAt: context.now, device, sequence })),
      )
    }
  }
}

function requireRight({ member, log: { state } }: CliqueSession, { device }: FoldedMessage): void {
  const author = state.devices.get(device)?.member
  if (author === undefined || !mayModerate(state, member, author)) refuse()
}

function refuse(): never {
  throw new CliqueError('not-allowed')
}

/** Not earlier than the message: whoever shows it looks at what came since. */
function write(
  session: CliqueSession,
  space: SpaceId,
  { entry }: FoldedMessage,
  make: (time: number, sentAt: number) => ModerationEntry,
): Promise<void> {
  const after = Math.min(entry.time + 1, maxTime - 1)
  return session.write(space, (context) =>
    writeEntry(context, (time) => make(Math.max(time, after), context.now)),
  )
}

async function nameOf(session: CliqueSession, space: SpaceId, message: FoldedMessage): Promise<MessageName> {
  const { device, sequence, index } = message
  const held = await readHeldRecords(await session.documents(space), [message])
  const record = held.get(chainName(message))?.id
  if (record === undefined) throw new Error('a message without its record')
  return { device, sequence, record, index }
}

function lastOfEach(hides: readonly StandingHide[]): ChainPart[] {
  const last = new Map<StandingHide['device'], number>()
  for (const { device, sequence } of hides) last.set(device, Math.max(sequence, last.get(device) ?? 0))
  return [...last].map(([device, sequence]) => ({ device, sequence }))
}
