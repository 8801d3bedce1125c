import type { CliqueId, MemberId, SpaceId } from '@clique/crypto'
import { watchLive } from '../live/live-channel.ts'
import type { LiveWatch } from '../live/live-channel.ts'
import type { LivePerson } from '../live/present.ts'

/** Milliseconds without a key after which nobody is said to be typing any more. */
const typingMs = 4_000

export interface PresenceClique {
  readonly id: CliqueId
  readonly members: { readonly rows: readonly { readonly id: MemberId; readonly name: string }[] }
}

/** Who looks at a conversation now, and what this tab tells of its own person there. */
export class Presence {
  readonly #clique: PresenceClique
  readonly #space: SpaceId
  #watch: LiveWatch | null = null
  #people = $state.raw<readonly LivePerson[]>([])
  #typing: ReturnType<typeof setTimeout> | undefined

  constructor(clique: PresenceClique, space: SpaceId) {
    this.#clique = clique
    this.#space = space
  }

  /** From when the conversation is shown until the returned function is called. */
  open(): () => void {
    const conversation = { clique: this.#clique.id, space: this.#space }
    this.#watch = watchLive(conversation, (people) => (this.#people = people))
    document.addEventListener('visibilitychange', this.#look)
    this.#look()
    return () => this.#close()
  }

  /** Names of the others who have the conversation on their screen. */
  get here(): readonly string[] {
    return this.#namesOf(this.#people)
  }

  get typing(): readonly string[] {
    return this.#namesOf(this.#people.filter(({ typing }) => typing))
  }

  /** A key was pressed in the composer; `isEmpty`: nothing is left there. */
  typed(isEmpty: boolean): void {
    clearTimeout(this.#typing)
    this.#typing = isEmpty ? undefined : setTimeout(() => this.typed(true), typingMs)
    this.#look()
  }

  #close(): void {
    clearTimeout(this.#typing)
    document.removeEventListener('visibilitychange', this.#look)
    this.#watch?.close()
    this.#watch = null
  }

  readonly #look = (): void => {
    const isSeen = document.visibilityState === 'visible'
    this.#watch?.attend(!isSeen ? null : this.#typing === undefined ? 'here' : 'typing')
  }

  /** In the order of the list of members. */
  #namesOf(people: readonly LivePerson[]): string[] {
    const shown = new Set(people.map(({ member }) => member))
    return this.#clique.members.rows.filter(({ id }) => shown.has(id)).map(({ name }) => name)
  }
}
