import type { End, EndedView } from './ended-view.ts'
import type { Membership } from './membership.svelte.ts'

/** This device's own place in one clique. See `EndedView`. */
export class Ended implements EndedView {
  readonly #membership: Membership
  readonly #end = $derived.by(() => this.#read())

  constructor(membership: Membership) {
    this.#membership = membership
  }

  get end(): End | null {
    return this.#end
  }

  #read(): End | null {
    const { end: known, log, state, session, me } = this.#membership
    if (known === null) return null
    const { end } = known
    const by = end.kind === 'removed' ? end.by.map((id) => this.#membership.named(id)) : []
    const ends = [state.members.get(me)?.endedBy ?? [], state.devices.get(session.device)?.endedBy ?? []]
    const heard = ends.flat().flatMap((id) => session.heardAt(id) ?? [])
    const noticedAt = known.noticedAt ?? (heard.length === 0 ? null : Math.min(...heard))
    const madeHere = ends.flat().some((id) => log.graph.get(id)?.device === session.device)
    return { kind: end.kind, by, noticedAt, madeHere }
  }
}
