import { compareRanks, reaches } from '@clique/crypto'
import type { DeviceId, Member, MemberId, RecordId, RosterState } from '@clique/crypto'
import { compareEntries } from './conversation-fold.ts'
import type { PlacedEntry, PlacedMessage } from './conversation-fold.ts'
import type { HideEntry, ModerationEntry, ShowEntry, StandEntry, StandingHide } from './moderation-entry.ts'

export type PlacedAct = PlacedEntry<ModerationEntry>

/** What moderation is judged by; each a function of the records and operations that are held. */
export interface ModerationFacts {
  /** The roster of today. */
  readonly roster: RosterState
  /** The one that the record of an entry names; null where that is not known. */
  named(act: PlacedAct): RosterState | null
  recordAt(device: DeviceId, sequence: number): RecordId | null
  /** Whether it lies within what was named first of its device, where that one is out: raises say nothing of rights. */
  isWithinFirstCut(act: PlacedAct): boolean
}

/** Whether somebody may hide messages of another: by their role, and at one role by their rank. */
export function mayModerate({ members }: RosterState, by: MemberId, whom: MemberId): boolean {
  const [author, other] = [members.get(by), members.get(whom)]
  if (author?.status !== 'in' || other === undefined) return false
  return isModerator(author) && (other.status !== 'in' || isAbove(author, other))
}

/** Whether somebody may lift what another hid: their own, and that of whoever they could hide themselves. */
export function mayOverrule(roster: RosterState, by: MemberId, hider: MemberId): boolean {
  return by === hider || mayModerate(roster, by, hider)
}

export function isModerator({ role }: Pick<Member, 'role'>): boolean {
  return reaches(role, 'moderator')
}

function isAbove(a: Member, b: Member): boolean {
  return a.role === b.role ? compareRanks(a.rank, b.rank) < 0 : reaches(a.role, b.role)
}

/** Of each of these messages what hides it; of those that nothing hides there is nothing. */
export function foldModeration(
  messages: readonly PlacedMessage[],
  acts: readonly PlacedAct[],
  facts: ModerationFacts,
): ReadonlyMap<PlacedMessage, readonly StandingHide[]> {
  const found = new Map<PlacedMessage, readonly StandingHide[]>()
  const byName = new Map(messages.map((message) => [nameOf(message), message]))
  const ordered = acts.toSorted(compareEntries)
  const standing = new Standing(ordered.filter(isStand), facts)
  const about = Map.groupBy(ordered.filter(isAbout), ({ entry }) => nameOf(entry.message))
  for (const [name, all] of about) {
    const message = byName.get(name)
    if (message === undefined) continue
    const counting = all.filter((act) => counts(act, message, standing, facts))
    const shows = counting.filter(isShow)
    const hides = counting.filter(isHide).flatMap((hide) => {
      const by = memberOf(facts.roster, hide.device)
      const isLifted = shows.some((show) => lifts(show, hide, by, facts))
      return by === null || isLifted ? [] : [{ device: hide.device, sequence: hide.sequence, by }]
    })
    if (hides.length > 0) found.set(message, hides)
  }
  return found
}

/** Whether an act has its effect on the message that it names. */
function counts(
  act: PlacedEntry<HideEntry | ShowEntry>,
  message: PlacedMessage,
  standing: Standing,
  facts: ModerationFacts,
): boolean {
  const { entry } = act
  if (entry.time < message.entry.time) return false
  if (facts.recordAt(message.device, message.sequence) !== entry.message.record) return false
  return mayInNamed(act, message.device, facts) && standing.of(act)
}

/** By the roster that the act's record names: nothing that happens later or beside it changes that. */
function mayInNamed(act: PlacedAct, whose: DeviceId, facts: ModerationFacts): boolean {
  const roster = facts.named(act)
  if (roster === null) return false
  const [by, whom] = [memberOf(roster, act.device), memberOf(roster, whose)]
  return by !== null && whom !== null && mayModerate(roster, by, whom)
}

/** A show lifts the hides that it names, of those whom its author may overrule: what it did not know of stays. */
function lifts(
  show: PlacedEntry<ShowEntry>,
  hide: PlacedAct,
  hider: MemberId | null,
  facts: ModerationFacts,
): boolean {
  const names = show.entry.lifts.some(
    ({ device, sequence }) => device === hide.device && hide.sequence <= sequence,
  )
  const roster = facts.named(show)
  const by = roster === null ? null : memberOf(roster, show.device)
  return names && roster !== null && by !== null && hider !== null && mayOverrule(roster, by, hider)
}

/** Whose acts stand today: of those who have the right, and of those who lost it up to where somebody above them says. */
class Standing {
  readonly #facts: ModerationFacts
  readonly #stands = new Set<PlacedEntry<StandEntry>>()

  constructor(stands: readonly PlacedEntry<StandEntry>[], facts: ModerationFacts) {
    this.#facts = facts
    const allowed = stands.filter((stand) => mayInNamed(stand, stand.entry.device, facts))
    // Whoever said so may have lost the right since, and stand by the word of a third.
    for (let grows = true; grows;) {
      const fresh = allowed.filter((stand) => !this.#stands.has(stand) && this.of(stand))
      for (const stand of fresh) this.#stands.add(stand)
      grows = fresh.length > 0
    }
  }

  of(act: PlacedAct): boolean {
    const { roster, isWithinFirstCut } = this.#facts
    const by = memberOf(roster, act.device)
    const member = by === null ? undefined : roster.members.get(by)
    if (member === undefined || !isWithinFirstCut(act)) return false
    return isModerator(member) || [...this.#stands].some((stand) => covers(stand.entry, act))
  }
}

/** One that is older than the act could lie where nobody looks who shows its message. */
function covers(stand: StandEntry, act: PlacedAct): boolean {
  return stand.device === act.device && act.sequence <= stand.sequence && stand.time >= act.entry.time
}

function memberOf({ devices }: RosterState, device: DeviceId): MemberId | null {
  return devices.get(device)?.member ?? null
}

function nameOf({ device, sequence, index }: Pick<PlacedEntry, 'device' | 'sequence' | 'index'>): string {
  return `${device}.${sequence}.${index}`
}

export function isAct(placed: PlacedEntry): placed is PlacedAct {
  return placed.entry.kind !== 'message'
}

export function isAbout(act: PlacedEntry): act is PlacedEntry<HideEntry | ShowEntry> {
  return isHide(act) || isShow(act)
}

function isHide(act: PlacedEntry): act is PlacedEntry<HideEntry> {
  return act.entry.kind === 'hide'
}

function isShow(act: PlacedEntry): act is PlacedEntry<ShowEntry> {
  return act.entry.kind === 'show'
}

function isStand(act: PlacedEntry): act is PlacedEntry<StandEntry> {
  return act.entry.kind === 'stand'
}
