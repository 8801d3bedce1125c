import type { OperationId, SpaceId } from '@clique/crypto'
import { isSameDigest, joinVectors, vectorBeyond } from './vector.ts'
import type { Vector } from './vector.ts'
import type { RelayCheckpoint, ShortId, SyncMessage } from './sync-messages.ts'

/** What this device holds at the moment of an event. */
export interface Held {
  readonly heads: readonly OperationId[]
  knowsOperation(id: OperationId): boolean
  /** Of the spaces that both sides are in, and of what the other side is meant to open there. */
  readonly vectors: ReadonlyMap<SpaceId, Vector>
  readonly digests: ReadonlyMap<SpaceId, Uint8Array>
}

/** What is to be done, in order. Reading and storing are the driver's work (peer-link.ts). */
export type SyncEffect =
  | { readonly kind: 'send'; readonly message: SyncMessage }
  /** Say which operations this device holds. */
  | { readonly kind: 'send-roster' }
  /** Send all control items whose operations are not named. */
  | { readonly kind: 'send-items'; readonly except: ReadonlySet<ShortId> }
  /** Send, batch by batch, what the other side lacks of a space, whoever wrote it. */
  | { readonly kind: 'send-records'; readonly space: SpaceId }
  /** Send what vectors do not tell of: forks, and what names are built on that does not stand. */
  | { readonly kind: 'send-forks'; readonly space: SpaceId }
  | { readonly kind: 'take-items'; readonly items: readonly Uint8Array[] }
  | { readonly kind: 'take-records'; readonly space: SpaceId; readonly records: readonly Uint8Array[] }
  /** What relays signed for the other side has to agree with what they signed for this one. */
  | { readonly kind: 'compare-checkpoints'; readonly checkpoints: readonly RelayCheckpoint[] }
  /** The other side is known to hold this: what "delivered to" is counted from. */
  | { readonly kind: 'note-vector'; readonly space: SpaceId; readonly vector: Vector }

/**
 * One side of `/clique/sync/1`, which is the same for both sides. Nothing here waits, reads or stores.
 *
 * Both begin with a summary. Where a digest differs, both say their vectors, and each sends what the other lacks;
 * `expected` remembers what the other side holds or was sent, so that nothing is sent twice.
 */
export class PeerSync {
  /** Per space what the other side is known or on its way to hold. Absent until it has said so. */
  readonly #expected = new Map<SpaceId, Vector>()
  /** What was last said to the other side. */
  #saidHeads = ''
  readonly #saidVectors = new Map<SpaceId, Vector>()
  /** What the other side's last summary said: a space in it may become known here only later. */
  #theirDigests: ReadonlyMap<SpaceId, Uint8Array> = new Map()
  /** Spaces whose vector was spelled out, not only its digest: that may have been compared with what is no more. */
  readonly #spelled = new Set<SpaceId>()

  open(held: Held): SyncEffect[] {
    return [this.#summary(held)]
  }

  receive(message: SyncMessage, held: Held): SyncEffect[] {
    switch (message.kind) {
      case 'summary':
        return this.#receiveSummary(message.heads, message.spaces, held)
      case 'roster':
        return [{ kind: 'send-items', except: message.held }]
      case 'items':
        return [{ kind: 'take-items', items: message.items }]
      case 'checkpoints':
        return [{ kind: 'compare-checkpoints', checkpoints: message.checkpoints }]
      case 'records':
        return held.vectors.has(message.space)
          ? [{ kind: 'take-records', space: message.space, records: message.records }]
          : []
      case 'vector':
        if (!held.vectors.has(message.space)) return []
        this.#expected.set(message.space, message.vector)
        return [
          { kind: 'note-vector', space: message.space, vector: message.vector },
          ...this.#answerVector(message.space, held),
          { kind: 'send-records', space: message.space },
        ]
      case 'got': {
        const before = this.#expected.get(message.space)
        if (before === undefined || !held.vectors.has(message.space)) return []
        this.#expected.set(message.space, joinVectors(before, message.vector))
        return [{ kind: 'note-vector', space: message.space, vector: message.vector }]
      }
    }
  }

  /** The roster here changed: by an own act, the mailbox or another link. */
  rosterChanged(held: Held): SyncEffect[] {
    if (held.heads.join() === this.#saidHeads) return []
    // Whoever comes back into a space is compared with anew: what was said before is no more to go by.
    for (const space of new Set([...this.#saidVectors.keys(), ...this.#expected.keys()])) {
      if (!held.vectors.has(space)) this.#forget(space)
    }
    // The other side told of a new space before this one knew of it, and has no reason to tell of it again.
    const fresh = [...held.vectors.keys()].filter((space) => !this.#saidVectors.has(space))
    return [this.#summary(held), ...fresh.flatMap((space) => this.#compare(space, held))]
  }

  #forget(space: SpaceId): void {
    this.#expected.delete(space)
    this.#saidVectors.delete(space)
    this.#spelled.delete(space)
  }

  /** Records of a space were stored here: the other side hears what is held now. */
  recordsChanged(space: SpaceId, held: Held): SyncEffect[] {
    const now = held.vectors.get(space)
    const said = this.#saidVectors.get(space)
    if (now === undefined || said === undefined) return []
    const grown = vectorBeyond(now, said)
    if (grown.size === 0) return []
    this.#saidVectors.set(space, now)
    return [{ kind: 'send', message: { kind: 'got', space, vector: grown } }]
  }

  /** Said when the link begins, and when a later one was verified; nothing while there is none. */
  checkpointsChanged(checkpoints: readonly RelayCheckpoint[]): SyncEffect[] {
    if (checkpoints.length === 0) return []
    return [{ kind: 'send', message: { kind: 'checkpoints', checkpoints } }]
  }

  /** What the other side is expected to hold of a space; null before it has said so: then nothing is pushed. */
  expected(space: SpaceId): Vector | null {
    return this.#expected.get(space) ?? null
  }

  /** Records up to these sequences are on their way, or are not for the other side. */
  sent(space: SpaceId, upTo: Vector): void {
    const before = this.#expected.get(space)
    if (before !== undefined) this.#expected.set(space, joinVectors(before, upTo))
  }

  #summary(held: Held): SyncEffect {
    this.#saidHeads = held.heads.join()
    return { kind: 'send', message: { kind: 'summary', heads: held.heads, spaces: held.digests } }
  }

  #receiveSummary(
    heads: readonly OperationId[],
    spaces: ReadonlyMap<SpaceId, Uint8Array>,
    held: Held,
  ): SyncEffect[] {
    const effects: SyncEffect[] = []
    // Who knows all of the other's heads lacks nothing of its roster.
    if (heads.some((head) => !held.knowsOperation(head))) effects.push({ kind: 'send-roster' })
    this.#theirDigests = spaces
    for (const space of held.vectors.keys()) effects.push(...this.#compare(space, held))
    return effects
  }

  /** What this device holds of a space beside what the other side's last summary says of it. */
  #compare(space: SpaceId, held: Held): SyncEffect[] {
    const theirs = this.#theirDigests.get(space)
    const ours = held.digests.get(space)
    const vector = held.vectors.get(space)
    if (theirs === undefined || ours === undefined || vector === undefined) return []
    if (isSameDigest(theirs, ours)) {
      this.#expected.set(space, vector)
      this.#saidVectors.set(space, vector)
      return [
        { kind: 'note-vector', space, vector },
        { kind: 'send-forks', space },
      ]
    }
    // Said anew even if it was said before: a digest that differs may mean that something sent was lost.
    this.#spelled.delete(space)
    return this.#answerVector(space, held)
  }

  /** Says the whole vector of a space; from then on only what grew is said. */
  #answerVector(space: SpaceId, held: Held): SyncEffect[] {
    const vector = held.vectors.get(space)
    if (vector === undefined || this.#spelled.has(space)) return []
    this.#spelled.add(space)
    this.#saidVectors.set(space, vector)
    return [{ kind: 'send', message: { kind: 'vector', space, vector } }]
  }
}
