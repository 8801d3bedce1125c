import { placeInChain } from '@clique/crypto'
import type { ChainLink, HeldEnd, OutOfReach, RecordId } from '@clique/crypto'

/** A chain that forked: one branch stands here from the fork on, records of others lie aside. */
export interface ForkedChain<Link extends ChainLink> {
  readonly forkedAt: number
  /** Ids of the records that stand: at least at the fork, at the places of what lies aside, those acknowledged, and next to these. */
  readonly standing: ReadonlyMap<number, RecordId>
  /** Sequences behind the fork at which what stands does so without the one before. */
  readonly starts: readonly number[]
  readonly aside: readonly Link[]
}

/** What of a forked chain counts. */
export interface KeptBranch<Link extends ChainLink> {
  /** What stands shows up to here. */
  readonly shown: number
  /** What has to stand behind that instead of what does, ascending: others acknowledged it. */
  readonly instead: readonly Link[]
  /** More of what stands counts, and some before it does not: all behind `shown` has to lie aside before that shows. */
  readonly isSplit: boolean
  /** Somebody acknowledged a record that lies aside, and of what is before it something is missing. */
  readonly isLacking: boolean
}

/** What was acknowledged in one piece: of what stands, or of what lies aside. */
interface Part<Link> {
  readonly from: number
  readonly to: number
  /** Null: what stands. */
  readonly links: readonly Link[] | null
}

/**
 * What `foldChain` says of a forked chain, from its places alone that matter: a chain may be long. `acknowledged`: in the
 * order in which they are heard.
 */
export function keptBranch<Link extends ChainLink>(
  chain: ForkedChain<Link>,
  acknowledged: readonly HeldEnd[],
  outOfReach: OutOfReach,
): KeptBranch<Link> {
  const byId = new Map(chain.aside.map((link) => [link.id, link]))
  const parts: Part<Link>[] = []
  let isLacking = false
  for (const end of acknowledged) {
    const { sequence, record } = end
    if (chain.standing.get(sequence) !== record && byId.get(record)?.sequence !== sequence) continue
    const more = partsTo(end, { ...chain, byId, parts, outOfReach })
    if (more === null) isLacking = true
    else parts.push(...more)
  }
  return { ...whatShows(chain, parts), isLacking }
}

interface KeptSoFar<Link extends ChainLink> extends ForkedChain<Link> {
  readonly byId: ReadonlyMap<RecordId, Link>
  readonly parts: readonly Part<Link>[]
  readonly outOfReach: OutOfReach
}

/**
 * From a record back to what was kept before, to what is on every branch, or to what stands by itself: nothing where it
 * contradicts what was kept; null where something is missing on the way.
 */
function partsTo<Link extends ChainLink>(
  end: { readonly sequence: number; readonly record: RecordId },
  { forkedAt, standing, starts, byId, parts, outOfReach }: KeptSoFar<Link>,
): Part<Link>[] | null {
  const links: Link[] = []
  let { sequence } = end
  const way = () => (links.length === 0 ? [] : [{ from: sequence + 1, to: sequence + links.length, links }])
  for (let id: RecordId | null = end.record; standing.get(sequence) !== id; sequence--) {
    const link: Link | undefined = id === null ? undefined : byId.get(id)
    if (link?.sequence !== sequence) return null
    const part = parts.find(({ from, to }) => from <= sequence && sequence <= to)
    if (part !== undefined) return part.links?.[sequence - part.from]?.id === id ? way() : []
    links.unshift(link)
    if (standsAlone(link, outOfReach)) {
      sequence--
      return way()
    }
    id = link.previous
  }
  if (sequence < forkedAt) return way()
  const start = Math.max(forkedAt, ...starts.filter((one) => one <= sequence))
  const below = parts.filter(({ from, to }) => from <= sequence && to >= start)
  const [nearest] = below.toSorted((one, other) => other.to - one.to)
  if (nearest !== undefined && nearest.links !== null) return []
  const from = nearest === undefined ? start : nearest.to + 1
  return from > sequence ? way() : [{ from, to: sequence, links: null }, ...way()]
}

function whatShows<Link extends ChainLink>(
  { forkedAt, standing, starts }: ForkedChain<Link>,
  parts: readonly Part<Link>[],
): Omit<KeptBranch<Link>, 'isLacking'> {
  let shown = forkedAt - 1
  const instead: Link[] = []
  for (const { from, to, links } of parts.toSorted((one, other) => one.from - other.from)) {
    if (links !== null) instead.push(...links)
    else {
      const isBetween =
        from > shown + 1 && (standing.has(shown + 1) || starts.some((one) => one > shown && one < from))
      if (isBetween || instead.length > 0) return { shown, instead, isSplit: true }
      shown = to
    }
  }
  return { shown, instead, isSplit: false }
}

/** Whatever else is held: what stands by itself does so for everybody. */
const nothingHeld = { at: () => null, namedAt: () => null }

function standsAlone(link: ChainLink, outOfReach: OutOfReach): boolean {
  return placeInChain(nothingHeld, link, outOfReach).verdict === 'next'
}
