import { AppError, failureCode } from '../words/errors.ts'
import type { RelayOffer, RelayOfferView } from './create-view.ts'
import type { KnownRelay, RelayDoor } from './relay-door.ts'

/** A claim or permission: what a relay gave out for one new clique. `relay`: an origin. */
export interface Permission {
  readonly token: string
  readonly relay: string
  readonly known?: KnownRelay
}

/** `relay` is null where the link does not name one. */
type ReadPermission = Omit<Permission, 'relay'> & { readonly relay: string | null }

/** What the start page knows about a relay that could carry a new clique. */
export class RelayOffers implements RelayOfferView {
  #offer = $state.raw<RelayOffer>({ kind: 'none' })
  #permission = $state.raw<Permission | null>(null)
  readonly #door: RelayDoor
  readonly #ownOrigin: string
  readonly #readLink: (link: string) => ReadPermission | null

  /** `ownOrigin`: where this page comes from, which may be a relay. */
  constructor(door: RelayDoor, ownOrigin: string, readLink: (link: string) => ReadPermission | null) {
    this.#door = door
    this.#ownOrigin = ownOrigin
    this.#readLink = readLink
  }

  get offer(): RelayOffer {
    return this.#offer
  }

  get permission(): Permission | null {
    return this.#permission
  }

  async usePermission(link: string): Promise<void> {
    const read = this.#readLink(link)
    if (read === null) throw new AppError('permission-broken')
    await this.take(read)
    if (this.#offer.kind === 'unreachable') throw new AppError('relay-unreachable')
  }

  async take(permission: ReadPermission): Promise<void> {
    this.#permission = { ...permission, relay: permission.relay ?? this.#ownOrigin }
    await this.askAgain()
  }

  /** It has been used. */
  forget(): void {
    this.#permission = null
    void this.askAgain()
  }

  async askAgain(): Promise<void> {
    const origin = this.#permission?.relay ?? this.#ownOrigin
    const host = new URL(origin).host
    this.#offer = { kind: 'asking', host }
    try {
      const { isClaimed } = await this.#door.ask(origin, this.#permission?.known)
      if (this.#permission !== null) this.#offer = { kind: 'willing', host }
      else this.#offer = { kind: isClaimed ? 'claimed' : 'unclaimed', host }
    } catch (error) {
      // A page that comes from no relay is no failure of a relay.
      const isNone = this.#permission === null && failureCode(error) === 'relay-about'
      this.#offer = isNone ? { kind: 'none' } : { kind: 'unreachable', host }
    }
  }
}
