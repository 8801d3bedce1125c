import type { ChunkId, CliqueId } from '@clique/crypto'
import type { Place } from './place.ts'

/** What was committed: enough for a listener to know whether to read again, and nothing that could be read. */
export type Change =
  /** `order`: of the last of these records, where it is records alone. */
  | {
      readonly kind: 'records'
      readonly clique: CliqueId
      readonly place: Place
      readonly order?: number | undefined
    }
  | { readonly kind: 'relayed'; readonly clique: CliqueId; readonly place: Place }
  | { readonly kind: 'vectors'; readonly clique: CliqueId; readonly place: Place }
  | { readonly kind: 'items'; readonly clique: CliqueId }
  | { readonly kind: 'heard-heads' | 'retired'; readonly clique: CliqueId }
  | { readonly kind: 'reads'; readonly clique: CliqueId; readonly place: Place }
  /** All of this place was deleted. */
  | { readonly kind: 'forgotten'; readonly clique: CliqueId; readonly place: Place }
  | { readonly kind: 'drafts'; readonly place: Place }
  | { readonly kind: 'cliques' }
  | { readonly kind: 'invitations'; readonly clique: CliqueId }
  /** These are held now, or are held no longer. */
  | { readonly kind: 'chunks'; readonly clique: CliqueId; readonly chunks: readonly ChunkId[] }
  | { readonly kind: 'wants'; readonly clique: CliqueId }
  | { readonly kind: 'uploads'; readonly clique: CliqueId }

export type ChangeListener = (change: Change) => void

/** Tells this tab and the others what was committed. A message lost is harmless: the next one catches up. */
export class Changes {
  readonly #channel: BroadcastChannel
  readonly #listeners = new Set<ChangeListener>()
  #isClosed = false

  constructor(databaseName: string) {
    this.#channel = new BroadcastChannel(`clique-changes:${databaseName}`)
    this.#channel.onmessage = (event: MessageEvent<Change>) => this.#deliver(event.data)
  }

  /** What was committed while this closed is no fault: others find it with the next change. */
  announce(change: Change): void {
    if (this.#isClosed) return
    this.#channel.postMessage(change)
    this.#deliver(change)
  }

  /** Returns the function that stops listening. */
  listen(listener: ChangeListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#isClosed = true
    this.#channel.close()
    this.#listeners.clear()
  }

  #deliver(change: Change): void {
    for (const listener of this.#listeners) listener(change)
  }
}
