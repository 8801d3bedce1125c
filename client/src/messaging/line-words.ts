import { listNames } from '../security/name-list.ts'
import type { MembershipWords, Words } from '../words/words.ts'
import type { GroupLine } from './group-line.ts'

/** One line between messages, as a sentence: "Anna made Ben and Carla admins". */
export function lineSentence(
  { people }: Pick<Words, 'people'>,
  { lines: w, receipt: r }: Pick<MembershipWords, 'lines' | 'receipt'>,
  { kind, by, whom, role, title = '' }: GroupLine,
): string {
  const [first] = whom
  const count = whom.length
  const isMe = first?.me === true
  const who = count > 2 ? w.others(first?.name ?? '', count - 1) : listNames(whom)
  const name = by?.name ?? ''
  switch (kind) {
    case 'joined':
      if (count > 1) return w.joinedMany(who)
      if (by === null) return isMe ? w.joinedMe : w.joined(who)
      if (isMe) return w.joinedMeBy(name)
      return by.me ? w.joinedByMe(who) : w.joinedBy(who, name)
    case 'left':
      if (count > 1) return w.leftMany(who)
      return isMe ? r.leftMe : r.left(who)
    case 'removed':
      if (isMe) return r.removedMe(name)
      return by?.me === true ? r.removedByMe(who) : r.removed(name, who)
    case 'role': {
      const as = role === null ? '' : people.roles[role]
      if (by === null || by.id === first?.id) return isMe ? w.roleNowMe(as) : w.roleNow(who, as, count)
      if (isMe) return w.roleMe(name, as)
      return by.me ? w.roleByMe(who, as, count) : w.role(name, who, as, count)
    }
    case 'added':
      if (isMe) return w.addedMe(name)
      return by?.me === true ? w.addedByMe(who) : w.added(name, who)
    case 'taken-out':
      if (isMe) return w.takenOutMe(name)
      return by?.me === true ? w.takenOutByMe(who) : w.takenOut(name, who)
    case 'copied':
      return isMe ? w.copiedMine : w.copied(who, count)
    case 'named':
      return by?.me === true ? w.namedByMe(title) : w.named(name, title)
  }
}
