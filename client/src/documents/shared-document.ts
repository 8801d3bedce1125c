import type { RecordDependency, RecordId, SpaceId } from '@clique/crypto'
import type { Contribution } from './chapter.ts'

/** A record's part in a document, with what others find it by. */
export interface RecordContribution extends Contribution {
  readonly id: RecordId
  /** What it names of others in a `shared` document; nothing in a chapter. */
  readonly builtOn: readonly RecordDependency[]
}

/**
 * One `shared` document in memory: its records as they stand in their chains. What is made of them follows from which of
 * them count today, so it is made when somebody looks (`shared-contents.ts`).
 */
export class SharedDocument {
  readonly space: SpaceId
  readonly name: string
  readonly #records: Map<string, RecordContribution>
  /** `order` of the last record that is in it. */
  mark: number

  constructor(space: SpaceId, name: string, copied: SharedDocument | null = null) {
    this.space = space
    this.name = name
    this.mark = copied?.mark ?? 0
    this.#records = new Map(copied === null ? [] : copied.#records)
  }

  get records(): readonly RecordContribution[] {
    return [...this.#records.values()]
  }

  /** Takes in a record that the gate let through; always true. */
  apply(contribution: RecordContribution): boolean {
    this.#records.set(nameOf(contribution), contribution)
    return true
  }

  holds(contribution: RecordContribution): boolean {
    return this.#records.get(nameOf(contribution))?.id === contribution.id
  }

  /** It has no entries that a conversation would be ordered by. */
  growthBy(): null {
    return null
  }

  copy(): SharedDocument {
    return new SharedDocument(this.space, this.name, this)
  }

  close(): void {
    this.#records.clear()
  }
}

function nameOf({ device, sequence }: Contribution): string {
  return `${device} ${sequence}`
}
