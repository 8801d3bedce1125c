import type { HeldEnd, KeyId, OutOfReach, RecordId } from '@clique/crypto'

/** A record of a forked chain that does not stand in it here. */
export interface AsideLink {
  readonly id: RecordId
  readonly sequence: number
  readonly previous: RecordId | null
  readonly previousKey: KeyId | null
}

/** A chain that forked: one branch stands here from the fork on, records of others lie aside. */
export interface ForkedChain<Link extends AsideLink> {
  readonly forkedAt: number
  /** Ids of the records that stand, at least at the places of what lies aside, before these, and at those acknowledged. */
  readonly standing: ReadonlyMap<number, RecordId>
  readonly aside: readonly Link[]
}

/** What of a forked chain counts. */
export interface KeptBranch<Link extends AsideLink> {
  /** What stands shows up to here. */
  readonly shown: number
  /** What has to stand behind that instead of what does, ascending: others acknowledged it. */
  readonly instead: readonly Link[]
  /** Somebody acknowledged a record that lies aside, and of what is before it something is missing. */
  readonly isLacking: boolean
}

/**
 * What `foldChain` says of a forked chain, from its places alone that matter: a chain may be long. `acknowledged`: in the
 * order in which they are heard.
 */
export function keptBranch<Link extends AsideLink>(
  { forkedAt, standing, aside }: ForkedChain<Link>,
  acknowledged: readonly HeldEnd[],
  outOfReach: OutOfReach,
): KeptBranch<Link> {
  const byId = new Map(aside.map((link) => [link.id, link]))
  let shown = forkedAt - 1
  let instead: readonly Link[] = []
  let isLacking = false
  for (const { sequence, record } of acknowledged) {
    if (standing.get(sequence) === record) {
      if (instead.length === 0) shown = Math.max(shown, sequence)
      continue
    }
    const way = wayBack(byId.get(record), byId, standing, new Set(instead.map(({ id }) => id)))
    const [first] = way
    if (first === undefined) continue
    const base = first.previous === null ? null : first.sequence - 1
    const tip = instead.at(-1)
    const standsAlone = base === null || (first.previousKey !== null && outOfReach.has(first.previousKey))
    if (tip !== undefined) {
      // Within what was kept before, or on from its end.
      if (first.previous === tip.id || (standsAlone && first.sequence > tip.sequence)) {
        instead = [...instead, ...way]
      }
    } else if (base !== null && standing.get(base) === first.previous) {
      if (base >= shown) [shown, instead] = [base, way]
    } else if (standsAlone) {
      if (first.sequence > shown) instead = way
    } else isLacking = true
  }
  return { shown, instead, isLacking }
}

/** From a record back to the first that is on no branch that is known, ascending. */
function wayBack<Link extends AsideLink>(
  last: Link | undefined,
  byId: ReadonlyMap<RecordId, Link>,
  standing: ReadonlyMap<number, RecordId>,
  kept: ReadonlySet<RecordId>,
): Link[] {
  const way: Link[] = []
  for (let at = last; at !== undefined && !kept.has(at.id);) {
    if (standing.get(at.sequence) === at.id) break
    way.push(at)
    at = at.previous === null ? undefined : byId.get(at.previous)
  }
  return way.reverse()
}
