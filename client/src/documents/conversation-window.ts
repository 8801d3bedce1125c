import { readNewestDocuments } from '../storage/snapshots.ts'
import { compareEntries, foldConversation, isMessage } from './conversation-fold.ts'
import type { FoldedMessage, PlacedEntry } from './conversation-fold.ts'
import { hiddenFrom } from './hidden.ts'
import { readModeration } from './moderation-facts.ts'
import { Serial } from './serial.ts'
import type { SpaceDocuments } from './space-documents.ts'

/** Rows that opening a conversation shows, and that every further step adds. */
export const windowStep = 50

export interface WindowState {
  /** Oldest first, without gaps down to the newest. */
  readonly messages: readonly FoldedMessage[]
  readonly hasOlder: boolean
}

/**
 * The newest part of a conversation, growing upwards. It opens the chapters that can hold a row of it and no
 * others, so its cost does not grow with history; a latecomer's messages in an old chapter are found by that
 * chapter's newest time.
 */
export class ConversationWindow {
  readonly #documents: SpaceDocuments
  readonly #opened = new Set<string>()
  readonly #serial = new Serial()
  /** The oldest row on screen: what lies above it stays out until it is asked for. */
  #floor: PlacedEntry | null = null

  constructor(documents: SpaceDocuments) {
    this.#documents = documents
  }

  /** What is to be shown now. */
  read(): Promise<WindowState> {
    return this.#serial.run(() => this.#read(0))
  }

  /** Shows a step more. */
  readOlder(): Promise<WindowState> {
    return this.#serial.run(() => this.#read(windowStep))
  }

  close(): void {
    for (const name of this.#opened) this.#documents.unpin(name)
    this.#opened.clear()
  }

  async #read(more: number): Promise<WindowState> {
    for (;;) {
      const next = await this.#nextChapter()
      const entries = await this.#completeEntries(next?.newest ?? -1)
      const complete = entries.filter(isMessage)
      const floor = this.#floor
      const shown = floor === null ? [] : complete.filter((entry) => compareEntries(entry, floor) >= 0)
      // Never less than a step: in a short conversation a latecomer's message above the floor is seen at once.
      const wanted = Math.max(windowStep, shown.length + more)
      const isEnough = complete.length >= wanted && (floor === null || isBelow(next?.newest, floor))
      if (next !== null && !isEnough) {
        this.#open(next.document)
        continue
      }
      const newest = complete.slice(-wanted)
      // Whatever hides one of them is not older than it, so it is among these entries.
      const hides = await readModeration(this.#documents, newest, entries)
      const messages = foldConversation(newest, (message) => hides.get(message) ?? [])
      this.#floor = messages[0] ?? null
      return { messages, hasOlder: next !== null || complete.length > messages.length }
    }
  }

  /** The chapter with the newest entry among those that are not open. */
  async #nextChapter(): Promise<{ document: string; newest: number } | null> {
    const { context, place } = this.#documents
    const rows = await readNewestDocuments(context.store, place, this.#opened.size + 1)
    return rows.find(({ document }) => !this.#opened.has(document)) ?? null
  }

  /** Entries of the open chapters that are newer than anything in the others, ascending. */
  async #completeEntries(edge: number): Promise<PlacedEntry[]> {
    const entries: PlacedEntry[] = []
    for (const name of this.#opened) {
      const chapter = await this.#documents.chapter(name)
      entries.push(...chapter.entries().filter(({ entry }) => entry.time > edge))
    }
    const hidden = await hiddenFrom(
      this.#documents,
      entries.map(({ device }) => device),
    )
    return entries
      .filter(({ device, sequence }) => sequence < (hidden.get(device) ?? Infinity))
      .sort(compareEntries)
  }

  #open(name: string): void {
    this.#opened.add(name)
    this.#documents.pin(name)
  }
}

function isBelow(edge: number | undefined, floor: PlacedEntry): boolean {
  return edge === undefined || edge < floor.entry.time
}
