import { placeInChain } from '@clique/crypto'
import type { ChainLink, HeldEnd, OutOfReach, RecordId } from '@clique/crypto'

/** A chain that forked: one branch stands here from the fork on, records of others lie aside. */
export interface ForkedChain<Link extends ChainLink> {
  readonly forkedAt: number
  /** Ids of the records that stand, at least at the places of what lies aside, before these, and at those acknowledged. */
  readonly standing: ReadonlyMap<number, RecordId>
  readonly aside: readonly Link[]
}

/** What of a forked chain counts. */
export interface KeptBranch<Link extends ChainLink> {
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
export function keptBranch<Link extends ChainLink>(
  { forkedAt, standing, aside }: ForkedChain<Link>,
  acknowledged: readonly HeldEnd[],
  outOfReach: OutOfReach,
): KeptBranch<Link> {
  const byId = new Map(aside.map((link) => [link.id, link]))
  let shown = forkedAt - 1
  let instead: readonly Link[] = []
  let isLacking = false
  const standsAlone = (link: Link) => placeInChain(nothingHeld, link, outOfReach).verdict === 'next'
  for (const { sequence, record } of acknowledged) {
    if (standing.get(sequence) === record) {
      if (instead.length === 0) shown = Math.max(shown, sequence)
      continue
    }
    const kept = new Set(instead.map(({ id }) => id))
    // From it back to the first that is on no branch that is known, or stands by itself.
    const way: Link[] = []
    for (let at = byId.get(record); at !== undefined && !kept.has(at.id);) {
      if (standing.get(at.sequence) === at.id) break
      way.push(at)
      at = at.previous === null || standsAlone(at) ? undefined : byId.get(at.previous)
    }
    const [first] = way.reverse()
    if (first === undefined) continue
    const base = first.sequence - 1
    const tip = instead.at(-1)
    if (tip !== undefined) {
      // Within what was kept before, or on from its end.
      const goesOn = standsAlone(first) ? base >= tip.sequence : first.previous === tip.id
      if (goesOn) instead = [...instead, ...way]
    } else if (standsAlone(first)) {
      if (base >= shown) instead = way
    } else if (standing.get(base) === first.previous) {
      if (base >= shown) [shown, instead] = [base, way]
    } else isLacking = true
  }
  return { shown, instead, isLacking }
}

/** Whatever else is held: what stands by itself does so for everybody. */
const nothingHeld = { at: () => null, namedAt: () => null }
